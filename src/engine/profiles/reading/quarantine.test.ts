import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../../base/clock.ts'
import { seededRandom } from '../../../base/random.ts'
import type { Json } from '../../../base/json.ts'
import { DEFAULT_SOURCE_LIMITS, type Source } from '../../../model/catalog.ts'
import { QUARANTINE_SPACE, type QuarantinedItem } from '../../../model/event/quarantine.ts'
import { createTracking } from '../../tracking/create-tracking.ts'
import { OrderedIds } from '../../tracking/ordered-ids.ts'
import { createReplay } from '../../tracking/replay.ts'
import { openProfiles, type Profiles } from '../profiles.fixture.ts'
import { discardOne, type QuarantineParts, replayAll, replayOne } from './quarantine-commands.ts'
import { explainItem, type QuarantineExplanation } from './quarantine-explanation.ts'
import { type QuarantineFilter, QuarantineReader } from './quarantine-reader.ts'

type Shelf = {
  profiles: Profiles
  reader: QuarantineReader
  parts: QuarantineParts
  send: (source: string, ...items: Json[]) => Promise<void>
  limits: { eventBytesMax: number }
}

const isSuppressed = () => false

/** The real door and the real `apply`: what the door cannot take stands in the quarantine. */
async function openShelf(): Promise<Shelf> {
  const profiles = await openProfiles()
  const clock = new FakeClock()
  const ids = new OrderedIds(seededRandom(1))
  const { log, store, settle } = profiles
  const limits = { ...DEFAULT_SOURCE_LIMITS }
  const tracking = createTracking({ log, ids, isSuppressed })
  const reader = new QuarantineReader(store)
  const replay = createReplay({ log, clock, ids, limitsOf: () => limits, isSuppressed })
  return {
    profiles,
    reader,
    limits,
    parts: { reader, replay, applied: settle, clock },
    send: async (name, ...items) => {
      const source: Source = { name, sdk: 'segment', isStrict: false, limits, oauthClients: [] }
      await tracking.accept({ source, items, envelope: {}, receivedAt: clock.now() })
      clock.advance(1)
      await settle()
    },
  }
}

const NAMELESS = { type: 'track', userId: '42', messageId: 'm1', properties: { total: 3 } }

async function allPages({ reader }: Shelf, filter: QuarantineFilter, limit: number): Promise<QuarantinedItem[]> {
  const items: QuarantinedItem[] = []
  let cursor: string | null = null
  do {
    const page = await reader.list(filter, { limit, ...(cursor !== null && { cursor }) })
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return items
}

describe('the list', () => {
  test('is empty where nothing was ever set aside', async () => {
    const { reader } = await openShelf()
    expect(await reader.list({}, { limit: 10 })).toEqual({ items: [], nextCursor: null })
  })

  test('shows what the door set aside, newest first, by source and code', async () => {
    const shelf = await openShelf()
    await shelf.send('web', NAMELESS, { type: 'page', userId: 'ok' }, 17)
    await shelf.send('crm', { type: 'nonsense', userId: '1' })
    const { items } = await shelf.reader.list({}, { limit: 10 })
    expect(items.map(({ code, source }) => `${source} ${code}`)).toEqual([
      'crm type_unknown',
      'web event_invalid',
      'web event_name_missing',
    ])
    expect((await shelf.reader.list({ source: 'web' }, { limit: 10 })).items).toEqual(items.slice(1))
    expect((await shelf.reader.list({ code: 'type_unknown' }, { limit: 10 })).items).toEqual(items.slice(0, 1))
    expect((await shelf.reader.list({ source: 'crm', code: 'event_invalid' }, { limit: 10 })).items).toEqual([])
    expect(await shelf.reader.require(items[2]?.id ?? '')).toEqual(items[2])
  })

  test('neither repeats nor skips an item, in pages of any size, over pages of the store and gaps', async () => {
    const shelf = await openShelf()
    const many = Array.from({ length: 900 }, (_, i) => ({ ...NAMELESS, messageId: `m${i}` }))
    for (const source of ['a', 'b', 'a']) await shelf.send(source, ...many)
    const all = await allPages(shelf, {}, 5_000)
    expect(all).toHaveLength(2_700)
    expect(all.map(({ id }) => id)).toEqual(
      all
        .map(({ id }) => id)
        .toSorted()
        .toReversed(),
    )
    const gone = new Set(all.filter((_, i) => i % 7 === 0 || (i > 400 && i < 800)).map(({ id }) => id))
    await shelf.parts.replay.discard([...gone])
    await shelf.profiles.settle()
    const left = all.filter(({ id }) => !gone.has(id))
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 40, max: 1_500 }), fc.constantFrom('a', 'b', undefined), async (limit, source) => {
        const expected = left.filter((item) => source === undefined || item.source === source)
        expect(await allPages(shelf, source === undefined ? {} : { source }, limit)).toEqual(expected)
      }),
      { numRuns: 15 },
    )
  })

  test.each(['x', 'W10', Buffer.from('[1,-1]').toString('base64url')])('refuses the cursor "%s"', async (cursor) => {
    const { reader } = await openShelf()
    await expect(reader.list({}, { limit: 1, cursor })).rejects.toMatchObject({ code: 'request_invalid' })
  })

  test.each(['pages', 'page/0', '0'.repeat(24)])('has no item "%s"', async (id) => {
    const shelf = await openShelf()
    await shelf.send('web', NAMELESS)
    await expect(shelf.reader.require(id)).rejects.toMatchObject({ code: 'quarantine_item_unknown' })
  })
})

