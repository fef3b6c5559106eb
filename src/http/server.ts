/** The front door: the routes of all groups, request bodies within limits, every error as problem details. */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Clock } from '../base/clock.ts'
import { MillraceError } from '../base/errors.ts'
import type { Ingest } from '../engine/ingest/ingest.ts'
import { BodyReader } from './body.ts'
import { allowOrigin, answerPreflight } from './cross-origin.ts'
import { ingestRoutes } from './ingest-routes.ts'
import { IngestSockets } from './ingest-sockets.ts'
import { PROBLEM_TYPE, type Problem, problem, problemOf, retryHeaders } from './problem.ts'
import { type ProcessParts, processRoutes } from './process-routes.ts'
import type { Route } from './route.ts'
import { pathsOf, restName, routerPath, RouteTable } from './route-table.ts'
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type ServerLimits, type ServerTimeouts } from './server-limits.ts'
import { SilentConnections } from './silent-connections.ts'

/** Names of collections, identifiers and keys are shorter. */
const PATH_CHARACTERS_MAX = 1_000
/** A proxy on the machine or in its private network may say for whom it asks (`X-Forwarded-For`, `-Host`, `-Proto`); others are not believed. */
const TRUSTED_PROXIES = ['loopback', 'linklocal', 'uniquelocal']

export type ServerParts = ProcessParts & {
  ingest: Ingest
  clock: Clock
  /** Called with errors that are nobody's input and no outage: bugs. */
  reportBug: (error: unknown) => void
  /** Further groups of routes: tracking, profiles, quarantine, … */
  routes?: readonly Route[]
  /** Shared with groups that read bodies, so that one limit holds for all. */
  bodies?: BodyReader
  limits?: Partial<ServerLimits>
  timeouts?: Partial<ServerTimeouts>
}

export interface HttpServer {
  /** Resolves with the port once requests are taken; port 0 chooses a free one. Throws `address_in_use`. */
  listen(address: { host: string; port: number }): Promise<{ port: number }>
  /** Takes no more requests, finishes the ones under way, commits what WebSockets have brought, and closes them with 1001. */
  close(): Promise<void>
}

export function createServer(parts: ServerParts): HttpServer {
  const { ingest, clock, reportBug } = parts
  const limits = { ...DEFAULT_LIMITS, ...parts.limits }
  const routes = [
    ...ingestRoutes(ingest, parts.bodies ?? new BodyReader(limits)),
    ...processRoutes(parts),
    ...(parts.routes ?? []),
  ]
  const door = new Door(parts, routes)
  const sockets = new IngestSockets({
    ingest,
    clock,
    reportBug,
    frameBytesMax: limits.bodyBytesMax,
    connectionsMax: limits.connectionsMax,
  })
  sockets.attach(door.app.server)
  const silent = new SilentConnections(door.app.server)
  return {
    listen: (address) => listen(door.app, address),
    close: async () => {
      for (const { stop } of routes) stop?.()
      silent.close()
      await Promise.all([sockets.close(), door.app.close()])
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

/** Routes on the framework, and its own answers where no route is. */
class Door {
  readonly app: FastifyInstance
  readonly #parts: ServerParts
  readonly #table: RouteTable

  constructor(parts: ServerParts, routes: readonly Route[]) {
    this.#parts = parts
    this.#table = new RouteTable(routes)
    this.app = this.#open({ ...DEFAULT_TIMEOUTS, ...parts.timeouts })
    this.app.removeAllContentTypeParsers()
    this.app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    this.app.setErrorHandler((error, request, reply) => this.#refuse(error, request, reply))
    this.app.setNotFoundHandler((request, reply) => this.#answerUnknown(request, reply))
    for (const route of routes) for (const path of pathsOf(route.endpoint)) this.#add(route, path)
  }

  #open({ requestMs, headersMs, keepAliveMs, checkMs }: ServerTimeouts): FastifyInstance {
    return Fastify({
      requestTimeout: requestMs,
      keepAliveTimeout: keepAliveMs,
      http: { headersTimeout: Math.min(headersMs, requestMs), connectionsCheckingInterval: checkMs },
      trustProxy: TRUSTED_PROXIES,
      routerOptions: { maxParamLength: PATH_CHARACTERS_MAX },
      frameworkErrors: (error, request, reply) => void this.#refuse(error, request, reply),
    })
  }

  #add({ endpoint, handler, isTracking, stop }: Route, path: string): void {
    const rest = restName(path)
    this.app.route({
      method: [...endpoint.methods],
      url: routerPath(path),
      // An answer without an end has no HEAD.
      exposeHeadRoute: stop === undefined,
      ...(isTracking && { onRequest: admitAnyPage }),
      handler: rest === undefined ? handler : (request, reply) => handler(withRest(request, rest), reply),
    })
  }

  #answerUnknown(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const path = request.url.split('?', 1)[0] ?? ''
    const methods = this.#table.methodsAt(path)
    if (methods.length === 0) return this.#send(reply, problem('path_unknown', `Nothing is at "${path}".`))
    const isTracking = this.#table.isTrackingAt(path)
    if (isTracking && request.method === 'OPTIONS') return answerPreflight(request, reply, methods)
    if (isTracking) allowOrigin(request, reply)
    reply.header('allow', methods.join(', '))
    const detail = `"${path}" does not take ${request.method}.`
    return this.#send(reply, problem('method_unsupported', detail, `Use ${methods.join(', ')}.`))
  }

  #refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const answer = fromFastify(error, request) ?? problemOf(error)
    if (answer.code === 'internal_error') this.#parts.reportBug(error)
    return this.#send(reply, answer)
  }

  async #send(reply: FastifyReply, answer: Problem): Promise<FastifyReply> {
    const headers = retryHeaders(answer, this.#parts.clock.now())
    return await reply.code(answer.status).headers(headers).type(PROBLEM_TYPE).send(JSON.stringify(answer))
  }
}

/** Without a content type the framework asks for none; SDKs send JSON under any name. */
function admitAnyPage(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  delete request.raw.headers['content-type']
  allowOrigin(request, reply)
  done()
}

function withRest(request: FastifyRequest, name: string): FastifyRequest {
  // The router's own name of what stands for the rest.
  const params = request.params as Record<string, string>
  params[name] = params['*'] ?? ''
  return request
}

/** What the framework itself refuses: malformed addresses and headers. */
function fromFastify(error: unknown, { headers }: FastifyRequest): Problem | undefined {
  if (!(error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number')) return undefined
  if (error.statusCode === 415)
    return problem('content_type_unsupported', `The content type "${headers['content-type'] ?? ''}" is malformed.`)
  return error.statusCode < 500 ? problem('request_invalid', error.message) : undefined
}
