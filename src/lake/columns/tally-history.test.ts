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

const partOf = ({ user, account }: { user?: string; account?: string }) => user ?? account ?? ''
const isEmpty = (counted: Counted | undefined) =>
  counted === undefined || counted === 0 || (Array.isArray(counted) && counted.length === 0)

test('the history of any tallies is what they would have counted one by one', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, fc.array(tallies, { minLength: 4, maxLength: 4 }), async (commit, questions) => {
      const { columns, world, ...scene } = await newScene()
      await scene.commit(commit)
      await columns.catchUp()
      const known = new Set(
        ['user', 'account'].flatMap((kind) =>
          [...world[kind as 'user'].values()].flatMap(({ id, parts = [] }) => [id, ...parts]),
        ),
      )
      const byPart = Map.groupBy(
        world.events.filter((event) => known.has(partOf(event))),
        partOf,
      )
      for (const asked of questions) {
        const expected = [...byPart].flatMap(([part, events]) =>
          asked.flatMap((tally, i) => {
            const counted = countedOf(events, tally, NOW)
            return isEmpty(counted) ? [] : [[part, i, counted]]
          }),
        )
        const parts = await allOf(columns.countHistory(asked, world.position, { now: NOW }))
        const found = parts.flatMap(({ part, tallies }) =>
          tallies.flatMap(([i, counted]) => (isEmpty(counted) ? [] : [[part, i, counted]])),
        )
        expect(found.toSorted()).toEqual(expected.toSorted())
        expect(parts.map(({ part }) => part)).toEqual([...new Set(parts.map(({ part }) => part))].toSorted())
      }
      await columns.close()
    }),
    { numRuns: 15 },
  )
}, 120_000)

test('the history of events has what the tallies look at, by part, up to a position', async () => {
  const { columns, commit } = await newScene()
  await commit({
    users: [{ id: BOB, parts: [ADA] }],
    accounts: [{ id: SHOP }],
    events: [
      { ...order(BOB), properties: { total: 3 } },
      { ...order(ADA), properties: { total: 4 } },
      { user: ADA, at: NOW, name: 'Visit' },
    ],
  })
  await commit({ users: [], events: [order(BOB)] })
  await columns.catchUp()
  const tally: Tally = { events: ordered(1).events, kind: 'user', keeps: { keep: 'all', property: 'total' } }
  const event = { kind: 'user', name: 'Order', at: NOW, position: 1, context: {} }
  expect(await allOf(columns.history([tally], 1))).toEqual([
    { ...event, part: ADA, properties: { total: 4 } },
    { ...event, part: BOB, properties: { total: 3 } },
  ])
  expect((await allOf(columns.history([tally], 2, { after: ADA }))).map(({ position }) => position).toSorted()).toEqual([1, 2])
  expect(await allOf(columns.countHistory([tally], 1, { now: NOW + DAY, after: ADA }))).toEqual([
    { kind: 'user', part: BOB, tallies: [[0, [NOW, 3]]] },
  ])
})
