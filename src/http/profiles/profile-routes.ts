/** Users and accounts over HTTP: profiles, timelines, merges and splits. */
import { z } from 'zod'
import type { ProfileCommands } from '../../engine/profiles/reading/profile-commands.ts'
import type { ProfileReader } from '../../engine/profiles/reading/profile-reader.ts'
import { readTimeline, TIMELINE_EVENTS_MAX, type TimelineParts } from '../../engine/profiles/reading/timeline-reader.ts'
import type { EntityKind } from '../../model/profile/entity.ts'
import type { BodyReader } from '../body.ts'
import type { Route } from '../route.ts'
import type { Access } from '../tracking/access.ts'
import { ENTITY_ENDPOINTS, mergeRequest, splitRequest } from './profile-endpoints.ts'
import { instantText, manyTexts, pageQuery, readBody, readParam, readQuery } from './request-reading.ts'

export type ProfileRouteParts = {
  reader: ProfileReader
  commands: ProfileCommands
  timeline: TimelineParts
  access: Pick<Access, 'requireScope'>
  bodies: BodyReader
}

const timelineQuery = z.strictObject({
  type: manyTexts,
  name: manyTexts,
  source: manyTexts,
  since: instantText,
  until: instantText,
  internal: z.enum(['true', 'false']).default('true'),
  ...pageQuery(TIMELINE_EVENTS_MAX),
})

export function profileRoutes(parts: ProfileRouteParts): Route[] {
  return [
    ...readingRoutes('user', parts),
    ...readingRoutes('account', parts),
    ...changingRoutes('user', parts),
    ...changingRoutes('account', parts),
  ]
}

function readingRoutes(kind: EntityKind, { reader, timeline, access }: ProfileRouteParts): Route[] {
  const { profile, events } = ENTITY_ENDPOINTS[kind]
  return [
    {
      endpoint: profile,
      handler: async (request) => {
        access.requireScope(request, 'read')
        return await reader.read(kind, readParam(request, 'ref'))
      },
    },
    {
      endpoint: events,
      handler: async (request) => {
        access.requireScope(request, 'read')
        const query = readQuery(request, timelineQuery)
        const { entity } = await reader.lookup.require(kind, readParam(request, 'ref'))
        return await readTimeline(timeline, { kind, entity }, pageRequestOf(query))
      },
    },
  ]
}

function pageRequestOf({ type, name, source, since, until, internal, limit, cursor }: z.infer<typeof timelineQuery>) {
  const filter = {
    ...(type && { types: type }),
    ...(name && { names: name }),
    ...(source && { sources: source }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(internal === 'false' && { withoutInternal: true }),
  }
  return { filter, limit, ...(cursor !== undefined && { cursor }) }
}

function changingRoutes(kind: EntityKind, { commands, access, bodies }: ProfileRouteParts): Route[] {
  const { merge, split } = ENTITY_ENDPOINTS[kind]
  return [
    {
      endpoint: merge,
      handler: async (request) => {
        access.requireScope(request, 'admin')
        const { survivor, loser, dryRun } = await readBody(request, bodies, mergeRequest)
        return await commands.merge(kind, [survivor, loser], dryRun)
      },
    },
    {
      endpoint: split,
      handler: async (request) => {
        access.requireScope(request, 'admin')
        const { part, dryRun } = await readBody(request, bodies, splitRequest)
        return await commands.split(kind, { part, isDryRun: dryRun })
      },
    },
  ]
}
