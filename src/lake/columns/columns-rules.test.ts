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

type World = Parameters<typeof matching>[0]

/** As if everybody who matches were a member of the segment, and nobody else. */
function withMembers(world: World, definition: Rule): World {
  const { id: segment, kind } = definition
  const members = new Set(matching(world, definition, NOW))
  const sketches = Array.from(world[kind].values(), (sketch) => {
    const others = sketch.segments?.filter((id) => id !== segment) ?? []
    return { ...sketch, segments: members.has(sketch.id) ? [...others, segment] : others }
  })
  return { ...world, [kind]: new Map(sketches.map((sketch) => [sketch.id, sketch])) }
}

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

test('rules in the place of memberships give what it would be if they had been applied', async () => {
  await fc.assert(
    fc.asyncProperty(
      worlds,
      fc.array(fc.tuple(definitions, definitions), { minLength: 4, maxLength: 4 }),
      async (commit, all) => {
        const { columns, world, ...scene } = await newScene()
        await scene.commit(commit)
        await columns.catchUp()
        for (const [[users, accounts, timeZone], [users2, accounts2, timeZone2]] of all) {
          const first = { ...rule('user', users, timeZone), id: 's2' }
          const second = { ...rule('account', accounts, timeZone2), id: 's3' }
          const applied = withMembers(withMembers(world, first), second)
          for (const definition of [rule('user', users2, timeZone2), rule('account', accounts2, timeZone)]) {
            const expected = matching(applied, definition, NOW)
            const present = [...world[definition.kind].values()].flatMap(({ id, segments }) =>
              segments?.includes('s1') ? [id] : [],
            )
            const { count, entering, leaving } = await columns.compare(definition, { now: NOW, instead: [first, second] })
            expect(
              { count, entering: entering.sample, leaving: leaving.sample },
              JSON.stringify([definition, first, second]),
            ).toEqual({
              count: expected.length,
              entering: expected.filter((id) => !present.includes(id)),
              leaving: present.filter((id) => !expected.includes(id)).toSorted(),
            })
          }
        }
        await columns.close()
      },
    ),
    { numRuns: 15 },
  )
}, 120_000)
