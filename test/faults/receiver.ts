/** A webhook receiver that remembers every delivery, and does with each what the test says. */
import { createServer, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

type Delivery = { key: string; body: string }

/** The status to answer with after a delay, or `hang up` without an answer. */
type Answer = { status?: number; delayMs?: number } | 'hang up'

/** `earlier`: how often this key has come before. */
type Answerer = (delivery: Delivery, earlier: number) => Answer

export class Receiver {
  /** All of them, in order, the refused ones included. */
  readonly deliveries: Delivery[] = []
  /** Those that were answered 2xx, each key once. */
  readonly taken: Delivery[] = []
  readonly #server: Server

  private constructor(answer: Answerer) {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const key = String(request.headers['idempotency-key'])
        void this.#receive({ key, body: Buffer.concat(chunks).toString() }, answer, response)
      })
    })
  }

  static async start(answer: Answerer = () => ({})): Promise<Receiver> {
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

  async #receive(delivery: Delivery, answer: Answerer, response: ServerResponse): Promise<void> {
    const isOfSameKey = ({ key }: Delivery) => key === delivery.key
    const earlier = this.deliveries.filter(isOfSameKey).length
    this.deliveries.push(delivery)
    const what = answer(delivery, earlier)
    if (what === 'hang up') {
      response.socket?.destroy()
      return
    }
    const { status = 200, delayMs = 0 } = what
    await sleep(delayMs)
    if (status < 300 && !this.taken.some(isOfSameKey)) this.taken.push(delivery)
    response.writeHead(status).end('Such is life.')
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
