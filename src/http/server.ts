/** The front door: routes from the table of endpoints, request bodies within limits, every error as problem details. */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Clock } from '../base/clock.ts'
import { MillraceError } from '../base/errors.ts'
import type { Json } from '../base/json.ts'
import type { Ingest } from '../engine/ingest/ingest.ts'
import { BodyReader, decodeText } from './body.ts'
import { ENDPOINTS, type Endpoint, type ReceiptBody } from './endpoints.ts'
import { type IngestBody, readCollection, readTransaction } from './ingest-body.ts'
import { IngestSockets } from './ingest-sockets.ts'
import { PROBLEM_TYPE, type Problem, problem, problemOf, retryHeaders } from './problem.ts'

export type ServerLimits = {
  /** One body before and after decompression, and one WebSocket frame. */
  bodyBytesMax: number
  /** All bodies that are held at once. */
  heldBytesMax: number
  /** WebSocket connections open at once. */
  connectionsMax: number
}

export const DEFAULT_LIMITS: ServerLimits = {
  // A hundred thousand events of the usual size; parsing it keeps other requests waiting for about a tenth of a second.
  bodyBytesMax: 16 * 1024 * 1024,
  // Sixteen full bodies: what a small machine can spare.
  heldBytesMax: 256 * 1024 * 1024,
  // Each may gather a few MiB while the log is busy.
  connectionsMax: 1_000,
}

/** Time to send one request; a client that is slower holds memory for nothing. */
const REQUEST_TIMEOUT_MS = 120_000
/** Names of collections are shorter. */
const PATH_CHARACTERS_MAX = 1_000

export type ServerParts = {
  ingest: Ingest
  /** What `GET /status` answers. */
  status: () => Json | Promise<Json>
  clock: Clock
  /** Called with errors that are nobody's input and no outage: bugs. */
  reportBug: (error: unknown) => void
  limits?: Partial<ServerLimits>
}

export interface HttpServer {
  /** Resolves with the port once requests are taken; port 0 chooses a free one. Throws `address_in_use`. */
  listen(address: { host: string; port: number }): Promise<{ port: number }>
  /** Takes no more requests, finishes the ones under way, commits what WebSockets have brought, and closes them with 1001. */
  close(): Promise<void>
}

export function createServer(parts: ServerParts): HttpServer {
  const limits = { ...DEFAULT_LIMITS, ...parts.limits }
  const app = Fastify({
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: PATH_CHARACTERS_MAX },
    frameworkErrors: (error, request, reply) => void sendProblem(reply, fromFastify(error, request) ?? problemOf(error)),
  })
  const { ingest, clock, reportBug } = parts
  const sockets = new IngestSockets({
    ingest,
    clock,
    reportBug,
    frameBytesMax: limits.bodyBytesMax,
    connectionsMax: limits.connectionsMax,
  })
  sockets.attach(app.server)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  answerErrors(app, reportBug)
  addRoutes(app, parts, new BodyReader(limits))
  return {
    listen: (address) => listen(app, address),
    close: async () => {
      await Promise.all([sockets.close(), app.close()])
    },
  }
}

async function listen(app: FastifyInstance, { host, port }: { host: string; port: number }): Promise<{ port: number }> {
  try {
    await app.listen({ host, port })
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE')) throw cause
    throw new MillraceError('address_in_use', `The port ${port} of ${host} is taken by another process.`, {
      hint: 'Choose another one, or stop the other process.',
      cause,
    })
  }
  const bound = app.server.address()
  return { port: bound !== null && typeof bound === 'object' ? bound.port : port }
}

