import { rm, writeFile } from 'node:fs/promises'
import * as fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { type PageRequest, readTimeline } from '../engine/profiles/reading/timeline-reader.ts'
import { encodeBatch } from '../model/document-batch.ts'
import type { TimelineEvent } from '../model/event/timeline-event.ts'
import { firstOf, matchesQuery, type TimelineFilter, type TimelineQuery } from '../model/event/timeline-query.ts'
import type { Entity } from '../model/profile/entity.ts'
import { EVENTS } from '../model/system-collections.ts'
import { fileAll, type Lake, newLake, NINE } from './lake.fixture.ts'
import { openLakeQuery } from './lake-query.ts'
import { listFragments } from './read-lake.ts'
import { LakeTimeline } from './timeline-query.ts'

const COLLECTIONS = [{ name: EVENTS, derivation: { module: '', transforms: {} } }]
const HOUR = 3_600_000
const ADA = 'a'.repeat(24)
const ADA_TOO = 'b'.repeat(24)
const BOB = 'c'.repeat(24)
const SHOP = 'd'.repeat(24)

const instant = (ms: number) => new Date(ms).toISOString()

type Told = Partial<TimelineEvent> & { position: number; id: string }

function event({ occurredAt, receivedAt = instant(NINE), ...told }: Told): TimelineEvent {
  return {
    user: ADA,
    index: 0,
    type: 'track',
    name: 'Seen',
    source: 'web',
    occurredAt: occurredAt ?? receivedAt,
    receivedAt,
    ...told,
  }
}

/** One batch of outputs per position; `appendedAt` is when its first event was received. */
function publish(lake: Lake, events: readonly TimelineEvent[]): void {
  for (const [position, published] of Map.groupBy(events, ({ position }) => position)) {
    const section = {
      collection: EVENTS,
      schemaHash: 'a',
      documents: published.map((event) => JSON.stringify(event)),
      keys: published.map(({ user, account }) => JSON.stringify([user ?? account ?? ''])),
      partitions: published.map(() => ''),
      sources: published.flatMap(({ position, index }) => [position, index]),
    }
    const appendedAt = Date.parse(published[0]?.receivedAt ?? '')
    const payload = encodeBatch([section])
    lake.store.outputs.push({ collection: EVENTS, after: position - 1, through: position, appendedAt, payload })
  }
}

function timelineOn(lake: Lake): LakeTimeline {
  // A step an hour, so that a few documents have many.
  const timeline = new LakeTimeline({ ...lake, firstStepBytes: 1 })
  closing.push(timeline)
  return timeline
}

const closing: LakeTimeline[] = []
afterAll(() => Promise.all(closing.map((timeline) => timeline.close())))

function entityOf(parts: readonly string[]): Entity {
  const created = { source: 'web', event: 'm', occurredAt: 0, receivedAt: 0, position: 1, index: 0 }
  return { parts: parts.map((id) => ({ id, created, identifiers: [], traits: {}, writes: {} })), merges: [] }
}

const query = (part: Partial<TimelineQuery> = {}): TimelineQuery => ({
  kind: 'user',
  parts: [ADA],
  filter: {},
  receivedFrom: 0,
  limit: 10,
  ...part,
})

/** All pages of a timeline, event ids page by page. */
async function pagesOf(
  lake: Lake,
  source: LakeTimeline,
  { limit, filter = {}, parts = [ADA] }: { limit: number; filter?: TimelineFilter; parts?: string[] },
): Promise<string[][]> {
  const pages: string[][] = []
  let cursor: string | null = null
  do {
    const request: PageRequest = { filter, limit, ...(cursor !== null && { cursor }) }
    const page = await readTimeline({ store: lake.store, source }, { kind: 'user', entity: entityOf(parts) }, request)
    pages.push(page.events.map(({ event_id: id }) => id))
    cursor = page.nextCursor
  } while (cursor !== null)
  return pages
}

