import { expect, test } from 'vitest'
import type { Entity, Write } from './entity.ts'
import { areApart, mergeEntities, splitEntity } from './merge-entities.ts'
import { survivorOf } from './survivor.ts'

const write = (position: number): Write => ({
  source: 'web',
  event: `m${position}`,
  occurredAt: position,
  receivedAt: position,
  position,
  index: 0,
})

function entity(id: string, position: number, externalId?: string): { id: string; entity: Entity } {
  const identifiers = externalId === undefined ? [] : [{ kind: 'external_id', value: externalId, since: write(position) }]
  return { id, entity: { parts: [{ id, created: write(position), identifiers, traits: {}, writes: {} }], merges: [] } }
}

const partIds = ({ parts }: Entity) => parts.map(({ id }) => id)

test('the survivor has the external id, or is the older', () => {
  const ids = (a: ReturnType<typeof entity>, b: ReturnType<typeof entity>) => survivorOf(a, b).map(({ id }) => id)
  expect(ids(entity('a', 1), entity('b', 2, 'x'))).toEqual(['b', 'a'])
  expect(ids(entity('b', 2, 'x'), entity('a', 1))).toEqual(['b', 'a'])
  expect(ids(entity('a', 1), entity('b', 2))).toEqual(['a', 'b'])
  expect(ids(entity('b', 2), entity('a', 1))).toEqual(['a', 'b'])
})

test('a split gives back what was merged, with all that had been merged into it', () => {
  const [a, b, c, d] = [entity('a', 1), entity('b', 2), entity('c', 3), entity('d', 4)]
  const bc = { id: 'b', entity: mergeEntities(b, c, { cause: write(10) }) }
  const abc = { id: 'a', entity: mergeEntities(a, bc, { cause: write(11), evidence: { kind: 'email', value: 'x@y.z' } }) }
  const all = mergeEntities(abc, d, { cause: write(12) })
  expect(partIds(all)).toEqual(['a', 'b', 'c', 'd'])

  const split = splitEntity(all, 'b')
  expect(split && partIds(split.detached)).toEqual(['b', 'c'])
  expect(split?.detached.parts).toEqual(bc.entity.parts)
  expect(split?.detached.merges).toEqual(bc.entity.merges)
  expect(split && partIds(split.rest)).toEqual(['a', 'd'])
  expect(split?.rest.merges.map(({ loser }) => loser)).toEqual(['d'])
  expect(split && areApart(split.rest, split.detached)).toBe(true)
  expect(split && areApart(split.detached, split.rest)).toBe(true)
})

test('an entity’s own part cannot leave it, nor one that is not there', () => {
  const { entity: merged } = { entity: mergeEntities(entity('a', 1), entity('b', 2), { cause: write(3) }) }
  expect(splitEntity(merged, 'a')).toBeUndefined()
  expect(splitEntity(merged, 'x')).toBeUndefined()
})
