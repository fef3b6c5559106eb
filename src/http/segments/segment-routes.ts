/** Segments over HTTP. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { applyCatalog, planCatalog } from '../../engine/segments/reading/catalog-plan.ts'
import { explainMembership } from '../../engine/segments/reading/explanation.ts'
import { SegmentChanges } from '../../engine/segments/reading/segment-changes.ts'
import { listMembers } from '../../engine/segments/reading/segment-members.ts'
import { SegmentParsing } from '../../engine/segments/reading/segment-parsing.ts'
import { previewSegment } from '../../engine/segments/reading/segment-preview.ts'
import type { SegmentQueries } from '../../engine/segments/reading/segment-queries.ts'
import { SegmentReader } from '../../engine/segments/reading/segment-reader.ts'
import type { SegmentStore } from '../../engine/segments/reading/segment-store.ts'
import type { CommandPort } from '../../engine/profiles/reading/profile-commands.ts'
import { ProfileReader } from '../../engine/profiles/reading/profile-reader.ts'
import type { TimelineParts } from '../../engine/profiles/reading/timeline-reader.ts'
import type { Catalog } from '../../model/catalog.ts'
import type { EntityKind } from '../../model/profile/entity.ts'
import type { BodyReader } from '../body.ts'
import { pageQuery, readBody, readParam, readQuery } from '../profiles/request-reading.ts'
import type { Route } from '../route.ts'
import type { Access } from '../tracking/access.ts'
import { sendInvalid } from './invalid-segment.ts'
import { MEMBERSHIP_ENDPOINTS, SEGMENT_ENDPOINTS as ENDPOINTS } from './segment-endpoints.ts'
import { catalogBody, membersBody } from './segment-shapes.ts'

export type SegmentRouteParts = {
  /** Reads what is committed, over a connection of its own. */
  store: SegmentStore & TimelineParts['store']
  timelines: TimelineParts['source']
  catalog: Pick<Catalog, 'identity' | 'traits' | 'timeZone'>
  commands: CommandPort
  queries: SegmentQueries
  access: Pick<Access, 'requireScope'>
  bodies: BodyReader
}

const MEMBERS_MAX = 1_000

const membersQuery = z.strictObject(pageQuery(MEMBERS_MAX))
const explanationQuery = z.strictObject({ entity: z.string().min(1) })

export function segmentRoutes(parts: SegmentRouteParts): Route[] {
  const { store, catalog, commands: port } = parts
  const reader = new SegmentReader(store, new ProfileReader(store, catalog))
  const parsing = new SegmentParsing({ store, catalog })
  const tools = { ...parts, reader, parsing, changes: new SegmentChanges({ reader, parsing, port }), clock: port.clock }
  return [
    ...readingRoutes(tools),
    ...memberRoutes(tools),
    ...changingRoutes(tools),
    ...catalogRoutes(tools),
    membershipRoute('user', tools),
    membershipRoute('account', tools),
  ]
}

type Tools = SegmentRouteParts & {
  reader: SegmentReader
  parsing: SegmentParsing
  changes: SegmentChanges
  clock: CommandPort['clock']
}

function readingRoutes(tools: Tools): Route[] {
  const { reader, store, timelines, clock, access, bodies } = tools
  return [
    {
      endpoint: ENDPOINTS.segments,
      handler: async (request) => {
        access.requireScope(request, 'read')
        return { segments: await reader.list() }
      },
    },
    {
      endpoint: ENDPOINTS.segment,
      handler: async (request) => {
        access.requireScope(request, 'read')
        return await reader.read(readParam(request, 'id'))
      },
    },
    {
      endpoint: ENDPOINTS.explainSegment,
      handler: async (request) => {
        access.requireScope(request, 'read')
        const { entity } = readQuery(request, explanationQuery)
        const timeline = { store, source: timelines }
        return await explainMembership({ reader, timeline, clock }, { segment: readParam(request, 'id'), ref: entity })
      },
    },
    {
      endpoint: ENDPOINTS.previewSegment,
      handler: async (request, reply) => {
        access.requireScope(request, 'read')
        const outcome = await previewSegment(tools, await readBody(request, bodies, z.unknown()))
        return outcome.kind === 'refused' ? await sendInvalid(reply, outcome.problems) : outcome.preview
      },
    },
  ]
}

function memberRoutes({ reader, queries, changes, access, bodies }: Tools): Route[] {
  return [
    {
      endpoint: ENDPOINTS.segmentMembers,
      handler: async (request) => {
        access.requireScope(request, 'read')
        const { limit, cursor } = readQuery(request, membersQuery)
        const page = { limit, ...(cursor !== undefined && { cursor }) }
        return await listMembers({ reader, queries }, readParam(request, 'id'), page)
      },
    },
    {
      endpoint: ENDPOINTS.changeMembers,
      handler: async (request) => {
        access.requireScope(request, 'admin')
        return await changes.changeMembers(readParam(request, 'id'), await readBody(request, bodies, membersBody))
      },
    },
  ]
}

function changingRoutes({ changes, access, bodies }: Tools): Route[] {
  return [
    {
      endpoint: ENDPOINTS.defineSegment,
      handler: async (request, reply) => {
        access.requireScope(request, 'admin')
        const document = await readBody(request, bodies, z.unknown())
        const { kind: _kind, ...outcome } = await changes.define(readParam(request, 'id'), document)
        return 'problems' in outcome ? await sendInvalid(reply, outcome.problems) : outcome
      },
    },
    {
      endpoint: ENDPOINTS.deleteSegment,
      handler: async (request) => {
        access.requireScope(request, 'admin')
        return await changes.remove(readParam(request, 'id'))
      },
    },
  ]
}

function catalogRoutes(tools: Tools): Route[] {
  const { access } = tools
  return [
    {
      endpoint: ENDPOINTS.planCatalog,
      handler: async (request, reply) => {
        access.requireScope(request, 'read')
        return await answerCatalog(request, reply, tools, planCatalog)
      },
    },
    {
      endpoint: ENDPOINTS.applyCatalog,
      handler: async (request, reply) => {
        access.requireScope(request, 'admin')
        return await answerCatalog(request, reply, tools, applyCatalog)
      },
    },
  ]
}

async function answerCatalog(
  request: FastifyRequest,
  reply: FastifyReply,
  tools: Tools,
  work: typeof planCatalog | typeof applyCatalog,
): Promise<unknown> {
  const { kind: _kind, ...outcome } = await work(tools, await readBody(request, tools.bodies, catalogBody))
  return 'problems' in outcome ? await sendInvalid(reply, outcome.problems) : outcome
}

function membershipRoute(kind: EntityKind, { reader, access }: Tools): Route {
  return {
    endpoint: MEMBERSHIP_ENDPOINTS[kind],
    handler: async (request) => {
      access.requireScope(request, 'read')
      return await reader.ofEntity(kind, readParam(request, 'ref'))
    },
  }
}
