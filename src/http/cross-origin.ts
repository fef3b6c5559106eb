/** CORS for tracking: pages of any origin may send, with credentials, since what lets them in is the write key. */
import type { FastifyReply, FastifyRequest } from 'fastify'

/** What SDKs of the field send; others are allowed when the page asks for them. */
const HEADERS = 'authorization, content-type, content-encoding, anonymousid, sentat, x-retry-count, x-write-key'
/** A day; browsers cut it to what they like. */
const PREFLIGHT_SECONDS = 86_400

/** On every answer of a tracking route, errors included: without, a page could not tell 429 from a broken network. */
export function allowOrigin({ headers }: FastifyRequest, reply: FastifyReply): void {
  const { origin } = headers
  if (origin === undefined) return
  reply.header('access-control-allow-origin', origin)
  reply.header('access-control-allow-credentials', 'true')
  reply.header('access-control-expose-headers', 'retry-after, x-ratelimit-reset')
  reply.header('vary', 'Origin')
}

/** The answer to the question of a browser whether a page may send. */
export async function answerPreflight(
  request: FastifyRequest,
  reply: FastifyReply,
  methods: readonly string[],
): Promise<FastifyReply> {
  allowOrigin(request, reply)
  const asked = request.headers['access-control-request-headers']
  reply.header('access-control-allow-methods', [...methods, 'OPTIONS'].join(', '))
  reply.header(
    'access-control-allow-headers',
    asked === undefined ? HEADERS : `${HEADERS}, ${newAmong(asked)}`.replace(/, $/, ''),
  )
  reply.header('access-control-max-age', PREFLIGHT_SECONDS)
  return await reply.code(204).send()
}

/** Names that a page asks for beyond ours, for example `rsa-…` of RudderStack's plugins. */
function newAmong(asked: string): string {
  const known = new Set(HEADERS.split(', '))
  return asked
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => /^[\w-]+$/.test(name) && !known.has(name))
    .join(', ')
}
