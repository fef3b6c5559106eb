/** `POST /token`: an assertion becomes an access token. Its errors have the form of RFC 6749, which OAuth clients read. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../../base/clock.ts'
import { MillraceError } from '../../base/errors.ts'
import type { BodyReader } from '../body.ts'
import { problemOf, retryHeaders } from '../problem.ts'
import type { Route } from '../route.ts'
import { type AccessTokens, TOKEN_SECONDS } from './access-tokens.ts'
import type { ClientAssertions } from './client-assertion.ts'
import { TRACKING_ENDPOINTS } from './tracking-endpoints.ts'

const FORM_BYTES_MAX = 16 * 1024
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

type TokenParts = {
  assertions: ClientAssertions
  tokens: AccessTokens
  bodies: BodyReader
  clock: Clock
  reportBug: (error: unknown) => void
  /** Addresses of this server, as the request or the configuration says. */
  audiencesOf: (request: FastifyRequest) => string[]
}

export function tokenRoute({ assertions, tokens, bodies, clock, reportBug, audiencesOf }: TokenParts): Route {
  const issue = async (request: FastifyRequest) =>
    await bodies.use(
      request.raw,
      async (bytes) => {
        const now = clock.now()
        const sources = assertions.take(readForm(bytes.toString()), { audiences: audiencesOf(request), now })
        return tokens.issue(sources, now)
      },
      { bytesMax: FORM_BYTES_MAX },
    )
  return {
    endpoint: TRACKING_ENDPOINTS.token,
    isTracking: true,
    handler: async (request, reply) => {
      reply.header('cache-control', 'no-store')
      try {
        const token = await issue(request)
        return { access_token: token, token_type: 'Bearer', expires_in: TOKEN_SECONDS, scope: 'tracking_api:write' }
      } catch (error) {
        if (!(error instanceof MillraceError)) reportBug(error)
        return refuse(reply, error, clock.now())
      }
    },
  }
}

/** The assertion. Throws `request_invalid`. */
function readForm(text: string): string {
  const form = new URLSearchParams(text)
  const expected = { grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE }
  for (const [name, value] of Object.entries(expected)) {
    if (form.get(name) !== value) throw new MillraceError('request_invalid', `"${name}" must be "${value}".`)
  }
  const assertion = form.get('client_assertion')
  if (assertion === null) throw new MillraceError('request_invalid', '"client_assertion" is missing.')
  return assertion
}

function refuse(reply: FastifyReply, thrown: unknown, now: number): FastifyReply {
  const answer = problemOf(thrown)
  const error =
    answer.code === 'token_refused' ? 'invalid_client' : answer.status < 500 ? 'invalid_request' : 'temporarily_unavailable'
  return reply
    .code(answer.status)
    .headers(retryHeaders(answer, now))
    .send({ error, error_description: answer.detail, code: answer.code })
}
