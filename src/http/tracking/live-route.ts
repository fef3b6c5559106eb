/** `GET /events/live`: what comes in, as it comes in. */
import type { Route } from '../route.ts'
import type { Access } from './access.ts'
import type { LiveEvents } from './live-events.ts'
import { readFilter } from './live-filter.ts'
import { TRACKING_ENDPOINTS } from './tracking-endpoints.ts'

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies must not gather what is to be seen at once.
  'x-accel-buffering': 'no',
}

export function liveRoute({ access, live }: { access: Access; live: LiveEvents }): Route {
  return {
    endpoint: TRACKING_ENDPOINTS.liveEvents,
    handler: async (request, reply) => {
      access.requireScope(request, 'read')
      const filter = readFilter(request.query)
      live.requireRoom()
      reply.hijack()
      reply.raw.writeHead(200, HEADERS)
      live.watch(reply.raw, filter)
    },
    stop: () => live.close(),
  }
}
