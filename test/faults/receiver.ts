/** A webhook receiver that remembers every delivery, and does with each what the test says. */
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export type Delivery = { key: string; body: string }

/** The status to answer with after a delay, or `hang up` without an answer. */
export type Answer = { status?: number; delayMs?: number } | 'hang up'

export class Receiver {
  /** All of them, in order, the refused ones included. */
  readonly deliveries: Delivery[] = []
  /** Those that were answered 2xx, each key once. */
  readonly taken: Delivery[] = []
  readonly #server: Server

  private constructor(answer: (delivery: Delivery, earlier: number) => Answer) {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', async () => {
        const delivery = { key: String(request.headers['idempotency-key']), body: Buffer.concat(chunks).toString() }
        const earlier = this.deliveries.filter(({ key }) => key === delivery.key).length
        this.deliveries.push(delivery)
        const what = answer(delivery, earlier)
        if (what === 'hang up') return request.socket.destroy()
        await sleep(what.delayMs ?? 0)
        if ((what.status ?? 200) < 300 && this.taken.every(({ key }) => key !== delivery.key)) this.taken.push(delivery)
        return response.writeHead(what.status ?? 200).end('Such is life.')
      })
    })
  }

  /** `earlier`: how often this key has come before. */
  static async start(answer: (delivery: Delivery, earlier: number) => Answer = () => ({})): Promise<Receiver> {
    const receiver = new Receiver(answer)
    receiver.#server.listen(0, '127.0.0.1')
    await once(receiver.#server, 'listening')
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  /** Of what was taken, in order. */
  get documents(): unknown[] {
    return this.taken.flatMap(({ body }) => JSON.parse(body) as unknown[])
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
