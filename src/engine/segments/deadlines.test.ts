import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EntityKind } from '../../model/profile/entity.ts'
import { openSqliteStore } from '../../store/sqlite/open-sqlite-store.ts'
import type { Store } from '../../store/store.ts'
import { type Deadline, Deadlines } from './deadlines.ts'
import { HeldCommits } from './held-commits.fixture.ts'

let store: Store
let commits: HeldCommits
beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:' })
  commits = await HeldCommits.open(store)
})
afterEach(() => store.close())

const user = (at: number, part: string): Deadline => ({ at, kind: 'user', part })

test('those that are due are taken out in order, once', async () => {
  const deadlines = await Deadlines.open(store)
  expect(deadlines.next).toBe(Infinity)
  deadlines.schedule(20, 'user', 'c')
  deadlines.schedule(10, 'user', 'b')
  deadlines.schedule(10, 'account', 'z')
  deadlines.schedule(30, 'user', 'a')
  deadlines.schedule(20, 'user', 'c')
  expect(deadlines.next).toBe(10)
  expect(await deadlines.due(9, 10)).toEqual([])
  expect(await deadlines.due(20, 2)).toEqual([{ at: 10, kind: 'account', part: 'z' }, user(10, 'b')])
  expect(deadlines.next).toBe(20)
  expect(await deadlines.due(25, 10)).toEqual([user(20, 'c')])
  expect(await deadlines.due(25, 10)).toEqual([])
  expect(deadlines.next).toBe(30)
})

test('one that is cancelled is never due', async () => {
  const deadlines = await Deadlines.open(store)
  deadlines.schedule(10, 'user', 'a')
  await commits.cut(deadlines)
  deadlines.cancel(10, 'user', 'a')
  deadlines.cancel(10, 'user', 'unknown')
  deadlines.cancel(Infinity, 'user', 'a')
  expect(deadlines.next).toBe(Infinity)
  await commits.cut(deadlines)
  await commits.settle()
  expect(await (await Deadlines.open(store)).due(100, 10)).toEqual([])
})

describe('an instant', () => {
  test.each([
    { title: 'before 1970 is 1970', at: -5, expected: 0 },
    { title: 'that is 0 stays 0', at: 0, expected: 0 },
    { title: 'between milliseconds is the later one', at: 10.2, expected: 11 },
    { title: 'of 13 digits stays', at: 9_999_999_999_999, expected: 9_999_999_999_999 },
    { title: 'of more digits is the last of 13', at: 10_000_000_000_000, expected: 9_999_999_999_999 },
    { title: 'of many more is so as well', at: Number.MAX_VALUE, expected: 9_999_999_999_999 },
  ])('$title', async ({ at, expected }) => {
    const deadlines = await Deadlines.open(store)
    deadlines.schedule(at, 'user', 'a/b')
    expect(deadlines.next).toBe(expected)
    expect(await deadlines.due(Infinity, 2)).toEqual([user(expected, 'a/b')])
    deadlines.schedule(at, 'user', 'a/b')
    deadlines.cancel(at, 'user', 'a/b')
    expect(deadlines.next).toBe(Infinity)
  })

  test('that never comes is not scheduled', async () => {
    const deadlines = await Deadlines.open(store)
    deadlines.schedule(Infinity, 'user', 'a')
    expect([deadlines.next, deadlines.changedKeys]).toEqual([Infinity, 0])
    expect(await deadlines.due(Infinity, 1)).toEqual([])
  })

  test('is a number', async () => {
    const deadlines = await Deadlines.open(store)
    expect(() => deadlines.schedule(Number.NaN, 'user', 'a')).toThrow('invariant')
  })
})

test('opening reads one page, and the rest is read when its time comes', async () => {
  const before = await Deadlines.open(store)
  for (let at = 1; at <= 1_000; at++) before.schedule(at, 'user', `part ${at}`)
  await commits.cut(before)
  await commits.settle()
  const limits: number[] = []
  const counting: Pick<Store, 'scan'> = {
    scan: async (space, range, limit) => {
      limits.push(limit)
      return store.scan(space, range, limit)
    },
  }
  const deadlines = await Deadlines.open(counting, { pageKeys: 100 })
  expect(limits).toEqual([100])
  expect(await deadlines.due(50, 1_000)).toHaveLength(50)
  expect(limits).toEqual([100])
  expect((await deadlines.due(1_000, 1_000)).map(({ at }) => at)).toEqual(Array.from({ length: 950 }, (_, i) => i + 51))
  expect(deadlines.next).toBe(Infinity)
})

