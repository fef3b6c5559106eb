/** All routes of this folder, from the few things that they need of the engine. */
import { ProfileCommands, type CommandPort } from '../../engine/profiles/reading/profile-commands.ts'
import { ProfileReader } from '../../engine/profiles/reading/profile-reader.ts'
import { QuarantineReader } from '../../engine/profiles/reading/quarantine-reader.ts'
import type { TimelineParts } from '../../engine/profiles/reading/timeline-reader.ts'
import type { TimelineSource } from '../../engine/profiles/reading/timeline-source.ts'
import { loadSchema } from '../../engine/profiles/schema-registry.ts'
import type { Replay } from '../../engine/tracking/replay.ts'
import type { Catalog } from '../../model/catalog.ts'
import type { BodyReader } from '../body.ts'
import type { Route } from '../route.ts'
import type { Access } from '../tracking/access.ts'
import { profileRoutes } from './profile-routes.ts'
import { quarantineRoutes } from './quarantine-routes.ts'
import { schemaRoutes } from './schema-routes.ts'

export type ReadingParts = {
  /** Reads what is committed, over a connection of its own. */
  store: ConstructorParameters<typeof ProfileReader>[0] & TimelineParts['store']
  timelines: TimelineSource
  catalog: Pick<Catalog, 'identity' | 'traits'>
  commands: CommandPort
  replay: Replay
  access: Pick<Access, 'requireScope'>
  bodies: BodyReader
}

export function readingRoutes({ store, timelines, catalog, commands, replay, access, bodies }: ReadingParts): Route[] {
  const reader = new ProfileReader(store, catalog)
  const { applied, clock } = commands
  return [
    ...profileRoutes({
      reader,
      commands: new ProfileCommands(reader, commands),
      timeline: { store, source: timelines },
      access,
      bodies,
    }),
    ...quarantineRoutes({ quarantine: { reader: new QuarantineReader(store), replay, applied, clock }, access, bodies }),
    ...schemaRoutes({ schema: () => loadSchema(store), access }),
  ]
}
