/** Erasures and suppressions over HTTP. */
import { MillraceError } from '../../base/errors.ts'
import type { Eraser } from '../../engine/erasure/eraser.ts'
import type { BodyReader } from '../body.ts'
import { readBody, readParam } from '../profiles/request-reading.ts'
import type { Route } from '../route.ts'
import type { Access } from '../tracking/access.ts'
import { ERASURE_ENDPOINTS, erasureRequest, suppressionRequest } from './erasure-endpoints.ts'

export type ErasureRouteParts = {
  eraser: Pick<Eraser, 'request' | 'find' | 'list' | 'lift'>
  access: Pick<Access, 'requireScope'>
  bodies: BodyReader
}

export function erasureRoutes(parts: ErasureRouteParts): Route[] {
  return [...changingRoutes(parts), ...readingRoutes(parts)]
}

function changingRoutes({ eraser, access, bodies }: ErasureRouteParts): Route[] {
  return [
    {
      endpoint: ERASURE_ENDPOINTS.erase,
      handler: async (request, reply) => {
        access.requireScope(request, 'admin')
        const { kind, identifier, id = '', dryRun } = await readBody(request, bodies, erasureRequest)
        const report = await eraser.request({ kind, isDryRun: dryRun, ...(identifier ? { identifier } : { id }) })
        return await reply.code(202).send(report)
      },
    },
    {
      endpoint: ERASURE_ENDPOINTS.liftSuppression,
      handler: async (request) => {
        access.requireScope(request, 'admin')
        const { kind, identifier } = await readBody(request, bodies, suppressionRequest)
        return { lifted: await eraser.lift(kind, identifier) }
      },
    },
  ]
}

function readingRoutes({ eraser, access }: ErasureRouteParts): Route[] {
  return [
    {
      endpoint: ERASURE_ENDPOINTS.erasures,
      handler: async (request) => {
        access.requireScope(request, 'read')
        return { erasures: eraser.list() }
      },
    },
    {
      endpoint: ERASURE_ENDPOINTS.erasure,
      handler: async (request) => {
        access.requireScope(request, 'read')
        const id = readParam(request, 'id')
        const found = eraser.find(id)
        if (found) return found
        throw new MillraceError('erasure_unknown', `There is no erasure "${id}".`, { hint: 'GET /erasures lists them.' })
      },
    },
  ]
}