test('after cancels have emptied the window the next instant is early at most, until the store was read', async () => {
  const deadlines = await Deadlines.open(store, { pageKeys: 5 })
  for (let at = 10; at <= 1_000; at += 10) deadlines.schedule(at, 'user', 'a')
  for (let at = 10; at <= 900; at += 10) deadlines.cancel(at, 'user', 'a')
  expect(deadlines.next).toBeLessThanOrEqual(910)
  await deadlines.readAhead()
  expect(deadlines.next).toBe(910)
})

const deadline = fc.record({
  at: fc.oneof({ weight: 9, arbitrary: fc.nat(200) }, { weight: 1, arbitrary: fc.constantFrom(Infinity, 10 ** 14) }),
  kind: fc.constantFrom<EntityKind[]>('user', 'account'),
  part: fc.constantFrom('a', 'b', 'c/d'),
})
const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('schedule' as const), deadline }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('cancel' as const), chosen: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('due' as const), now: fc.nat(220), limit: fc.nat(12) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('cut' as const, 'settle' as const, 'restart' as const) }) },
)

/** What is scheduled, as a list that is sorted for each question. */
class NaiveDeadlines {
  #keys = new Map<string, Deadline>()

  get sorted(): Deadline[] {
    return [...this.#keys].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, deadline]) => deadline)
  }

  schedule({ at, ...of }: Deadline): void {
    const deadline = { at: Math.min(at, 9_999_999_999_999), ...of }
    if (at !== Infinity) this.#keys.set(this.#keyOf(deadline), deadline)
  }

  cancel(deadline: Deadline): void {
    this.#keys.delete(this.#keyOf(deadline))
  }

  due(now: number, limit: number): Deadline[] {
    const taken = this.sorted.filter(({ at }) => at <= now).slice(0, limit)
    for (const deadline of taken) this.cancel(deadline)
    return taken
  }

  #keyOf({ at, kind, part }: Deadline): string {
    return `${String(at).padStart(13, '0')}/${kind}/${part}`
  }
}

test('wherever transactions are cut and the process is restarted, it is a sorted list', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 150, size: 'max' }),
      fc.constantFrom(1, 3, 10, 5_000),
      async (steps, pageKeys) => {
        const store = await openSqliteStore({ path: ':memory:' })
        const commits = await HeldCommits.open(store)
        const naive = new NaiveDeadlines()
        let deadlines = await Deadlines.open(store, { pageKeys })
        let isExact = true
        for (const step of steps) {
          if (step.kind === 'schedule') {
            deadlines.schedule(step.deadline.at, step.deadline.kind, step.deadline.part)
            naive.schedule(step.deadline)
          } else if (step.kind === 'cancel') {
            const { sorted } = naive
            const { at, kind, part } = sorted[step.chosen % sorted.length] ?? user(1, 'unknown')
            deadlines.cancel(at, kind, part)
            naive.cancel({ at, kind, part })
            isExact = false
          } else if (step.kind === 'due') {
            expect(await deadlines.due(step.now, step.limit)).toEqual(naive.due(step.now, step.limit))
            isExact = true
          } else if (step.kind === 'settle') await commits.settle()
          else await commits.cut(deadlines)
          if (step.kind === 'restart') {
            await commits.settle()
            deadlines = await Deadlines.open(store, { pageKeys })
            isExact = true
          }
          const first = naive.sorted[0]?.at ?? Infinity
          if (isExact) expect(deadlines.next).toBe(first)
          else expect(deadlines.next).toBeLessThanOrEqual(first)
        }
        expect(await deadlines.due(Infinity, 1_000)).toEqual(naive.due(Infinity, 1_000))
        await store.close()
      },
    ),
    { numRuns: 300 },
  )
})
