/**
 * Stands between an SDK and Millrace, on loopback, and does what networks and busy servers do: refuses a request, or cuts the
 * connection before Millrace has it or after. Everything else passes through unchanged, the host name of the request included.
 */
import { once } from 'node:events'
import { Agent, createServer, request as forward, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

/** `cut after`: Millrace has taken the request and its answer is lost, so that the SDK's next try is a repeat. */
export const FAULTS = ['rate limited', 'unavailable', 'cut before', 'cut after'] as const
export type Fault = (typeof FAULTS)[number]

/** A request of an SDK, and what became of it. */
export type Passage = {
  method: string
  path: string
  /** Text of the body, decompressed. */
  body: string
  fault?: Fault
  /** What Millrace answered; absent when it was not asked. */
  status?: number
}

const GZIP = [0x1f, 0x8b]

export class FaultProxy {
  readonly passages: Passage[] = []
  readonly #server: Server
  readonly #upstream: URL
  readonly #agent = new Agent({ keepAlive: true })
  /** By a text that the body of a request must have to meet the next fault. */
  readonly #planned = new Map<string, Fault[]>()

  private constructor(upstream: string) {
    this.#upstream = new URL(upstream)
    this.#server = createServer((request, response) => void this.#pass(request, response))
  }

  static async start(upstream: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstream)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** The next requests that carry this text meet these faults, one each; later ones pass. An empty list lifts what is left. */
  plan(text: string, faults: readonly Fault[]): void {
    this.#planned.set(text, [...faults])
  }

  /** Requests that carried this text. */
  passagesOf(text: string): Passage[] {
    return this.passages.filter(({ body }) => body.includes(text))
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#agent.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await bytesOf(request)
    const passage: Passage = { method: request.method ?? '', path: request.url ?? '', body: textOf(bytes) }
    this.passages.push(passage)
    const fault = this.#nextFault(passage.body)
    if (fault !== undefined) passage.fault = fault
    if (fault === 'cut before') response.destroy()
    else if (fault === 'rate limited') refuse({ request, response, status: 429 })
    else if (fault === 'unavailable') refuse({ request, response, status: 503 })
    else await this.#forward({ request, bytes, response, passage })
  }

  #nextFault(body: string): Fault | undefined {
    for (const [text, faults] of this.#planned) if (faults.length > 0 && body.includes(text)) return faults.shift()
    return undefined
  }

  async #forward({ request, bytes, response, passage }: Crossing): Promise<void> {
    const { hostname, port } = this.#upstream
    const { method, url: path } = request
    const asked = forward({ agent: this.#agent, hostname, port, method, path, headers: request.headers })
    asked.on('error', () => response.destroy())
    asked.end(bytes)
    const [answer] = (await once(asked, 'response').catch(() => [])) as [IncomingMessage?]
    if (!answer) return
    const body = await bytesOf(answer)
    passage.status = answer.statusCode ?? 0
    if (passage.fault === 'cut after') response.destroy()
    else response.writeHead(passage.status, answer.headers).end(body)
  }
}

type Crossing = { request: IncomingMessage; bytes: Buffer; response: ServerResponse; passage: Passage }

type Refusal = { request: IncomingMessage; response: ServerResponse; status: number }

/** As Millrace refuses when it must: with the second from which on it takes requests again, readable for pages of other origins. */
function refuse({ request, response, status }: Refusal): void {
  const headers: Record<string, string> = {
    'access-control-allow-origin': request.headers.origin ?? '*',
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'retry-after, x-ratelimit-reset',
  }
  if (status === 429) {
    headers['retry-after'] = '1'
    headers['x-ratelimit-reset'] = `${Math.ceil(Date.now() / 1000) + 1}`
  }
  response.writeHead(status, headers).end()
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** One SDK compresses and says so in no header. */
function textOf(bytes: Buffer): string {
  return (GZIP.every((byte, i) => bytes[i] === byte) ? gunzipSync(bytes) : bytes).toString('utf8')
}
