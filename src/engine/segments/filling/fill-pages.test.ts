import { beforeEach, describe, expect, test } from 'vitest'
import { event } from '../../profiles/profiles.fixture.ts'
import { all, definitionOf, did, openSegments, type SegmentWorld, trait } from '../segments.fixture.ts'
import { FillPages, type FillSource } from './fill-pages.ts'
import { naiveSource } from './naive-source.fixture.ts'

const PEOPLE = ['ann', 'bob', 'cyd', 'dan', 'eve'].map((name) => `${name}@shop.example`)
const TWICE = did('Order', 'is_at_least', { count: 2 })
const never = new AbortController().signal

let world: SegmentWorld

/** Everybody has ordered once. */
beforeEach(async () => {
  world = await openSegments()
  for (const email of PEOPLE) {
    await world.send(event({ type: 'identify', userId: email, traits: { email } }), event({ name: 'Order', userId: email }))
  }
  await world.settle()
})

function pagesOf(source: Partial<FillSource> = {}): FillPages {
  const { store, clock } = world
  return new FillPages({ source: { ...naiveSource(world), ...source }, store, now: () => clock.now(), pageSize: 2 })
}

/** The next page, on the log and applied; what it was. */
async function fill(pages: FillPages): Promise<string | undefined> {
  const page = await pages.next(never)
  if (page === undefined) return undefined
  await world.command({ kind: 'fill-segment', ...page })
  await world.settle()
  const size = page.step === 'history' ? page.activities.length : page.entities.length
  return `${page.segment} ${page.step} ${size} of ${page.total}`
}

async function fillAll(pages: FillPages): Promise<string[]> {
  const filled: string[] = []
  for (let one = await fill(pages); one !== undefined; one = await fill(pages)) filled.push(one)
  return filled
}

async function membersOf(id: string): Promise<number | undefined> {
  const state = await world.state(id)
  expect(state?.filling).toBeUndefined()
  return state?.members
}

test('pages hold so many, say of how many, and go on wherever whoever made them has died', async () => {
  await world.define('buyers', all(did('Order', 'at_least_once')))
  const filled: (string | undefined)[] = []
  for (let i = 0; i < 6; i++) {
    filled.push(await fill(pagesOf()))
    if (i === 0) expect((await world.state('buyers'))?.filling).toMatchObject({ done: 2, total: 5 })
  }
  const sizes = [2, 2, 1]
  expect(filled).toEqual([
    ...sizes.map((size) => `buyers history ${size} of 5`),
    ...sizes.map((size) => `buyers members ${size} of 5`),
  ])
  expect(await fill(pagesOf())).toBeUndefined()
  expect(await membersOf('buyers')).toBe(5)
})

test('a page that comes twice has no effect', async () => {
  await world.define('twice', all(TWICE))
  const pages = pagesOf()
  for (let page = await pages.next(never); page !== undefined; page = await pages.next(never)) {
    for (let i = 0; i < 2; i++) await world.command({ kind: 'fill-segment', ...page })
    await world.settle()
  }
  expect(await membersOf('twice')).toBe(0)
})

test('a page may be asked for while the one before is on its way, and when that one is lost it is made again', async () => {
  await world.define('known', all(trait('email', 'is_set')))
  const pages = pagesOf()
  await fill(pages)
  const [first, second] = [await pages.next(never), await pages.next(never)]
  expect([first?.from, second?.from]).toEqual(['', first?.to])
  if (second) await world.command({ kind: 'fill-segment', ...second })
  await world.settle()
  expect((await pages.next(never))?.from).toBe('')
  await fillAll(pages)
  expect(await membersOf('known')).toBe(5)
})

test('nothing is kept of who is erased while its page is on its way', async () => {
  await world.define('buyers', all(did('Order', 'at_least_once')))
  const page = await pagesOf().next(never)
  if (page?.step !== 'history') throw new Error('A page of history comes first.')
  const part = page.activities[0]?.[0] ?? ''
  await world.command({ kind: 'erase', entityKind: 'user', parts: [part] })
  await world.command({ kind: 'fill-segment', ...page })
  await world.settle()
  const kept = JSON.stringify(await world.documents())
  expect(kept).toContain(page.activities[1]?.[0])
  // Where the filling stands is no trace: the id leads nowhere.
  expect(kept.replaceAll(`"cursor\\":\\"${part}`, '')).not.toContain(part)
})

describe('a segment that is changed in the middle of its history', () => {
  test.each([
    ['still asks the same of events', all(TWICE, trait('email', 'is_set')), 0],
    ['asks the same and more', all(did('Order', 'at_least_once'), did('Order', 'is_at_most', { count: 1 })), 5],
  ])('%s, and counts each event once', async (_, document, members) => {
    const pages = pagesOf()
    await world.define('twice', all(TWICE))
    await fill(pages)
    await world.define('twice', document)
    await fillAll(pages)
    expect(await membersOf('twice')).toBe(members)
  })

  test('and to which another one owes its history, counts each event once for both', async () => {
    const pages = pagesOf()
    await world.define('twice', all(TWICE))
    await world.define('other', all(TWICE, did('Visit', 'zero_times')))
    await fill(pages)
    await world.define('twice', all(trait('email', 'is_set')))
    await fillAll(pages)
    expect([await membersOf('twice'), await membersOf('other')]).toEqual([5, 0])
  })
})

