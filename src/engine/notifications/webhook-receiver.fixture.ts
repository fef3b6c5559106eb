/** A real receiver on loopback that answers as a test says, and takes each key once, as a careful receiver does. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Notification } from './notification.ts'

export type Attempt = { key: string; body: string; headers: IncomingHttpHeaders }
type Answer = (response: ServerResponse, attempt: Attempt) => void

export const accept: Answer = (response) => response.end()

export class Receiver {
  /** Everything that came, accepted or not. */
  readonly attempts: Attempt[] = []
  /** Accepted, by key, in order. */
  readonly accepted = new Map<string, string>()
  /** Answers to the next requests; then all are accepted. */
  readonly answers: Answer[] = []
  url = ''
  #changed: () => void = () => {}

  /** Closed when the test ends. */
  static async open(): Promise<Receiver> {
    const receiver = new Receiver()
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {})
      request.on('end', () => receiver.#take(request.headers, Buffer.concat(chunks).toString(), response))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
    receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=secret-token`
    return receiver
  }

  #take(headers: IncomingHttpHeaders, body: string, response: ServerResponse): void {
    const attempt = { key: String(headers['idempotency-key']), body, headers }
    this.attempts.push(attempt)
    const next = this.answers.shift() ?? accept
    // What it knows it does not refuse.
    const answer = this.accepted.has(attempt.key) ? accept : next
    if (answer === accept) this.take(attempt)
    answer(response, attempt)
    this.#changed()
  }

  take({ key, body }: Attempt): void {
    if (!this.accepted.has(key)) this.accepted.set(key, body)
  }

  get notifications(): Notification[] {
    return [...this.accepted.values()].flatMap((body) => (JSON.parse(body) as { notifications: Notification[] }).notifications)
  }

  get eventIds(): string[] {
    return this.notifications.flatMap((one) => (one.channel === 'user:update' ? one.events.map(({ event_id }) => event_id) : []))
  }

  async until(isThere: (receiver: Receiver) => boolean): Promise<void> {
    while (!isThere(this)) await new Promise<void>((resolve) => (this.#changed = resolve))
  }
}

export function answering(status: number, headers: Record<string, string> = {}): Answer {
  return (response) => response.writeHead(status, headers).end('because\nof that')
}

/** It takes the body and dies before it answers. */
export function dying(receiver: Receiver): Answer {
  return (response, attempt) => {
    receiver.take(attempt)
    response.destroy()
  }
}
