/** The quarantine over HTTP. */
import { z } from 'zod'
import { discardOne, type QuarantineParts, replayAll, replayOne } from '../../engine/profiles/reading/quarantine-commands.ts'
import { explainItem } from '../../engine/profiles/reading/quarantine-explanation.ts'
import type { QuarantineFilter } from '../../engine/profiles/reading/quarantine-reader.ts'
import type { BodyReader } from '../body.ts'
import type { Route } from '../route.ts'
import type { Access } from '../tracking/access.ts'
import { QUARANTINE_ENDPOINTS as ENDPOINTS, replayAllBody, replayBody } from './quarantine-endpoints.ts'
import { pageQuery, readBody, readParam, readQuery } from './request-reading.ts'

export type QuarantineRouteParts = {
  quarantine: QuarantineParts
  access: Pick<Access, 'requireScope'>
  bodies: BodyReader
}

/** Each with up to 64 KB. */
const ITEMS_MAX = 500

const listQuery = z.strictObject({ source: z.string().optional(), code: z.string().optional(), ...pageQuery(ITEMS_MAX) })

export function quarantineRoutes(parts: QuarantineRouteParts): Route[] {
  return [...readingRoutes(parts), ...changingRoutes(parts)]
}

function readingRoutes({ quarantine: { reader }, access }: QuarantineRouteParts): Route[] {
  return [
    {
      endpoint: ENDPOINTS.quarantine,
      handler: async (request) => {
        access.requireScope(request, 'read')
        const { limit, cursor, ...filter } = readQuery(request, listQuery)
        return await reader.list(filterOf(filter), { limit, ...(cursor !== undefined && { cursor }) })
      },
    },
    {
      endpoint: ENDPOINTS.quarantineItem,
      handler: async (request) => {
        access.requireScope(request, 'read')
        const item = await reader.require(readParam(request, 'id'))
        return { item, explanation: explainItem(item) }
      },
    },
  ]
}

function changingRoutes({ quarantine, access, bodies }: QuarantineRouteParts): Route[] {
  return [
    {
      endpoint: ENDPOINTS.replayItem,
      handler: async (request, reply) => {
        access.requireScope(request, 'admin')
        const change = await readBody(request, bodies, replayBody.optional())
        const done = await replayOne(quarantine, readParam(request, 'id'), change)
        return await reply.code(done.isReplayed ? 200 : 422).send(done)
      },
    },
    {
      endpoint: ENDPOINTS.discardItem,
      handler: async (request) => {
        access.requireScope(request, 'admin')
        return await discardOne(quarantine, readParam(request, 'id'))
      },
    },
    {
      endpoint: ENDPOINTS.replayQuarantine,
      handler: async (request) => {
        access.requireScope(request, 'admin')
        return await replayAll(quarantine, filterOf(await readBody(request, bodies, replayAllBody)))
      },
    },
  ]
}

function filterOf({ source, code }: { source?: string | undefined; code?: string | undefined }): QuarantineFilter {
  return { ...(source !== undefined && { source }), ...(code !== undefined && { code }) }
}
