/** Outputs and documents as `apply` commits them, in a real store, written by hand: what notifications are read from. */
import { FakeClock } from '../../base/clock.ts'
import type { Json } from '../../base/json.ts'
import type { Catalog } from '../../model/catalog.ts'
import { decodeBatch, encodeBatch } from '../../model/document-batch.ts'
import type { TimelineEvent } from '../../model/event/timeline-event.ts'
import {
  type Entity,
  type EntityKind,
  type EntityState,
  entitySpace,
  identifierKey,
  identifierSpace,
  type Part,
} from '../../model/profile/entity.ts'
import { writeEntityText } from '../../model/profile/entity-text.ts'
import { DEFAULT_IDENTITY_RULES } from '../../model/profile/identity-rules.ts'
import type { EntityChange, SegmentChange } from '../../model/segment/entity-change.ts'
import { Membership } from '../../model/segment/membership.ts'
import { ACCOUNT_USER_SPACE, membershipSpace, SEGMENT_SPACE, type SegmentState } from '../../model/segment/segment.ts'
import { CHANGES, EVENTS, SYSTEM_SCHEMA_HASH } from '../../model/system-collections.ts'
import { openSqliteStore } from '../../store/sqlite/open-sqlite-store.ts'
import type { DocumentChange, PrunedOutputs, ReplacedOutput, Store } from '../../store/store.ts'
import { KeptOutputs } from './kept-outputs.ts'
import type { Notification, UserUpdate } from './notification.ts'
import type { NotificationCursor } from './notification-cursor.ts'
import { NotificationReader, type PageLimits, type PageRequest } from './notification-reader.ts'

export const CATALOG: Pick<Catalog, 'identity' | 'traits'> = {
  identity: DEFAULT_IDENTITY_RULES,
  traits: { user: {}, account: {} },
}

export const T0 = Date.UTC(2026, 2, 1, 8)

/** The position is filled in, and the index where it is not given. */
export type Line = { index?: number } & (
  | ({ of: 'event' } & Partial<TimelineEvent> & Pick<TimelineEvent, 'id' | 'type'>)
  | ({ of: 'change' } & Omit<EntityChange, 'position' | 'index' | 'at'>)
  | ({ of: 'segment' } & Omit<SegmentChange, 'kind' | 'position' | 'index' | 'at'>)
)

export function track(user: string, id: string, more: Partial<TimelineEvent> = {}): Line {
  return { of: 'event', user, id, type: 'track', name: 'Opened', source: 'web', ...more }
}

export function changed(kind: EntityKind, entity: string, more: Partial<EntityChange> = {}): Line {
  return { of: 'change', ...more, kind, entity }
}

/** 24 hex digits that show which one it is. */
export function idOf(kind: EntityKind, number: number): string {
  return `${kind === 'user' ? 'a' : 'b'}${String(number).padStart(23, '0')}`
}

export type EntitySketch = {
  identifiers?: [kind: string, value: string][]
  traits?: Record<string, Json>
  /** Part of an account. */
  link?: string
}

export function partOf(id: string, { identifiers = [], traits = {}, link }: EntitySketch): Part {
  const at = { source: 'crm', event: `m-${id}`, occurredAt: T0, receivedAt: T0 + 1_000, position: 1, index: 0 }
  return {
    id,
    created: at,
    identifiers: identifiers.map(([kind, value]) => ({ kind, value, since: at })),
    traits: Object.fromEntries(Object.entries(traits).map(([name, value]) => [name, [['set', value, 0]]])),
    writes: { 0: at },
    ...(link !== undefined && { link: { account: link, at } }),
  }
}

export class World {
  readonly store: Store
  readonly clock = new FakeClock(T0)
  readonly #fence: number
  #position = 0
  readonly #waiting = new Set<() => void>()

  private constructor(store: Store, fence: number) {
    this.store = store
    this.#fence = fence
  }

