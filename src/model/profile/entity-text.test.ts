import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Entity, Part, TraitOperation, Write } from './entity.ts'
import { readEntityText, writeEntityText } from './entity-text.ts'

const writes = fc
  .record({
    source: fc.constantFrom('web', 'crm'),
    event: fc.string({ minLength: 1, maxLength: 5 }),
    occurredAt: fc.nat(),
    receivedAt: fc.nat(),
  })
  .chain((write) =>
    fc.record({ position: fc.nat({ max: 3 }), index: fc.nat({ max: 3 }) }).map((place) => ({ ...write, ...place })),
  )

/** One write has one place, as on the log. */
function partOf(id: string, all: readonly Write[], names: readonly string[]): Part {
  const byPlace = new Map(all.map((write) => [`${write.position}/${write.index}`, write]))
  const own = [...byPlace.values()]
  const numbered = own.map((write, i) => [String(i * 3 + 1), write] as const)
  const operations = (i: number): TraitOperation[] => {
    const number = (i % own.length) * 3 + 1
    if (i % 3 === 0) return [['set', i, number]]
    return i % 3 === 1
      ? [['setIfNull', [1, { a: null }], number]]
      : [
          ['set', null, number],
          ['inc', i, number],
        ]
  }
  const created: Write = { source: 'web', event: 'first', occurredAt: 1, receivedAt: 2, position: 9, index: 9 }
  return {
    id,
    created,
    identifiers: own.map((since, i) => ({ kind: 'anonymous_id', value: `a${i}`, since })),
    traits: Object.fromEntries(names.map((name, i) => [name, operations(i)])),
    writes: Object.fromEntries(numbered),
    ...(names.length > 2 && { link: { account: 'x', at: created } }),
  }
}

test('an entity comes out as it went in', () => {
  const names = fc.uniqueArray(fc.constantFrom('plan', 'group/seats', 'constructor', 'ø'), { maxLength: 4 })
  fc.assert(
    fc.property(fc.array(writes, { minLength: 1, maxLength: 6 }), names, fc.boolean(), (all, traits, isMerged) => {
      const [first] = all
      const merge = { survivor: 'p', loser: 'q', cause: first as Write, evidence: { kind: 'email', value: 'x' } }
      const entity: Entity = isMerged
        ? { parts: [partOf('p', all, traits), partOf('q', all, [])], merges: [merge], apart: ['r'] }
        : { parts: [partOf('p', all, traits)], merges: [] }
      expect(readEntityText(writeEntityText(entity))).toEqual(entity)
    }),
  )
  expect(readEntityText(writeEntityText({ mergedInto: 'p' }))).toEqual({ mergedInto: 'p' })
})

test('a profile of one write holds it once', () => {
  const write: Write = { source: 'web', event: 'message-id', occurredAt: 1, receivedAt: 2, position: 3, index: 4 }
  const identifiers = [{ kind: 'external_id', value: 'u', since: write }]
  const part: Part = { id: 'p', created: write, identifiers, traits: { plan: [['set', 'pro', 0]] }, writes: { 0: write } }
  expect(writeEntityText({ parts: [part], merges: [] })).toBe(
    '[[["p",[["web","message-id",1,2,3,4,0]],0,[["external_id","u",0]],{"plan":[0,"pro"]}]],[]]',
  )
})