describe('a segment that asks what another one brings the history of', () => {
  const ONCE = did('Order', 'at_least_once')
  const KNOWN = trait('email', 'is_set')

  test('waits for it, also when that one begins anew', async () => {
    await world.define('buyers', all(ONCE))
    await world.define('known-buyers', all(ONCE, KNOWN))
    await world.define('buyers', all(ONCE, did('Visit', 'zero_times')))
    const filled = await fillAll(pagesOf())
    expect([await membersOf('buyers'), await membersOf('known-buyers')]).toEqual([5, 5])
    expect(filled.filter((one) => one.includes('history'))).toEqual([
      ...[2, 2, 1].map((size) => `buyers history ${size} of 5`),
      'known-buyers history 0 of null',
    ])
  })

  test('and the other way round, is filled as well', async () => {
    const never = did('Visit', 'zero_times')
    await world.define('buyers', all(ONCE))
    await world.define('others', all(ONCE, never))
    await world.define('buyers', all(ONCE, never, KNOWN))
    await fillAll(pagesOf())
    expect([await membersOf('buyers'), await membersOf('others')]).toEqual([5, 5])
  })

  test('lets nobody in before', async () => {
    await world.define('loyal', all(TWICE))
    await world.define('not-loyal', all(did('Order', 'is_at_most', { count: 1 })))
    await fill(pagesOf())
    await world.send(event({ name: 'Order', userId: 'eve@shop.example' }))
    await world.settle()
    expect(await world.segmentsOf('eve@shop.example')).toEqual([])
    await fillAll(pagesOf())
    expect([await membersOf('loyal'), await membersOf('not-loyal')]).toEqual([1, 4])
    expect(await world.segmentsOf('eve@shop.example')).toEqual(['loyal'])
  })
})

test.each([0, 1, 2])('who changes accounts behind page %i of their history is counted once by the new one', async (count) => {
  const join = async (groupId: string) => {
    await world.send(...PEOPLE.map((userId, i) => event({ type: 'group', userId, groupId: `${groupId}-${i}` })))
    await world.settle()
  }
  // What accounts ask is counted of users already, and its history is there.
  await world.define('regular', all(did('Order', 'is_at_least', { count: 5 })))
  await fillAll(pagesOf())
  await join('old')
  await world.define('busy', { type: 'accounts_segment', predicate: all(TWICE) })
  const pages = pagesOf()
  for (let i = 0; i < count; i++) await fill(pages)
  await join('new')
  await fillAll(pages)
  expect(await membersOf('busy')).toBe(0)
  await world.send(...PEOPLE.map((userId) => event({ name: 'Order', userId })))
  await world.settle()
  expect(await membersOf('busy')).toBe(PEOPLE.length)
})

test('a segment of those who are not in another one lets nobody in before that one is filled', async () => {
  await world.define('buyers', all(did('Order', 'at_least_once')))
  const rule = all({ property: { key: 'segment' }, operator: 'is_not_member', options: { value: ['buyers'] } })
  const definition = definitionOf('others', rule, { segments: new Map([['buyers', 'user']]) })
  await world.command({ kind: 'define-segment', definition, owner: 'api' })
  await world.send(event({ type: 'identify', userId: PEOPLE[0] ?? '', traits: { plan: 'pro' } }))
  await world.settle()
  await fillAll(pagesOf())
  expect([await membersOf('buyers'), await membersOf('others')]).toEqual([5, 0])
  const told = (await world.timeline()).filter(({ type }) => type === 'segment')
  expect(told.flatMap(({ properties }) => properties?.['entered_ids'])).toEqual(PEOPLE.map(() => 'buyers'))
})

test('those that lack no history come first, and one look at what is committed is enough for all that wait', async () => {
  let looks = 0
  const pages = pagesOf({ catchUp: async () => ++looks })
  await world.define('buyers', all(did('Order', 'at_least_once')))
  await world.define('known', all(trait('email', 'is_set')))
  await world.define('unknown', all(trait('email', 'is_not_set')))
  const filled = await fillAll(pages)
  expect(filled.map((one) => one.split(' ').slice(0, 2).join(' '))).toEqual([
    'known history',
    'unknown history',
    ...Array.from({ length: 3 }, () => 'buyers history'),
    ...Array.from({ length: 3 }, () => 'buyers members'),
    ...Array.from({ length: 3 }, () => 'known members'),
    ...Array.from({ length: 3 }, () => 'unknown members'),
  ])
  // Before the history; and for the members of `buyers`, who waited for that.
  expect(looks).toBe(2)
  expect([await membersOf('buyers'), await membersOf('known'), await membersOf('unknown')]).toEqual([5, 5, 0])
})

test('whoever gives up gets the reason, and the next call begins anew', async () => {
  await world.define('buyers', all(did('Order', 'at_least_once')))
  const giveUp = new AbortController()
  const pages = pagesOf({
    async *countHistory(tallies, question) {
      if (!giveUp.signal.aborted) {
        giveUp.abort(new Error('given up'))
        question.signal.throwIfAborted()
      }
      yield* naiveSource(world).countHistory(tallies, question)
    },
  })
  await expect(pages.next(giveUp.signal)).rejects.toThrow('given up')
  await expect(pages.next(giveUp.signal)).rejects.toThrow('given up')
  await fillAll(pages)
  expect(await membersOf('buyers')).toBe(5)
})

test('a source that fails is asked anew', async () => {
  let asked = 0
  await world.define('known', all(trait('email', 'is_set')))
  const pages = pagesOf({
    async *candidates(definition, question) {
      if (asked++ === 0) throw new Error('away')
      yield* naiveSource(world).candidates(definition, question)
    },
  })
  expect(await fill(pages)).toBe('known history 0 of null')
  await expect(fill(pages)).rejects.toThrow('away')
  await fillAll(pages)
  expect(await membersOf('known')).toBe(5)
})
