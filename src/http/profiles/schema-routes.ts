/** The schema of traits and events over HTTP. */
import type { SchemaReport } from '../../engine/profiles/schema-report.ts'
import type { Route } from '../route.ts'
import type { Access } from '../tracking/access.ts'
import { SCHEMA_ENDPOINTS } from './schema-endpoints.ts'

export type SchemaRouteParts = {
  schema: () => Promise<SchemaReport>
  access: Pick<Access, 'requireScope'>
}

export function schemaRoutes({ schema, access }: SchemaRouteParts): Route[] {
  return [
    {
      endpoint: SCHEMA_ENDPOINTS.traitSchema,
      handler: async (request) => {
        access.requireScope(request, 'read')
        const { traits, unkept } = await schema()
        return { ...traits, unkept: { user: unkept.user, account: unkept.account } }
      },
    },
    {
      endpoint: SCHEMA_ENDPOINTS.eventSchema,
      handler: async (request) => {
        access.requireScope(request, 'read')
        const { events, unkept } = await schema()
        return { events, unkept: unkept.event }
      },
    },
  ]
}
