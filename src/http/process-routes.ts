/** What the process says of itself: status, health, readiness, version. */
import { MillraceError } from '../base/errors.ts'
import type { Json } from '../base/json.ts'
import { version } from '../base/version.ts'
import { ENDPOINTS } from './endpoints.ts'
import type { Route } from './route.ts'

export type ProcessParts = {
  /** What `GET /status` answers. */
  status: () => Json | Promise<Json>
  /** Why requests cannot be accepted at the moment, as a sentence; undefined when they can. */
  unreadiness?: () => string | undefined
}

export function processRoutes({ status, unreadiness }: ProcessParts): Route[] {
  return [
    { endpoint: ENDPOINTS.status, handler: async () => await status() },
    { endpoint: ENDPOINTS.health, handler: async () => ({ status: 'ok' }) },
    {
      endpoint: ENDPOINTS.ready,
      handler: async () => {
        const reason = unreadiness?.()
        if (reason !== undefined) throw new MillraceError('server_busy', reason, { retryable: true })
        return { status: 'ready' }
      },
    },
    { endpoint: ENDPOINTS.version, handler: async () => ({ name: 'millrace', version: version() }) },
  ]
}
