/** Requests as they are told, byte by byte, over a few connections that stay open; also such that break off. */
import { Agent, type ClientRequest, request, type RequestOptions } from 'node:http'

export type Asked = { path: string; method?: string; headers?: Record<string, string>; body?: string | Uint8Array }
export type Answer = { status: number; text: string }

export class HttpClient {
  readonly #url: string
  readonly #agent: Agent

  constructor(url: string, connections: number) {
    this.#url = url
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
  }

  /** Rejects when the connection ends without an answer. */
  send({ path, method = 'POST', headers = {}, body = '' }: Asked): Promise<Answer> {
    const bytes = Buffer.from(body)
    return new Promise((resolve, reject) => {
      const sent = this.#open(path, { method, headers: { ...headers, 'content-length': String(bytes.length) } })
      sent.on('error', reject).on('response', (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('error', reject).on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      })
      sent.end(bytes)
    })
  }

  /** Announces one byte more than it sends, and leaves once these are on their way. */
  leave({ path, method = 'POST', headers = {}, body = '' }: Asked): Promise<void> {
    const bytes = Buffer.from(body)
    return new Promise((resolve) => {
      const sent = this.#open(path, { method, headers: { ...headers, 'content-length': String(bytes.length + 1) } })
      sent.on('error', () => {}).on('close', resolve)
      sent.write(bytes, () => sent.destroy())
    })
  }

  close(): void {
    this.#agent.destroy()
  }

  #open(path: string, options: RequestOptions): ClientRequest {
    return request(new URL(path, this.#url), { agent: this.#agent, ...options })
  }
}