describe('an item', () => {
  test('is mended by a patch and becomes an event, once', async () => {
    const shelf = await openShelf()
    await shelf.send('web', NAMELESS)
    const [item] = (await shelf.reader.list({}, { limit: 1 })).items
    const { patch } = explainItem(item as QuarantinedItem)
    expect(patch).toEqual({ event: '…' })
    const done = await replayOne(shelf.parts, item?.id ?? '', { patch: { event: 'Order Completed' } })
    expect(done).toMatchObject({ isReplayed: true, messageId: 'm1', isApplied: true })
    expect(await shelf.profiles.timeline()).toMatchObject([{ type: 'user_created' }, { id: 'm1', name: 'Order Completed' }])
    expect((await shelf.reader.list({}, { limit: 1 })).items).toEqual([])
    await expect(replayOne(shelf.parts, item?.id ?? '')).rejects.toMatchObject({ code: 'quarantine_item_unknown' })
  })

  test('that cannot be an event this way either stays', async () => {
    const shelf = await openShelf()
    await shelf.send('web', NAMELESS)
    const [item] = (await shelf.reader.list({}, { limit: 1 })).items
    expect(await replayOne(shelf.parts, item?.id ?? '')).toMatchObject({
      isReplayed: false,
      refusal: { code: 'event_name_missing' },
    })
    expect((await shelf.reader.list({}, { limit: 1 })).items).toEqual([item])
  })

  test('is discarded', async () => {
    const shelf = await openShelf()
    await shelf.send('web', NAMELESS)
    const [item] = (await shelf.reader.list({}, { limit: 1 })).items
    expect(await discardOne(shelf.parts, item?.id ?? '')).toMatchObject({ isApplied: true })
    expect((await shelf.reader.list({}, { limit: 1 })).items).toEqual([])
    await expect(discardOne(shelf.parts, item?.id ?? '')).rejects.toMatchObject({ code: 'quarantine_item_unknown' })
  })
})

test('all items that pass a filter are replayed, and those that cannot be events stay and are counted', async () => {
  const shelf = await openShelf()
  const large = Array.from({ length: 120 }, (_, i) => ({
    type: 'track',
    event: 'Large',
    userId: `u${i}`,
    messageId: `l${i}`,
    properties: { text: 'x'.repeat(500) },
  }))
  shelf.limits.eventBytesMax = 400
  await shelf.send('web', ...large, NAMELESS)
  await shelf.send('crm', ...large.slice(0, 3))
  shelf.limits.eventBytesMax = DEFAULT_SOURCE_LIMITS.eventBytesMax
  expect(await replayAll(shelf.parts, { source: 'web' })).toMatchObject({
    replayed: 120,
    refused: 1,
    refusals: [{ code: 'event_name_missing' }],
    hasMore: false,
    isApplied: true,
  })
  expect((await shelf.profiles.timeline()).filter(({ type }) => type === 'track')).toHaveLength(120)
  const left = await allPages(shelf, {}, 100)
  expect(left.map(({ source, code }) => `${source} ${code}`)).toEqual([
    ...Array.from({ length: 3 }, () => 'crm event_too_large'),
    'web event_name_missing',
  ])
})

async function explain(...items: Json[]): Promise<QuarantineExplanation[]> {
  const shelf = await openShelf()
  await shelf.send('web', ...items)
  return (await shelf.reader.list({}, { limit: 10 })).items.map(explainItem)
}

describe('the explanation', () => {
  test('names what is wrong, shows what stands there, and gives a patch to fill in', async () => {
    const [type, name, identifier] = await explain({ type: 'track', event: 'x' }, NAMELESS, { type: 'buy', userId: '1' })
    expect(type).toEqual({
      meaning: 'The event’s type is missing or none that exists.',
      found: { isThere: true, value: 'buy' },
      hint: expect.stringContaining('identify, track, page') as string,
      patch: { type: '…' },
    })
    expect(name).toMatchObject({ found: { isThere: false, value: null }, patch: { event: '…' } })
    expect(identifier).toMatchObject({ patch: { userId: '…' } })
  })

  test('says that only a whole item helps where none can be patched', async () => {
    const [number] = await explain(17)
    expect(number).toMatchObject({ patch: null, hint: expect.stringContaining('whole item') as string })
    const cut = {
      id: '',
      source: '',
      receivedAt: '',
      code: 'event_too_large',
      message: '',
      pointer: '',
      raw: '{"a',
      isCut: true,
    } as const
    expect(explainItem(cut)).toMatchObject({ patch: null, hint: expect.stringContaining('first 3 characters') as string })
  })

  test('takes away what is nested too deep, and never patches a list', () => {
    const item = {
      id: '',
      source: '',
      receivedAt: '',
      code: 'nesting_too_deep',
      message: '',
      raw: '{"properties":{"a/b":{}},"l":[1]}',
    } as const
    expect(explainItem({ ...item, pointer: '/properties/a~1b' }).patch).toEqual({ properties: { 'a/b': null } })
    expect(explainItem({ ...item, pointer: '/l/0' }).patch).toBeNull()
  })
})

test('the shelf and its reader agree on the space', async () => {
  const shelf = await openShelf()
  await shelf.send('web', NAMELESS)
  const [pages] = await shelf.profiles.store.load(QUARANTINE_SPACE, ['pages'])
  expect(JSON.parse(pages ?? '')).toMatchObject({ count: 1 })
})
