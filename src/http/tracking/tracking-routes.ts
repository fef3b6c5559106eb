/** All routes of the tracking API: from what is configured to what the server takes. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../../base/clock.ts'
import { MillraceError } from '../../base/errors.ts'
import type { Tracking } from '../../engine/tracking/tracking.ts'
import type { Source } from '../../model/catalog.ts'
import { EVENT_TYPES } from '../../model/event/event.ts'
import type { BodyReader } from '../body.ts'
import type { Route } from '../route.ts'
import type { Access } from './access.ts'
import type { AccessTokens } from './access-tokens.ts'
import { browserRoutes } from './browser-routes.ts'
import { ClientAssertions } from './client-assertion.ts'
import type { LiveEvents } from './live-events.ts'
import { liveRoute } from './live-route.ts'
import { PIXEL, PIXEL_ENVELOPE, readPixel } from './pixel.ts'
import { originReader } from './public-origin.ts'
import { tokenRoute } from './token-route.ts'
import { readBatchBody, readEventBody } from './tracking-body.ts'
import { type Expected, TrackingDoor } from './tracking-door.ts'
import { TRACKING_ENDPOINTS } from './tracking-endpoints.ts'

export type TrackingParts = {
  tracking: Tracking
  /** By name. */
  sources: Readonly<Record<string, Source>>
  access: Access
  tokens: AccessTokens
  live: LiveEvents
  bodies: BodyReader
  clock: Clock
  /** Called with errors that are nobody's input and no outage: bugs. */
  reportBug: (error: unknown) => void
  /** Seconds after which it is worth sending again, while more is accepted than can be applied; undefined when all is well. */
  pressure?: () => number | undefined
  /** Address under which clients know this server, such as `https://events.example.com`; else what a request says counts. */
  publicUrl?: string
  /** Folder of the browser SDK's bundles; undefined when they are not installed. */
  bundles?: string | undefined
}

/** What the last part of a path may be, in any case of letters, and the type that it means. */
const PATH_TYPES: Readonly<Record<string, string>> = {
  t: 'track',
  i: 'identify',
  p: 'page',
  s: 'screen',
  g: 'group',
  a: 'alias',
  ...Object.fromEntries(EVENT_TYPES.map((type) => [type, type])),
}

/** Throws `catalog_invalid` for public keys of clients that cannot be read. */
export function trackingRoutes(parts: TrackingParts): Route[] {
  const { access, live } = parts
  const sources = Object.values(parts.sources)
  const bodyBytesMax = Math.max(0, ...sources.map(({ limits }) => limits.batchBytesMax))
  const door = new TrackingDoor({ ...parts, bodyBytesMax })
  const origins = originReader(parts.publicUrl)
  return [
    ...eventRoutes(door),
    pixelRoute(door),
    metricsRoute(),
    ...browserRoutes({ door, originOf: origins.originOf, bundles: parts.bundles }),
    tokenRoute({ ...parts, assertions: new ClientAssertions(sources), audiencesOf: origins.audiencesOf }),
    liveRoute({ access, live }),
  ]
}

function eventRoutes(door: TrackingDoor): Route[] {
  return [
    {
      endpoint: TRACKING_ENDPOINTS.trackBatch,
      isTracking: true,
      handler: (request, reply) => door.receive(request, reply, BATCH),
    },
    {
      endpoint: TRACKING_ENDPOINTS.trackImport,
      isTracking: true,
      handler: (request, reply) => door.receive(request, reply, IMPORT),
    },
    {
      endpoint: TRACKING_ENDPOINTS.trackEvent,
      isTracking: true,
      handler: async (request, reply) => {
        const expected = EVENTS.get(typeOf(request))
        if (expected === undefined) return door.refuse(request, reply, unknownType(request))
        return await door.receive(request, reply, expected)
      },
    },
  ]
}

const BATCH: Expected = { read: readBatchBody }
const IMPORT: Expected = { read: readBatchBody, keepsTimes: true }
const EVENTS = new Map(Object.entries(PATH_TYPES).map(([name, pathType]) => [name, { read: readEventBody, pathType }]))

function typeOf({ params }: FastifyRequest): string {
  // The routes that ask have this parameter.
  return (params as { type: string }).type.toLowerCase()
}

function unknownType(request: FastifyRequest): MillraceError {
  return new MillraceError('path_unknown', `There are no events of the type "${typeOf(request)}".`, {
    hint: `Types: ${Object.keys(PATH_TYPES).join(', ')}.`,
  })
}

/** Who asks for an image can do nothing with a refusal, so it is shown to watchers only. */
function pixelRoute(door: TrackingDoor): Route {
  const take = async (request: FastifyRequest) => {
    const type = typeOf(request)
    if (type !== 'track' && type !== 'page') throw unknownType(request)
    await door.deliver(request, { items: [readPixel(request.query)], envelope: PIXEL_ENVELOPE, pathType: type })
  }
  return {
    endpoint: TRACKING_ENDPOINTS.trackPixel,
    isTracking: true,
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      if (request.method === 'GET') await take(request).catch((error: unknown) => door.show(request, error))
      return await reply.type('image/gif').header('cache-control', 'no-store').send(PIXEL)
    },
  }
}

function metricsRoute(): Route {
  return { endpoint: TRACKING_ENDPOINTS.trackMetrics, isTracking: true, handler: async () => ({ success: true }) }
}
