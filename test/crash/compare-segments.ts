/**
 * Compares what a stopped server keeps of segments with a naive reading of the rules over its profiles and timelines: memberships, counts
 * of members, what timelines tell of entering and leaving, change records, and the journal of a reader of notifications.
 */
import { readFileSync } from 'node:fs'
import { readNotificationCursor } from '../../src/engine/notifications/notification-cursor.ts'
import { NotificationReader } from '../../src/engine/notifications/notification-reader.ts'
import { compareMemberships, type ComparedMember } from '../../src/engine/segments/naive-memberships.fixture.ts'
import { SEGMENTS_CHANGED } from '../../src/engine/segments/segments-changed.ts'
import type { Position } from '../../src/log/log.ts'
import { openSqliteLogReader } from '../../src/log/sqlite/open-sqlite-log-reader.ts'
import type { Json } from '../../src/base/json.ts'
import type { Catalog } from '../../src/model/catalog.ts'
import { decodeBatch } from '../../src/model/document-batch.ts'
import { eventName } from '../../src/model/event/event-report.ts'
import type { TimelineEvent } from '../../src/model/event/timeline-event.ts'
import type { EntityKind } from '../../src/model/profile/entity.ts'
import type { Change } from '../../src/model/segment/entity-change.ts'
import { SEGMENT_SPACE, type SegmentState } from '../../src/model/segment/segment.ts'
import { CHANGES, EVENTS } from '../../src/model/system-collections.ts'
import { dataDirectory } from '../../src/runtime/data-directory.ts'
import type { StoreReader } from '../../src/store/store.ts'
import { allEvents } from './compare-files.ts'
import { FoldedEntities } from './folded-entities.ts'
import { same } from './same.ts'
import type { SegmentRule } from './segment-traffic.ts'

export type SegmentComparison = {
  data: string
  catalog: Pick<Catalog, 'identity' | 'traits'>
  rules: ReadonlyMap<string, SegmentRule>
  openStore: () => Promise<StoreReader>
  /** What a reader of notifications has written down; what was not read when the server stopped is read now. */
  journal: string
}

export type SegmentFigures = { users: number; memberships: number; moves: number; notifications: number }

const READ_BYTES = 16 * 1024 * 1024

/** Throws at the first difference. Everything that waits for history must have it. */
export async function compareSegments({ data, catalog, rules, openStore, journal }: SegmentComparison): Promise<SegmentFigures> {
  const timeline = await allEvents(dataDirectory(data), openStore)
  const store = await openStore()
  try {
    const applied = (await store.checkpoints()).get(EVENTS) ?? 0
    const now = await lastInstant(dataDirectory(data).logPath, applied)
    const members = await compareMemberships({ store, catalog, timeline, rules, now, timeZone: 'UTC' })
    for (const { kind, id, actual, expected } of members) same(`segments of ${kind} ${id}`, actual.join(), expected.join())
    await compareStates(store, members, rules)
    const moves = compareTimelines(timeline, members)
    compareFolded('change records', foldChanges(await storedChanges(store)), members)
    const told = await readToEnd(new NotificationReader(store, catalog), readFileSync(journal, 'utf8'))
    compareTold(told, { members, timeline })
    const users = members.filter(({ kind }) => kind === 'user').length
    return { users, memberships: members.flatMap(({ actual }) => actual).length, moves, notifications: told.length }
  } finally {
    await store.close()
  }
}

/** The time of the last entry that is applied: what is due later is not. A tick of the last moment may lie behind it. */
async function lastInstant(path: string, applied: Position): Promise<number> {
  const log = await openSqliteLogReader(path)
  const [last] = await log.read(applied - 1, { maxBytes: READ_BYTES })
  await log.close()
  return last?.appendedAt ?? 0
}

async function compareStates(
  store: StoreReader,
  members: readonly ComparedMember[],
  rules: SegmentComparison['rules'],
): Promise<void> {
  const states = (await store.scan(SEGMENT_SPACE, {}, 1_000)).map(({ value }) => JSON.parse(value) as SegmentState)
  const visible = states.filter(({ owner }) => owner !== 'internal')
  same(
    'segments',
    visible
      .map(({ definition }) => definition.id)
      .toSorted()
      .join(),
    [...rules.keys()].toSorted().join(),
  )
  for (const { definition, members: count, filling } of visible) {
    same(`filling of ${definition.id}`, filling, undefined)
    const expected = members.filter(({ kind, actual }) => kind === definition.kind && actual.includes(definition.id))
    same(`members of ${definition.id}`, count, expected.length)
  }
}

