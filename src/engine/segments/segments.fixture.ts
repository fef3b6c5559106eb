/** Segments on the real `apply` over databases in memory: documents as people write them in, memberships and changes out. */
import type { Json, JsonObject } from '../../base/json.ts'
import type { Log } from '../../log/log.ts'
import { decodeBatch } from '../../model/document-batch.ts'
import type { EntityKind } from '../../model/profile/entity.ts'
import type { Change } from '../../model/segment/entity-change.ts'
import { Membership } from '../../model/segment/membership.ts'
import { type ParseContext, parseSegment } from '../../model/segment/parse-segment.ts'
import { membershipSpace, SEGMENT_SPACE, type SegmentDefinition, type SegmentState } from '../../model/segment/segment.ts'
import { CHANGES } from '../../model/system-collections.ts'
import { type Profiles, openProfiles, type ProfileCatalog, T0 } from '../profiles/profiles.fixture.ts'

export type SegmentWorld = Profiles & {
  /** By a document of the seed's form. */
  define: (id: string, document: JsonObject) => Promise<void>
  /** Ids of the segments that somebody is in; undefined when there is nobody. */
  segmentsOf: (email: string, kind?: EntityKind) => Promise<string[] | undefined>
  state: (id: string) => Promise<SegmentState | undefined>
  changes: () => Promise<Change[]>
  /** All that is kept for segments, by space and key. */
  documents: () => Promise<unknown>
  /** Lets so much time pass, and tells the engine. */
  pass: (durationMs: number) => Promise<void>
}

/** What is kept for segments. */
const SEGMENT_SPACES = ['part', 'activity', 'membership']
  .flatMap((space) => [`${space}/user`, `${space}/account`])
  .concat('segment', 'tally', 'deadline', 'account-user')

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export function definitionOf(id: string, document: JsonObject, context: Partial<ParseContext> = {}): SegmentDefinition {
  const { definition, problems } = parseSegment(id, document, {
    typeOf: () => undefined,
    knownTraits: () => [],
    knownEvents: [],
    segments: new Map(),
    timeZone: 'UTC',
    ...context,
  })
  if (definition === undefined) throw new Error(JSON.stringify(problems))
  return definition
}

export async function openSegments(catalog?: ProfileCatalog, log?: Log): Promise<SegmentWorld> {
  const profiles = await openProfiles(catalog, log)
  const { store, clock } = profiles
  return {
    ...profiles,
    define: async (id, document) => {
      await profiles.command({ kind: 'define-segment', definition: definitionOf(id, document), owner: 'api' })
      await profiles.settle()
    },
    segmentsOf: async (value, kind = 'user') => {
      const found = await profiles.find(kind, kind === 'user' ? 'email' : 'external_id', value)
      if (found === undefined) return undefined
      const [text] = await store.load(membershipSpace(kind), [found.id])
      return text === undefined ? [] : Membership.read(text).segments().toSorted()
    },
    state: async (id) => {
      const [text] = await store.load(SEGMENT_SPACE, [id])
      return text === undefined ? undefined : (JSON.parse(text) as SegmentState)
    },
    documents: async () => await Promise.all(SEGMENT_SPACES.map(async (space) => [space, await store.scan(space, {}, 10_000)])),
    changes: async () => {
      const batches = await store.readOutputs(CHANGES, 0, Number.MAX_SAFE_INTEGER)
      const texts = batches.flatMap(({ payload }) => decodeBatch(payload).flatMap((section) => section.documents()))
      return texts.map((text) => JSON.parse(text) as Change)
    },
    pass: async (durationMs) => {
      clock.advance(durationMs)
      await profiles.command({ kind: 'tick' })
      await profiles.settle()
    },
  }
}

/** Of everybody with this value. */
export function trait(key: string, operator: string, ...value: Json[]): JsonObject {
  return { property: { key }, operator, ...(value.length > 0 && { options: { value } }) }
}

export function did(eventName: string, operator: string, options: JsonObject = {}): JsonObject {
  return { property: { key: 'event' }, operator, options: { eventName, ...options } }
}

export function all(...predicates: JsonObject[]): JsonObject {
  return { type: 'all', predicates }
}

export function instant(afterMs: number): string {
  return new Date(T0 + afterMs).toISOString()
}
