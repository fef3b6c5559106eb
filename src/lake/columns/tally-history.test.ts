import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { talliesOf } from '../../model/segment/leaf-tallies.ts'
import type { Counted, Tally } from '../../model/segment/segment.ts'
import { zoneOf } from '../../model/segment/zone.ts'
import { ADA, allOf, BOB, countedOf, newScene, NOW, order, ordered, SHOP } from './columns.fixture.ts'
import { eventLeaves, worlds } from './rules.fixture.ts'

const DAY = 86_400_000

const tallies = fc
  .array(eventLeaves, { minLength: 1, maxLength: 4 })
  .map((leaves): Tally[] => leaves.flatMap((leaf) => talliesOf(leaf, { kind: 'user', zone: zoneOf('Europe/Berlin') })))

const isEmpty = (counted: Counted | undefined) =>
  counted === undefined || counted === 0 || (Array.isArray(counted) && counted.length === 0)

test('the history of any tallies is what they would have counted one by one', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, fc.array(tallies, { minLength: 4, maxLength: 4 }), async (commit, questions) => {
      const { columns, world, ...scene } = await newScene()
      await scene.commit(commit)
      await columns.catchUp()
      const known = new Set([...world.user.values()].flatMap(({ id, parts = [] }) => [id, ...parts]))
      const byPart = Map.groupBy(
        world.events.filter(({ user = '' }) => known.has(user)),
        ({ user = '' }) => user,
      )
      for (const asked of questions) {
        const expected = [...byPart].flatMap(([part, events]) =>
          asked.flatMap((tally, i) => {
            const counted = countedOf(events, tally, NOW)
            return isEmpty(counted) ? [] : [[part, i, counted]]
          }),
        )
        let total = 0
        const onTotal = (count: number) => (total = count)
        const past = asked.map((tally) => ({ ...tally, through: world.position }))
        const parts = await allOf(columns.countHistory(past, { now: NOW, onTotal }))
        const found = parts.flatMap(({ part, tallies }) =>
          tallies.flatMap(([i, counted]) => (isEmpty(counted) ? [] : [[part, i, counted]])),
        )
        expect(found.toSorted(byText)).toEqual(expected.toSorted(byText))
        expect(parts.map(({ part }) => part)).toEqual([...new Set(parts.map(({ part }) => part))].toSorted())
        expect(total).toBeGreaterThanOrEqual(parts.length)
      }
      await columns.close()
    }),
    { numRuns: 15 },
  )
}, 120_000)

test('the history of each tally is that up to its own position, by part, and tells how many parts there are', async () => {
  const { columns, commit } = await newScene()
  await commit({
    users: [{ id: BOB, parts: [ADA] }],
    accounts: [{ id: SHOP }],
    events: [
      { ...order(BOB), properties: { total: 3 } },
      { ...order(ADA), properties: { total: 4 } },
      { user: ADA, at: NOW, name: 'Visit' },
      { account: SHOP, at: NOW, name: 'Order' },
    ],
  })
  await commit({ users: [], events: [{ ...order(BOB, NOW + 1), properties: { total: 5 } }] })
  await columns.catchUp()
  const { events } = ordered(1)
  const values = { events, keeps: { keep: 'all', property: 'total' } } as const
  const count = { events, keeps: { keep: 'count', cap: 10 } } as const
  const totals: number[] = []
  const options = { now: NOW + DAY, onTotal: (total: number) => totals.push(total) }
  const past = [
    { ...values, through: 1 },
    { ...count, through: 2 },
  ]
  const bob = { part: BOB, tallies: [[0, [NOW, 3]], [1, 2]] } // prettier-ignore
  expect(await allOf(columns.countHistory(past, options))).toEqual([{ part: ADA, tallies: [[0, [NOW, 4]], [1, 1]] }, bob]) // prettier-ignore
  expect(await allOf(columns.countHistory(past, { ...options, after: ADA }))).toEqual([bob])
  expect(totals).toEqual([2, 2])
})

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1
}