/** Whoever enters was not in, whoever leaves was; in the end both agree. Returns how many moves there were. */
function compareTimelines(timeline: readonly TimelineEvent[], members: readonly ComparedMember[]): number {
  const folded = new FoldedEntities()
  const ids = new Set<string>()
  let moves = 0
  for (const event of timeline) {
    if (eventName(event) !== SEGMENTS_CHANGED) continue
    if (ids.has(event.id)) throw new Error(`The event ${event.id} is on the timeline twice.`)
    ids.add(event.id)
    const kind: EntityKind = event.user === undefined ? 'account' : 'user'
    const [entered, left] = [listOf(event.properties?.['entered_ids']), listOf(event.properties?.['left_ids'])]
    folded.move(kind, event.user ?? event.account ?? '', { entered, left })
    moves += entered.length + left.length
  }
  compareFolded('timelines', folded, members)
  return moves
}

function listOf(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

async function storedChanges(store: StoreReader): Promise<Change[]> {
  const batches = await store.readOutputs(CHANGES, 0, Number.MAX_SAFE_INTEGER)
  const texts = batches.flatMap(({ payload }) => decodeBatch(payload).flatMap((section) => section.documents()))
  return texts.map((text) => JSON.parse(text) as Change)
}

function foldChanges(changes: readonly Change[]): FoldedEntities {
  const folded = new FoldedEntities()
  for (const change of changes) {
    if (change.kind === 'segment') continue
    const { kind, entity, entered = [], left = [], facts = {}, mergedInto, isErased } = change
    if (mergedInto !== undefined || isErased) folded.end(kind, entity)
    else {
      folded.move(kind, entity, { entered: entered.filter(isVisible), left: left.filter(isVisible) })
      folded.change(kind, entity, facts)
    }
  }
  return folded
}

/** Internal ones begin so. */
function isVisible(segment: string): boolean {
  return !segment.startsWith('~')
}

type Told = {
  channel: string
  user?: { id: string }
  account?: object
  events?: { event_id: string; event: string }[]
  changes?: {
    user?: Record<string, [Json, Json]>
    account: Record<string, [Json, Json]>
    segments?: Moves
    account_segments: Moves
  }
}
type Moves = { entered: { id: string }[]; left: { id: string }[] }

/** By the reader, page after page, and then by this process from where it stood. */
async function readToEnd(reader: NotificationReader, journal: string): Promise<Told[]> {
  const pages = journal
    .trimEnd()
    .split('\n')
    .map((page) => JSON.parse(page) as { notifications: Told[]; cursor: string })
  const told = pages.flatMap(({ notifications }) => notifications)
  if (told.length === 0) throw new Error('The reader has read nothing.')
  let cursor = readNotificationCursor(pages.at(-1)?.cursor ?? '')
  for (let hasMore = true; hasMore;) {
    const page = await reader.read(cursor, { limit: 100 })
    told.push(...page.notifications)
    ;({ cursor, hasMore } = page)
  }
  return told
}

/** Of users: accounts are told of with each of their users. */
function compareTold(
  told: readonly Told[],
  { members, timeline }: { members: readonly ComparedMember[]; timeline: readonly TimelineEvent[] },
): void {
  const folded = new FoldedEntities()
  const events = new Map<string, number>()
  for (const { channel, user, changes, events: own = [] } of told) {
    if (user === undefined) continue
    for (const { event_id: id } of own) events.set(id, (events.get(id) ?? 0) + 1)
    if (channel === 'user:delete') folded.end('user', user.id)
    else if (changes !== undefined) {
      folded.move('user', user.id, { entered: idsOf(changes.segments?.entered), left: idsOf(changes.segments?.left) })
      folded.change('user', user.id, changes.user ?? {})
    }
  }
  compareFolded(
    'notifications',
    folded,
    members.filter(({ kind }) => kind === 'user'),
  )
  for (const { id, type, user } of timeline) {
    if (type === 'track' && user !== undefined) same(`how often event ${id} was told`, events.get(id), 1)
  }
}

function idsOf(segments: Moves['entered'] | undefined): string[] {
  return (segments ?? []).map(({ id }) => id)
}

function compareFolded(what: string, folded: FoldedEntities, members: readonly ComparedMember[]): void {
  for (const { kind, id, actual } of members)
    same(`segments of ${kind} ${id} by ${what}`, folded.segmentsOf(kind, id).join(), actual.join())
}
