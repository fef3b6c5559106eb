/** A webhook receiver that takes each idempotency key once, as a careful receiver does, and remembers the documents in order. */
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

export class ToggleReceiver {
  readonly documents: string[] = []
  repeats = 0
  /** Bodies that came again under their key but were not the same: a breach. */
  differing = 0
  readonly #bodies = new Map<string, string>()
  readonly #server: Server

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        this.#take(String(request.headers['idempotency-key']), Buffer.concat(chunks).toString())
        response.end()
      })
      // A sender that is killed midway has not delivered.
      request.on('error', () => {})
    })
  }

  static async start(): Promise<ToggleReceiver> {
    const receiver = new ToggleReceiver()
    receiver.#server.listen(0, '127.0.0.1')
    await once(receiver.#server, 'listening')
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #take(key: string, body: string): void {
    const before = this.#bodies.get(key)
    if (before !== undefined) {
      this.repeats++
      if (before !== body) this.differing++
      return
    }
    this.#bodies.set(key, body)
    for (const document of JSON.parse(body) as unknown[]) this.documents.push(JSON.stringify(document))
  }
}