function addRoutes(app: FastifyInstance, { ingest, status }: ServerParts, bodies: BodyReader): void {
  const route = ({ methods, path }: Endpoint, handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>) => {
    app.route({ method: [...methods], url: path.replace(/\{\w+\}/, '*'), handler })
  }
  const accept = (request: FastifyRequest, reply: FastifyReply, read: (text: string) => IngestBody) =>
    bodies.use(request.raw, async (bytes) => {
      const body = read(decodeText(bytes))
      return body.kind === 'refused'
        ? sendProblem(reply, body.problem)
        : await append(ingest, body.batches, idempotencyKeyOf(request))
    })
  route(ENDPOINTS.ingestTransaction, (request, reply) => {
    requireType(request, ENDPOINTS.ingestTransaction)
    return accept(request, reply, (text) => readTransaction(ingest, text))
  })
  route(ENDPOINTS.ingestCollection, (request, reply) => {
    const type = requireType(request, ENDPOINTS.ingestCollection)
    const { '*': collection } = request.params as { '*': string }
    return accept(request, reply, (text) => readCollection(ingest, collection, { type, text }))
  })
  route(ENDPOINTS.ingestSocket, async (_request, reply) => {
    reply.header('upgrade', 'websocket')
    throw new MillraceError('upgrade_required', 'GET opens a WebSocket here.', {
      hint: 'To send documents in one request, use POST.',
    })
  })
  route(ENDPOINTS.status, async () => await status())
  route(ENDPOINTS.health, async () => ({ status: 'ok' }))
}

async function append(
  ingest: Ingest,
  batches: Parameters<Ingest['append']>[0],
  idempotencyKey: string | undefined,
): Promise<ReceiptBody> {
  const { position, documents, isRepeat } = await ingest.append(batches, idempotencyKey)
  const offsets = Object.fromEntries(batches.filter(({ count }) => count > 0).map(({ collection }) => [collection, position]))
  return { offsets, documents, isRepeat }
}

function idempotencyKeyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && key.length >= 1 && key.length <= 255) return key
  throw new MillraceError('request_invalid', 'The header Idempotency-Key must have 1 to 255 characters.')
}

/** The media type, without parameters. Throws `content_type_unsupported`. */
function requireType({ headers }: FastifyRequest, { path, request }: Endpoint): string {
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const known = Object.keys(request?.bodies ?? {})
  if (known.includes(type)) return type
  throw new MillraceError('content_type_unsupported', `The content type "${type}" is not supported by ${path}.`, {
    hint: `Send ${known.join(', ')}.`,
  })
}

function answerErrors(app: FastifyInstance, reportBug: (error: unknown) => void): void {
  app.setErrorHandler((error, request, reply) => {
    const answer = fromFastify(error, request) ?? problemOf(error)
    if (answer.code === 'internal_error') reportBug(error)
    return sendProblem(reply, answer)
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const known = Object.values<Endpoint>(ENDPOINTS).filter((endpoint) => matches(endpoint, path))
    if (known.length === 0) return sendProblem(reply, problem('path_unknown', `Nothing is at "${path}".`))
    const methods = [...new Set(known.flatMap((endpoint) => endpoint.methods))].join(', ')
    return sendProblem(
      reply.header('allow', methods),
      problem('method_unsupported', `"${path}" does not take ${request.method}.`, `Use ${methods}.`),
    )
  })
}

function matches({ path }: Endpoint, actual: string): boolean {
  const start = path.indexOf('{')
  return start === -1 ? path === actual : actual.startsWith(path.slice(0, start))
}

/** What the framework itself refuses: malformed addresses and headers. */
function fromFastify(error: unknown, { headers }: FastifyRequest): Problem | undefined {
  if (!(error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number')) return undefined
  if (error.statusCode === 415)
    return problem('content_type_unsupported', `The content type "${headers['content-type'] ?? ''}" is malformed.`)
  return error.statusCode < 500 ? problem('request_invalid', error.message) : undefined
}

async function sendProblem(reply: FastifyReply, answer: Problem): Promise<FastifyReply> {
  return await reply.code(answer.status).headers(retryHeaders(answer)).type(PROBLEM_TYPE).send(JSON.stringify(answer))
}
