/**
 * A toy receiver of webhooks: it prints what it is sent and answers after a delay, to show how a slow receiver gets
 * fewer and larger requests. Deliveries that repeat an idempotency key are counted, and named, as repeats.
 *
 *   npx node examples/segment/demo-webhook-api.ts [--port 9000] [--delay-ms 500] [--quiet]
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '9000' },
    'delay-ms': { type: 'string', default: '500' },
    quiet: { type: 'boolean', default: false },
  },
})

const received = { requests: 0, documents: 0, repeats: 0 }
const keysSeen = new Set<string>()

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** False when the delivery with this key was seen before. */
function isFirstDelivery(request: IncomingMessage): boolean {
  const key = request.headers['idempotency-key']
  if (typeof key !== 'string') return true
  if (keysSeen.has(key)) return false
  keysSeen.add(key)
  return true
}

function report(body: string, documents: unknown[], isFirst: boolean): void {
  received.requests++
  if (isFirst) received.documents += documents.length
  else received.repeats++
  const repeat = isFirst ? '' : ' (a repeat)'
  const { requests, repeats } = received
  console.log(
    `#${requests}: ${documents.length} documents, ${Buffer.byteLength(body)} bytes${repeat}; ${received.documents} documents in all, ${repeats} repeats`,
  )
  if (!values.quiet) for (const document of documents) console.log(`  ${JSON.stringify(document)}`)
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const body = await readBody(request)
    const documents: unknown = JSON.parse(body)
    report(body, Array.isArray(documents) ? documents : [documents], isFirstDelivery(request))
    await sleep(Number(values['delay-ms']))
    response.end('OK\n')
  } catch (error) {
    response.writeHead(400).end(`${String(error)}\n`)
  }
}

const server = createServer((request, response) => void answer(request, response))
server.listen(Number(values.port), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(`Listening on http://127.0.0.1:${port}/, answering after ${values['delay-ms']} ms`)
})
