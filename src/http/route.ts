import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Endpoint } from './endpoints.ts'

/** What is at an endpoint and its aliases. Each group of endpoints gives its routes; the server puts them together. */
export type Route = {
  endpoint: Endpoint
  /**
   * Resolves with the JSON of the answer, or with the reply when it has sent it. Rejects with a `MillraceError` to refuse.
   * `params` holds what stands for `{name}` and `{name...}`, decoded.
   */
  handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>
  /** Pages of any origin may call it, with credentials, and its body is read whatever the content type says: for SDKs. */
  isTracking?: true
  /** Ends answers that would go on until the client leaves; called once, when the server stops. */
  stop?: () => void
}
