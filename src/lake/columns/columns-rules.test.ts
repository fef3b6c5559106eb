import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EntityKind } from '../../model/profile/entity.ts'
import type { GroupPredicate } from '../../model/segment/predicate.ts'
import type { SegmentDefinition } from '../../model/segment/segment.ts'
import { matches, matching, newScene, NOW } from './columns.fixture.ts'
import { accountRules, timeZones, userRules, worlds } from './rules.fixture.ts'

const DAY = 86_400_000

type Rule = SegmentDefinition & { predicate: GroupPredicate }

function rule(kind: EntityKind, predicate: GroupPredicate, timeZone: SegmentDefinition['timeZone']): Rule {
  return { id: 's1', name: 'One', kind, predicate, timeZone }
}

const definitions = fc.tuple(userRules, accountRules, timeZones)

async function allOf(pages: AsyncIterable<string[]>): Promise<string[]> {
  const found: string[] = []
  for await (const page of pages) found.push(...page)
  return found
}

test('everybody at once gives the same answer as one at a time', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, fc.array(definitions, { minLength: 6, maxLength: 6 }), async (commit, all) => {
      const { columns, world, ...scene } = await newScene()
      await scene.commit(commit)
      await columns.catchUp()
      for (const [users, accounts, timeZone] of all) {
        for (const definition of [rule('user', users, timeZone), rule('account', accounts, timeZone)]) {
          const expected = matching(world, definition, NOW)
          const { sample, count } = await columns.preview(definition, { now: NOW })
          expect({ sample, count }, JSON.stringify(definition)).toEqual({ sample: expected, count: expected.length })
        }
      }
      await columns.close()
    }),
    { numRuns: 25 },
  )
}, 120_000)

test('nobody who matches now or later, or is a member, is missing among the candidates', async () => {
  const laters = [0, 1, 3_600_000, DAY, 2 * DAY, 7 * DAY, 31 * DAY, 400 * DAY].map((later) => NOW + later)
  await fc.assert(
    fc.asyncProperty(worlds, fc.array(definitions, { minLength: 6, maxLength: 6 }), async (commit, all) => {
      const { columns, world, ...scene } = await newScene()
      await scene.commit(commit)
      await columns.catchUp()
      for (const [users, accounts, timeZone] of all) {
        for (const definition of [rule('user', users, timeZone), rule('account', accounts, timeZone)]) {
          const found = await allOf(columns.candidates(definition, { now: NOW }))
          expect(found).toEqual(found.toSorted())
          const expected = [...world[definition.kind].values()].filter(
            ({ id, segments }) =>
              segments?.includes('s1') === true || laters.some((later) => matches(world, id, definition, later)),
          )
          expect(found, JSON.stringify(definition)).toEqual(expect.arrayContaining(expected.map(({ id }) => id)))
        }
      }
      await columns.close()
    }),
    { numRuns: 15 },
  )
}, 120_000)
