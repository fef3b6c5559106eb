/** A server that writes down what it is sent and answers as a test says: stands in for the tracking API of Millrace. */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

type Answer = { status?: number; headers?: Record<string, string>; body?: unknown }

export type Recorded = { method: string; path: string; authorization: string; text: string; events: Record<string, unknown>[] }

/** Called for each request with those before it; `undefined` cuts the connection. */
type Script = (request: Recorded, number: number) => Answer | undefined | Promise<Answer | undefined>

export type RecordingDoor = { url: string; requests: Recorded[]; accepted: Record<string, unknown>[]; close: () => Promise<void> }

/** Accepts every JSON object that `refuses` says nothing about. 400 for a body that is no JSON. */
export async function recordingDoor(
  script: Script = () => ({}),
  refuses: (event: Record<string, unknown>) => string | undefined = () => undefined,
): Promise<RecordingDoor> {
  const door: Pick<RecordingDoor, 'requests' | 'accepted'> = { requests: [], accepted: [] }
  const server = createServer((request, response) => {
    void (async () => {
      const recorded = await record(request)
      door.requests.push(recorded)
      const answer = await script(recorded, door.requests.length)
      if (answer === undefined) {
        request.socket.destroy()
        return
      }
      const { status = 200, headers = {}, body } = answer.status === undefined ? take(door, recorded, refuses) : answer
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body ?? {}))
    })()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // An address of a port is an object.
  const { port } = server.address() as AddressInfo
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url: `http://127.0.0.1:${port}`, ...door, close }
}

async function record(request: IncomingMessage): Promise<Recorded> {
  const body = await text(request)
  const { method = '', url: path = '', headers } = request
  return { method, path, authorization: headers.authorization ?? '', text: body, events: eventsIn(body) }
}

function eventsIn(body: string): Record<string, unknown>[] {
  try {
    return (JSON.parse(body) as { batch: Record<string, unknown>[] }).batch
  } catch {
    return []
  }
}

function take(
  door: Pick<RecordingDoor, 'accepted'>,
  { events }: Recorded,
  refuses: (event: Record<string, unknown>) => string | undefined,
): Answer {
  if (events.length === 0)
    return { status: 400, body: { success: false, code: 'body_invalid', message: 'The body is not JSON.' } }
  const rejected = events.flatMap((event, index) => {
    const message = refuses(event)
    if (message === undefined) door.accepted.push(event)
    return message === undefined ? [] : [{ index, messageId: event['messageId'], code: 'event_invalid', message }]
  })
  return { body: { success: true, accepted: events.length - rejected.length, rejected } }
}
