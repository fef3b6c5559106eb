import { describe, expect, test } from 'vitest'
import { EntityDiff } from './entity-diff.ts'
import type { EntityChange } from '../../model/segment/entity-change.ts'

function diffOf(...changes: Partial<EntityChange>[]): EntityDiff {
  const diff = new EntityDiff({ kind: 'user', entity: 'u' })
  for (const change of changes) diff.add({ kind: 'user', entity: 'u', position: 1, index: 0, at: '', ...change })
  return diff
}

describe('several changes of a fact are one', () => {
  test.each<[string, [from: null | number, to: null | number][], [null | number, null | number] | undefined]>([
    [
      'from the first to the last',
      [
        [1, 2],
        [2, 3],
      ],
      [1, 3],
    ],
    [
      'from nothing, where nothing was there at first',
      [
        [null, 1],
        [1, 2],
      ],
      [null, 2],
    ],
    [
      'to nothing',
      [
        [1, 2],
        [2, null],
      ],
      [1, null],
    ],
    [
      'and none when it is as it was',
      [
        [null, 1],
        [1, null],
      ],
      undefined,
    ],
  ])('%s', (_name, changes, expected) => {
    expect(diffOf(...changes.map((change) => ({ facts: { f: change } }))).facts()).toEqual(expected ? { f: expected } : {})
  })

  test('lists and objects are compared by what they hold', () => {
    const changes = [{ facts: { f: [{ a: 1, b: 2 }, []] } }, { facts: { f: [[], { b: 2, a: 1 }] } }] as Partial<EntityChange>[]
    expect(diffOf(...changes).hasChanges()).toBe(false)
  })
})

test('a user that had no account and goes through one to another came from none', () => {
  expect(diffOf({ account: [null, 'a'] }, { account: ['a', 'b'] }).account()).toEqual([null, 'b'])
  expect(diffOf({ account: ['a', 'b'] }, { account: ['b', 'a'] }).account()).toBeUndefined()
})

test('who ended and came back has not ended', () => {
  expect(diffOf({ mergedInto: 'x' }).ending).toEqual({ mergedInto: 'x' })
  expect(diffOf({ isErased: true }).ending).toEqual({ mergedInto: null })
  expect(diffOf({ mergedInto: 'x' }, { isNew: true }).ending).toBeUndefined()
})