describe('a timeline of the lake', () => {
  test('is in the order in which things happened, wherever late events were filed', async () => {
    const lake = await newLake()
    const day = 24 * HOUR
    publish(lake, [
      event({ position: 1, id: 'monday', receivedAt: instant(NINE) }),
      event({ position: 2, id: 'tuesday', receivedAt: instant(NINE + day) }),
      event({ position: 3, id: 'ahead', receivedAt: instant(NINE + day), occurredAt: instant(NINE + 2 * day) }),
      event({ position: 4, id: 'wednesday', receivedAt: instant(NINE + 2 * day - HOUR) }),
      event({ position: 5, id: 'years ago', receivedAt: instant(NINE + 2 * day), occurredAt: '2019-05-06T07:08:09.000Z' }),
      event({ position: 6, id: 'of bob', receivedAt: instant(NINE + 2 * day), user: BOB }),
      event({ position: 7, id: 'after monday', receivedAt: instant(NINE + 9 * day), occurredAt: instant(NINE + 1) }),
    ])
    await fileAll(lake, { collections: COLLECTIONS })
    const timeline = timelineOn(lake)
    const order = ['ahead', 'wednesday', 'tuesday', 'after monday', 'monday', 'years ago']
    expect((await timeline.read(query())).map(({ id }) => id)).toEqual(order)
    for (const limit of [1, 2, 4, 6, 7]) expect((await pagesOf(lake, timeline, { limit })).flat()).toEqual(order)
  })

  test('begins with an event of a clock that is a day ahead, although newer files hold enough others', async () => {
    const lake = await newLake()
    publish(lake, [
      event({ position: 1, id: 'ahead', receivedAt: instant(NINE), occurredAt: instant(NINE + 24 * HOUR) }),
      event({ position: 2, id: 'next', receivedAt: instant(NINE + 22 * HOUR) }),
      event({ position: 3, id: 'last', receivedAt: instant(NINE + 23 * HOUR) }),
    ])
    await fileAll(lake, { collections: COLLECTIONS })
    expect((await timelineOn(lake).read(query({ limit: 2 }))).map(({ id }) => id)).toEqual(['ahead', 'last'])
  })

  test('keeps the events of one place in their order, wherever a page ends', async () => {
    const lake = await newLake()
    publish(lake, [
      event({ position: 1, id: 'm:z', type: 'user_created' }),
      event({ position: 1, id: 'm:b', type: 'identify' }),
      event({ position: 1, id: 'm:a', type: 'attributes_changed' }),
      event({ position: 1, id: 'm:aa', type: 'attributes_changed' }),
    ])
    await fileAll(lake, { collections: COLLECTIONS })
    const timeline = timelineOn(lake)
    const order = ['m:aa', 'm:a', 'm:b', 'm:z']
    for (const limit of [1, 2, 3]) {
      expect((await timeline.read(query({ limit }))).map(({ id }) => id)).toEqual(order.slice(0, limit))
      expect((await pagesOf(lake, timeline, { limit })).flat()).toEqual(order)
    }
  })

  test('gives events back as they were published', async () => {
    const lake = await newLake()
    const whole: TimelineEvent = event({
      position: 3_000_000_000,
      id: `it's "Zoë"`,
      account: SHOP,
      index: 65_535,
      refused: [{ trait: 'age', code: 'trait_type_conflict', message: 'It is a number.' }],
      traits: { plan: 'trial', nested: { deep: [1, null, { a: '\u2028' }] } },
      properties: { total: 12.5, big: 1e300, 'to/x': null },
      context: { days_since_signup: 10 },
      corrections: [{ member: '/messageId', reason: 'made' }],
    })
    const other = event({
      position: 3_000_000_001,
      id: 'other',
      properties: { total: 'many' },
      context: { days_since_signup: { odd: true } },
    })
    publish(lake, [whole, other])
    await fileAll(lake, { collections: COLLECTIONS })
    const timeline = timelineOn(lake)
    expect(await timeline.read(query())).toEqual([other, whole])
    expect(await timeline.read(query({ kind: 'account', parts: [SHOP] }))).toEqual([whole])
    expect(await timeline.read(query({ kind: 'account', parts: [ADA] }))).toEqual([])
  })

  test('opens no file that was filed before the entity was created, or long before `since`', async () => {
    const lake = await newLake()
    publish(lake, [
      event({ position: 1, id: 'old', receivedAt: instant(NINE) }),
      event({ position: 2, id: 'new', receivedAt: instant(NINE + 100 * HOUR) }),
    ])
    await fileAll(lake, { collections: COLLECTIONS })
    const [first] = await listFragments(lake.directory)
    await writeFile(first?.file ?? '', 'damaged')
    const timeline = timelineOn(lake)
    const ids = async (part: Partial<TimelineQuery>) => (await timeline.read(query(part))).map(({ id }) => id)
    expect(await ids({ receivedFrom: NINE + HOUR })).toEqual(['new'])
    expect(await ids({ filter: { since: instant(NINE + 50 * HOUR) } })).toEqual(['new'])
    expect(await ids({ limit: 1 })).toEqual(['new'])
    await expect(ids({})).rejects.toMatchObject({ code: 'lake_unavailable', retryable: true })
    expect(await ids({ limit: 1 }), 'a failure is forgotten').toEqual(['new'])
  })

  test('of a lake that does not exist yet is empty', async () => {
    const lake = await newLake()
    const timeline = timelineOn(lake)
    expect(await timeline.filedThrough()).toBe(0)
    expect(await timeline.read(query())).toEqual([])
  })

  test('is refused when too many wait', async () => {
    const timeline = timelineOn(await newLake())
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, () => timeline.read(query())))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(32)
    expect(outcomes.at(-1)).toMatchObject({ reason: { code: 'server_busy' } })
  })
})

