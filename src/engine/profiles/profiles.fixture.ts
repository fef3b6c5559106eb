/** The real `apply` with the profiles alone, on databases in memory: events in canonical form in, entities and timelines out. */
import { readEntityText } from '../../model/profile/entity-text.ts'
import { FakeClock } from '../../base/clock.ts'
import { Doorbell } from '../../base/doorbell.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Log } from '../../log/log.ts'
import { openSqliteLog } from '../../log/sqlite/open-sqlite-log.ts'
import type { Catalog } from '../../model/catalog.ts'
import { decodeBatch, encodeBatch, type Section } from '../../model/document-batch.ts'
import type { TrackedEvent } from '../../model/event/event.ts'
import type { TimelineEvent } from '../../model/event/timeline-event.ts'
import type { Command } from '../../model/profile/command.ts'
import { type Entity, type EntityKind, entitySpace, identifierKey, identifierSpace } from '../../model/profile/entity.ts'
import { DEFAULT_IDENTITY_RULES } from '../../model/profile/identity-rules.ts'
import { TraitRules } from '../../model/profile/trait-rules.ts'
import { entityTraits } from '../../model/profile/trait-value.ts'
import { COMMANDS, EVENTS, INBOX, SYSTEM_SCHEMA_HASH } from '../../model/system-collections.ts'
import type { Store } from '../../store/store.ts'
import { openSqliteStore } from '../../store/sqlite/open-sqlite-store.ts'
import { Apply, type ApplyStatus } from '../apply/apply.ts'
import { profilesMember } from './profiles-runner.ts'

export type ProfileCatalog = Pick<Catalog, 'traits' | 'identity'>

export const PLAIN_CATALOG: ProfileCatalog = { traits: { user: {}, account: {} }, identity: DEFAULT_IDENTITY_RULES }

export const T0 = Date.parse('2026-03-01T08:00:00.000Z')

/** `at`: minutes after T0 at which it happened; it is received then, too, unless `receivedAt` says otherwise. */
export type EventSketch = Partial<Omit<TrackedEvent, 'occurredAt'>> & { at?: number }

let events = 0

export function event({ at = 0, ...members }: EventSketch): TrackedEvent {
  const occurredAt = new Date(T0 + at * 60_000).toISOString()
  return { id: `m${++events}`, type: 'track', source: 'web', occurredAt, receivedAt: occurredAt, ...members }
}

export type Profiles = {
  log: Log
  /** Of the log: when entries are appended. It stands at T0 first. */
  clock: FakeClock
  store: Store
  /** Each call is one entry of the log. */
  send: (...events: readonly TrackedEvent[]) => Promise<void>
  command: (command: CommandSketch) => Promise<void>
  /** Applies what the log holds, in a session of its own. */
  settle: () => Promise<void>
  /** One session, until `signal` aborts. */
  run: (signal: AbortSignal) => Promise<void>
  /** Why the profiles go no further, if they do not. */
  stops: () => string[]
  /** Resolves when a running session has committed everything up to this position. */
  applied: (position: number) => Promise<void>
  find: (kind: EntityKind, claim: string, value: string) => Promise<Found | undefined>
  timeline: () => Promise<TimelineEvent[]>
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never
export type CommandSketch = DistributiveOmit<Command, 'id' | 'at'>

export type Found = { id: string; entity: Entity; traits: JsonObject; identifiers: string[] }

export async function openProfiles(catalog: ProfileCatalog = PLAIN_CATALOG, log?: Log): Promise<Profiles> {
  const clock = new FakeClock(T0)
  const inputs = log ?? (await openSqliteLog({ path: ':memory:', clock }))
  const store = await openSqliteStore({ path: ':memory:' })
  const plan = { members: [profilesMember(catalog, { messageDays: 7, notificationHours: 24 })], collections: new Map() }
  const append = async (collection: string, documents: readonly { id: string }[]) => {
    await inputs.append({ payload: encodeBatch([sectionOf(collection, documents)]) })
  }
  let commands = 0
  const bell = new Doorbell()
  const reported = new Doorbell()
  let stops: string[] = []
  const report = ({ stopped }: ApplyStatus) => {
    stops = stopped.map(({ position, message }) => `${position}: ${message}`)
    reported.ring()
  }
  const open = () => new Apply({ plan, log: inputs, store, clock, partition: '0', bell, report })
  return {
    log: inputs,
    clock,
    store,
    send: (...sent) => append(INBOX, sent),
    command: (sketch) => {
      const command: Command = { id: `c${++commands}`, at: new Date(T0).toISOString(), ...sketch }
      return append(COMMANDS, [command])
    },
    settle: () => open().run(new AbortController().signal, { untilIdle: true }),
    run: (signal) => open().run(signal),
    stops: () => stops,
    applied: async (position) => {
      for (bell.ring(); ((await store.checkpoints()).get(EVENTS) ?? 0) < position;) await reported.wait()
    },
    find: (kind, claim, value) => findEntity({ store, catalog, kind }, claim, value),
    timeline: async () => {
      const batches = await store.readOutputs(EVENTS, 0, Number.MAX_SAFE_INTEGER)
      const texts = batches.flatMap(({ payload }) => decodeBatch(payload).flatMap((section) => section.documents()))
      return texts.map((text) => JSON.parse(text) as TimelineEvent)
    },
  }
}

function sectionOf(collection: string, documents: readonly { id: string }[]): Section {
  return {
    collection,
    schemaHash: SYSTEM_SCHEMA_HASH,
    documents: documents.map((document) => JSON.stringify(document)),
    keys: documents.map(({ id }) => id),
    partitions: documents.map(() => ''),
  }
}

type Lookup = { store: Store; catalog: ProfileCatalog; kind: EntityKind }

async function findEntity({ store, catalog, kind }: Lookup, claim: string, value: string): Promise<Found | undefined> {
  const [owner] = await store.load(identifierSpace(kind), [identifierKey(claim, value)])
  if (owner === undefined) return undefined
  for (let id = JSON.parse(owner) as string; ;) {
    const [text] = await store.load(entitySpace(kind), [id])
    if (text === undefined) return undefined
    const state = readEntityText(text)
    if (!('mergedInto' in state)) return describe(id, state, new TraitRules(catalog.traits[kind]))
    id = state.mergedInto
  }
}

function describe(id: string, entity: Entity, rules: TraitRules): Found {
  const traits = Object.fromEntries(Array.from(entityTraits(entity.parts, rules), ([name, { value }]) => [name, value]))
  const identifiers = entity.parts.flatMap((part) => part.identifiers.map(({ kind, value }) => `${kind}=${value}`))
  return { id, entity, traits, identifiers: identifiers.toSorted() }
}
