/**
 * One keep-alive connection that sends requests of events, written by hand so that the load costs little beside the server: one
 * write and one read a request, no pipelining, nothing of the answer looked at but what is counted.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export type LoadAnswer = { status: number; accepted: number; rejected: boolean; retryAfterMs: number }

/** Requests of this API are answered within it, or something is broken. */
const ANSWER_TIMEOUT_MS = 60_000

export class LoadConnection {
  readonly #socket: Socket
  readonly #head: string
  #received = ''
  #answered: ((answer: LoadAnswer) => void) | undefined
  #failed: ((error: Error) => void) | undefined

  private constructor(socket: Socket, head: string) {
    this.#socket = socket
    this.#head = head
    // Answers of this API are ASCII, so characters are bytes.
    socket.setEncoding('latin1').setNoDelay().setTimeout(ANSWER_TIMEOUT_MS)
    socket.on('data', (chunk: string) => this.#receive(chunk))
    socket.on('timeout', () => this.#fail('The server did not answer.'))
    socket.on('error', (error) => this.#fail(error.message))
    socket.on('close', () => this.#fail('The server closed a connection.'))
  }

  static async open(url: string, writeKey: string): Promise<LoadConnection> {
    const { hostname, port, host } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port) })
    await once(socket, 'connect')
    const credentials = Buffer.from(`${writeKey}:`).toString('base64')
    const head = `POST /v1/batch HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nAuthorization: Basic ${credentials}\r\nContent-Length: `
    return new LoadConnection(socket, head)
  }

  /** `body` is ASCII. One request at a time. Rejects when the connection breaks. */
  send(body: string): Promise<LoadAnswer> {
    return new Promise((resolve, reject) => {
      this.#answered = resolve
      this.#failed = reject
      this.#socket.write(`${this.#head}${body.length}\r\n\r\n${body}`, 'latin1')
    })
  }

  close(): void {
    this.#failed = undefined
    this.#socket.destroy()
  }

  #fail(message: string): void {
    this.#failed?.(new Error(message))
  }

  #receive(chunk: string): void {
    this.#received += chunk
    const headEnd = this.#received.indexOf('\r\n\r\n')
    if (headEnd < 0) return
    const head = this.#received.slice(0, headEnd).toLowerCase()
    const end = headEnd + 4 + numberAfter(head, 'content-length: ')
    if (this.#received.length < end) return
    const body = this.#received.slice(headEnd + 4, end)
    this.#received = this.#received.slice(end)
    this.#answered?.({
      status: Number(head.slice(9, 12)),
      accepted: numberAfter(body, '"accepted":'),
      rejected: body.includes('"rejected":[{'),
      retryAfterMs: 1000 * numberAfter(head, 'retry-after: '),
    })
  }
}

/** 0 when it is not there. */
function numberAfter(text: string, name: string): number {
  const at = text.indexOf(name)
  return at < 0 ? 0 : Number.parseInt(text.slice(at + name.length), 10)
}