const millis = fc.integer({ min: 0, max: 5 * 24 }).map((hours) => NINE + hours * HOUR)
const told = fc.record({
  user: fc.constantFrom(ADA, ADA, ADA_TOO, BOB, undefined),
  account: fc.constantFrom(SHOP, undefined),
  type: fc.constantFrom<TimelineEvent['type'][]>('track', 'page', 'identify', 'user_created', 'attributes_changed', 'segment'),
  name: fc.constantFrom("it's", 'Seen', undefined),
  source: fc.constantFrom('web', 'crm'),
  received: millis,
  /** Ahead of the receipt, on time, or late. */
  lead: fc.constantFrom(24 * HOUR, HOUR, 0, 0, 0, -HOUR, -400 * HOUR),
  copies: fc.integer({ min: 1, max: 3 }),
})
const filters: fc.Arbitrary<TimelineFilter> = fc.record(
  {
    types: fc.constantFrom(['track'], ['page', 'segment'], []),
    names: fc.constantFrom(["it's"], ['page', 'User created'], ['Segments changed', 'Seen']),
    sources: fc.constantFrom(['web'], ['crm', 'web']),
    since: millis.map(instant),
    until: millis.map(instant),
    withoutInternal: fc.boolean(),
  },
  { requiredKeys: [] },
)

test('what is filed, half filed and unfiled together reads, page by page, like a sorted list of everything', async () => {
  const run = fc.asyncProperty(
    fc.array(told, { maxLength: 40 }),
    filters,
    fc.record({
      limit: fc.integer({ min: 1, max: 12 }),
      filed: fc.double({ min: 0, max: 1, noNaN: true }),
      kind: fc.constantFrom('user' as const, 'account' as const),
    }),
    async (tellings, filter, { limit, filed, kind }) => {
      const lake = await newLake()
      // Receipts grow along the log.
      const byReceipt = tellings.toSorted((a, b) => a.received - b.received)
      const events = byReceipt.flatMap(({ received, lead, copies, user, account, name, ...rest }, i) =>
        Array.from(
          { length: copies },
          (_, copy) =>
            JSON.parse(
              JSON.stringify({
                ...event({
                  position: i + 1,
                  id: `m${i}${'ab'[copy] ?? ''}`,
                  receivedAt: instant(received),
                  occurredAt: instant(received + lead),
                  ...rest,
                }),
                user,
                account,
                name,
              }),
            ) as TimelineEvent,
        ),
      )
      const middle = Math.floor(byReceipt.length * filed)
      publish(
        lake,
        events.filter(({ position }) => position <= middle),
      )
      await fileAll(lake, { collections: COLLECTIONS })
      publish(
        lake,
        events.filter(({ position }) => position > middle),
      )
      const source = timelineOn(lake)
      const parts = kind === 'user' ? [ADA, ADA_TOO] : [SHOP]
      const expected = firstOf(
        events.filter((event) => matchesQuery(event, query({ kind, parts, filter }))),
        Number.POSITIVE_INFINITY,
      )
      const found: string[] = []
      let cursor: string | null = null
      do {
        const page = await readTimeline(
          { store: lake.store, source },
          { kind, entity: entityOf(parts) },
          { filter, limit, ...(cursor !== null && { cursor }) },
        )
        found.push(...page.events.map(({ event_id: id }) => id))
        cursor = page.nextCursor
        // Whatever was open is filed between two pages, and the outputs are pruned.
        await fileAll(lake, { collections: COLLECTIONS })
        lake.store.outputs = []
      } while (cursor !== null)
      expect(found).toEqual(expected.map(({ id }) => id))
      await Promise.all([source.close(), rm(lake.root, { recursive: true })])
    },
  )
  await fc.assert(run, { numRuns: 100 })
}, 120_000)

test('`millrace/events` is a view of fixed columns, whatever customers put into their events', async () => {
  const lake = await newLake()
  publish(lake, [
    event({ position: 1, id: 'a', properties: { total: 12 }, traits: { plan: 'x' } }),
    event({ position: 2, id: 'b', properties: { total: 'twelve' }, receivedAt: instant(NINE + HOUR) }),
    event({ position: 3, id: 'c', properties: { total: [{ deep: true }] } }),
  ])
  await fileAll(lake, { collections: COLLECTIONS })
  const lakeQuery = await openLakeQuery(lake.directory)
  expect(lakeQuery.collections).toEqual([EVENTS])
  const { rows } = await lakeQuery.run(
    `select id, properties->>'total' as total, occurredAt + interval 1 day, groupId from "${EVENTS}" order by id`,
  )
  expect(rows).toEqual([
    ['a', '12', '2026-01-02 09:00:00', null],
    ['b', 'twelve', '2026-01-02 10:00:00', null],
    ['c', '[{"deep":true}]', '2026-01-02 09:00:00', null],
  ])
  lakeQuery.close()
})