  static async open(path = ':memory:'): Promise<World> {
    const store = await openSqliteStore({ path })
    const { fence, checkpoints } = await store.acquire('0')
    const world = new World(store, fence)
    world.#position = checkpoints.get(EVENTS) ?? 0
    return world
  }

  get position(): number {
    return this.#position
  }

  reader(limits: Partial<PageLimits> = {}, catalog = CATALOG): NotificationReader {
    return new NotificationReader(this.store, catalog, limits)
  }

  /** One transaction; each list of lines is what one entry of the log led to, each line under its number as index, unless it has one. */
  async apply(
    entries: readonly Line[][],
    documents: readonly DocumentChange[] = [],
    prunedOutputs: PrunedOutputs[] = [],
  ): Promise<void> {
    const after = this.#position
    const [events, changes] = [section(EVENTS), section(CHANGES)]
    for (const lines of entries) {
      this.#position++
      for (const [i, line] of lines.entries())
        write(line, { position: this.#position, index: line.index ?? i }, { events, changes })
    }
    const outputs = [events, changes]
      .filter(({ documents }) => documents.length > 0)
      .map((one) => ({ collection: one.collection, after, through: this.#position, appendedAt: T0, payload: encodeBatch([one]) }))
    const checkpoints = [{ task: EVENTS, position: this.#position }]
    const unique = new Map(documents.map((document) => [`${document.space} ${document.key}`, document]))
    await this.store.commit('0', this.#fence, { documents: [...unique.values()], outputs, checkpoints, prunedOutputs })
    for (const wake of this.#waiting) wake()
  }

  /** Forgets what was published so far, as `apply` does. */
  async prune(): Promise<void> {
    await this.applyAndPrune([])
  }

  /** The same, in the very commit that brings more. */
  async applyAndPrune(entries: readonly Line[][]): Promise<void> {
    const kept = await KeptOutputs.open(this.store, { hours: 1, characters: 0 })
    const through = this.#position + entries.length
    kept.add(through, T0, 1)
    const { documents, prunedOutputs } = kept.close({ filed: through, told: undefined })
    await this.apply(entries, documents, prunedOutputs)
  }

  /** Takes every line that holds this text out of the outputs, as an erasure does. */
  async erase(text: string): Promise<void> {
    const replacedOutputs: ReplacedOutput[] = []
    for (const collection of [EVENTS, CHANGES]) {
      for (const { through, payload } of await this.store.readOutputs(collection, 0, Number.MAX_SAFE_INTEGER)) {
        const sections = decodeBatch(payload).map((one) => ({
          ...section(collection),
          documents: one.documents().map((line) => (line.includes(text) ? '{"erased":true}' : line)),
          keys: one.keys().map((key) => (key === text ? '["erased"]' : key)),
          partitions: one.keys().map(() => ''),
          sources: [...one.sources()],
        }))
        replacedOutputs.push({ collection, through, payload: encodeBatch(sections) })
      }
    }
    await this.store.commit('0', this.#fence, { documents: [], outputs: [], checkpoints: [], replacedOutputs })
  }

  /** How many wait for more to be applied. */
  get followers(): number {
    return this.#waiting.size
  }

  readonly waitForMore = async (position: number, signal: AbortSignal): Promise<void> => {
    while (this.#position < position && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake)
          resolve()
        }
        this.#waiting.add(wake)
        signal.addEventListener('abort', wake, { once: true })
      })
    }
  }
}

function section(collection: string) {
  const empty = { documents: [] as string[], keys: [] as string[], partitions: [] as string[], sources: [] as number[] }
  return { collection, schemaHash: SYSTEM_SCHEMA_HASH, ...empty }
}

type Sections = Record<'events' | 'changes', ReturnType<typeof section>>

function write(line: Line, place: { position: number; index: number }, { events, changes }: Sections): void {
  const at = new Date(T0 + place.position * 1_000).toISOString()
  const { of, ...content } = line
  const into = of === 'event' ? events : changes
  const document =
    of === 'event'
      ? { ...place, source: 'web', occurredAt: at, receivedAt: at, ...content }
      : { ...place, at, ...content, ...(of === 'segment' && { kind: 'segment' }) }
  into.documents.push(JSON.stringify(document))
  into.keys.push(keyOf(line))
  into.partitions.push('')
  into.sources.push(place.position, place.index)
}

function keyOf(line: Line): string {
  switch (line.of) {
    case 'event':
      return line.user ?? line.account ?? ''
    case 'change':
      return line.entity
    case 'segment':
      return line.segment.id
  }
}

/** The documents of an entity of one part: itself, who owns its identifiers, under which account it is found. */
export function entityDocuments(kind: EntityKind, id: string, sketch: EntitySketch): DocumentChange[] {
  const { identifiers = [], link } = sketch
  const emails = identifiers.flatMap(([kind, value]) => (kind === 'email' ? [value.slice(value.indexOf('@') + 1)] : []))
  const under = kind === 'user' ? [...(link === undefined ? [] : [link]), ...emails.map((domain) => `@${domain}`)] : []
  return [
    stateDocument(kind, id, entityOf([partOf(id, sketch)])),
    ...identifiers.map(([claim, value]) => ({
      space: identifierSpace(kind),
      key: identifierKey(claim, value),
      value: JSON.stringify(id),
    })),
    ...under.map((prefix) => ({ space: ACCOUNT_USER_SPACE, key: `${prefix}/${id}`, value: '1' })),
  ]
}

export function entityOf(parts: Part[]): Entity {
  return { parts, merges: [] }
}

export function stateDocument(kind: EntityKind, id: string, state: EntityState | undefined): DocumentChange {
  return { space: entitySpace(kind), key: id, value: state && writeEntityText(state) }
}

export function segmentDocument(kind: EntityKind, id: string, name: string): DocumentChange {
  const state: SegmentState = {
    definition: { id, name, kind, timeZone: 'UTC' },
    owner: 'catalog',
    version: 1,
    createdAt: '2018-02-12T09:11:42Z',
    updatedAt: '2018-02-12T09:16:33Z',
    members: 1,
  }
  return { space: SEGMENT_SPACE, key: id, value: JSON.stringify(state) }
}

export function membershipDocument(kind: EntityKind, id: string, ...segments: string[]): DocumentChange {
  const value = Membership.of(segments.map((segment) => [segment, T0])).write()
  return { space: membershipSpace(kind), key: id, value }
}

/** All pages from there until nothing more is there. */
export async function readAll(
  reader: NotificationReader,
  from: NotificationCursor,
  request: PageRequest,
): Promise<{ pages: Notification[][]; cursor: NotificationCursor }> {
  const pages: Notification[][] = []
  let cursor = from
  for (;;) {
    const page = await reader.read(cursor, request)
    pages.push(page.notifications)
    cursor = page.cursor
    if (!page.hasMore) return { pages, cursor }
  }
}

export const START: NotificationCursor = { at: { position: 0 } }

export const [ANN, BOB, EVE] = [1, 2, 3].map((number) => idOf('user', number)) as [string, string, string]
export const [ACME, GLOBEX] = [1, 2].map((number) => idOf('account', number)) as [string, string]

/** The instant of what stands at this position. */
export function instantAt(position: number): string {
  return new Date(T0 + position * 1_000).toISOString()
}

/** All that there is, as one page where it fits into one. */
export async function readWhole(world: World): Promise<Notification[]> {
  return (await readAll(world.reader(), START, { limit: 100 })).pages.flat()
}

export function userIn(notifications: readonly Notification[], id: string): UserUpdate {
  const found = notifications.find((one) => one.channel === 'user:update' && one.user.id === id)
  if (found?.channel !== 'user:update') throw new Error(`no update of the user ${id}`)
  return found
}

/** The channel, and whom or what it is about. */
export function summary(notification: Notification): string {
  const { channel } = notification
  if ('user' in notification) return `${channel} ${notification.user.id}`
  return 'account' in notification ? `${channel} ${notification.account.id}` : `${channel} ${notification.segment.id}`
}
