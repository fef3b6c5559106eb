import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json } from '../../base/json.ts'
import type { Part, TraitOperation, Write } from './entity.ts'
import { emptyPart, writeAt } from './trait.fixture.ts'
import { insertOperation, parseOperation, TRAIT_OPERATIONS_MAX } from './trait-operations.ts'
import { compareWrites, type TraitOrder } from './trait-order.ts'
import { increased } from './trait-sum.ts'
import { traitValue } from './trait-value.ts'

type Operation = [operation: TraitOperation[0], value: Json]
type Written = { operation: Operation; write: Write; part: number }

/** The naive model: all that was ever written, in its order, one after the other. */
function valueOfAll(written: readonly Written[], order: TraitOrder): { value: Json; write: Write } | undefined {
  let result: { value: Json; write: Write } | undefined
  for (const { operation, write } of written.toSorted((a, b) => compareWrites(a.write, b.write, order))) {
    const [name, value] = operation
    const current = result?.value ?? null
    if (name === 'set' || (name === 'setIfNull' && current === null)) result = { value, write }
    if (name === 'inc' && typeof (current ?? 0) === 'number') result = { value: increased(Number(current), Number(value)), write }
  }
  return result
}

function insert(part: Part, { operation: [operation, value], write }: Written, order: TraitOrder): void {
  const number = Object.keys(part.writes).length
  part.writes[number] = write
  const list = (part.traits['trait'] ??= [])
  insertOperation(list, [operation, value, number], { writes: part.writes, order })
}

function partsOf(written: readonly Written[], order: TraitOrder): Part[] {
  const parts = [emptyPart(), emptyPart(), emptyPart()]
  for (const one of written) insert(parts[one.part] as Part, one, order)
  return parts
}

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.tuple(fc.constant('set' as const), fc.option(fc.integer({ min: -9, max: 9 }), { freq: 2 })),
  fc.tuple(fc.constant('setIfNull' as const), fc.integer({ min: 10, max: 19 })),
  fc.tuple(
    fc.constant('inc' as const),
    fc.integer({ min: -900, max: 900 }).map((hundredths) => hundredths / 100),
  ),
  // An increase has no effect on it.
  fc.constant<Operation>(['set', 'text']),
)

/** Times repeat, so that places decide, too. The list stands in the order of arrival. */
const arrivals = (max: number, parts = 3): fc.Arbitrary<Written[]> =>
  fc
    .array(fc.tuple(operation, fc.nat(12), fc.nat(parts - 1)), { maxLength: max })
    .map((list) => list.map(([operation, second, part], i) => ({ operation, write: writeAt(second, i), part })))
    .chain((list) => fc.shuffledSubarray(list, { minLength: list.length }))

const order = fc.constantFrom<TraitOrder>('newest', 'last-received')

const write = (second: number, operation: Operation): Written => ({ operation, write: writeAt(second), part: 0 })

describe('the value of a trait', () => {
  test('is that of all operations in order, however they arrived and wherever they lie', () => {
    const property = fc.property(arrivals(TRAIT_OPERATIONS_MAX), order, (written, order) => {
      expect(traitValue(partsOf(written, order), 'trait', order)).toEqual(valueOfAll(written, order))
    })
    fc.assert(property, { numRuns: 3_000 })
  })

  test('is the same in whatever order the parts stand, and however they are put together', () => {
    const property = fc.property(arrivals(20), order, fc.nat(2), (written, order, apart) => {
      const value = traitValue(partsOf(written, order), 'trait', order)
      const moved = written.map((one) => ({ ...one, part: one.part === apart ? 0 : one.part }))
      expect(traitValue(partsOf(moved, order), 'trait', order)).toEqual(value)
      expect(traitValue(partsOf(written, order).toReversed(), 'trait', order)).toEqual(value)
    })
    fc.assert(property, { numRuns: 1_000 })
  })

  test('stays that of all operations when more than the bound arrive in order, and the list keeps the bound', () => {
    const property = fc.property(arrivals(150, 1), (written) => {
      const inOrder = written.toSorted((a, b) => a.write.position - b.write.position)
      const parts = partsOf(inOrder, 'last-received')
      expect(parts[0]?.traits['trait']?.length ?? 0).toBeLessThanOrEqual(TRAIT_OPERATIONS_MAX)
      expect(traitValue(parts, 'trait', 'last-received')).toEqual(valueOfAll(written, 'last-received'))
    })
    fc.assert(property, { numRuns: 1_000 })
  })

  test('counts as written when it was written last, also when it was the same before', () => {
    const parts = partsOf(
      [3, 1, 2].map((second) => ({ operation: ['set', 'gold'], write: writeAt(second), part: 0 })),
      'newest',
    )
    expect(traitValue(parts, 'trait', 'newest')).toEqual({ value: 'gold', write: writeAt(3) })
    expect(parts[0]?.traits['trait']).toHaveLength(1)
  })

  test('needs nothing of what came before a set, be it of a value or of null', () => {
    const before = [write(1, ['inc', 1]), write(2, ['setIfNull', 2])]
    for (const value of [7, null]) {
      const [part] = partsOf([...before, write(3, ['inc', 4]), write(2, ['set', value])], 'newest')
      expect(part?.traits['trait']).toEqual([
        ['set', value, 3],
        ['inc', 4, 2],
      ])
    }
  })

  test('is none before anything was written, also under a name that every object has', () => {
    expect(traitValue([emptyPart()], 'trait', 'newest')).toBeUndefined()
    expect(traitValue([emptyPart()], 'constructor', 'newest')).toBeUndefined()
    expect(traitValue([], 'trait', 'newest')).toBeUndefined()
  })

  test('comes back when a deletion turns out to be older than a setIfNull', () => {
    const written = [write(1, ['set', 'first']), write(5, ['setIfNull', 'second'])]
    expect(traitValue(partsOf(written, 'newest'), 'trait', 'newest')?.value).toBe('first')
    expect(traitValue(partsOf([...written, write(3, ['set', null])], 'newest'), 'trait', 'newest')?.value).toBe('second')
    expect(traitValue(partsOf([...written, write(9, ['set', null])], 'newest'), 'trait', 'newest')?.value).toBeNull()
  })
})

const fill = (operations: Operation[]) => {
  const written = operations.map((operation, i) => ({ operation, write: writeAt(i), part: 0 }))
  return partsOf(written, 'newest')[0]?.traits['trait']?.map(([operation, value]) => [operation, value])
}
const times = (count: number, operation: Operation) => Array.from({ length: count }, () => operation)

describe('a list that is too long', () => {
  test('gives up the oldest setIfNull that found a value', () => {
    const list = fill([['set', null], ['setIfNull', 'first'], ['setIfNull', 'idle'], ...times(40, ['setIfNull', 'later'])])
    expect(list?.slice(0, 3)).toEqual([
      ['set', null],
      ['setIfNull', 'first'],
      ['setIfNull', 'later'],
    ])
    expect(list).toHaveLength(TRAIT_OPERATIONS_MAX)
  })

  test('makes one increase of the two oldest, at the later write', () => {
    const operations: Operation[] = [['setIfNull', 5], ...times(40, ['inc', 1])]
    expect(fill(operations)?.slice(0, 3)).toEqual([
      ['setIfNull', 5],
      ['inc', 10],
      ['inc', 1],
    ])
    const [part] = partsOf(
      operations.map((operation, i) => write(i, operation)),
      'newest',
    )
    expect(part?.traits['trait']?.map(([, , number]) => number).slice(0, 3)).toEqual([0, 10, 11])
  })

  test('gives up operations that arrive late and have no effect as if they had not come', () => {
    const parts = partsOf(
      [
        { operation: ['set', 1], write: writeAt(0), part: 0 },
        ...times(31, ['setIfNull', 2]).map((operation, i) => ({ operation, write: writeAt(i + 5), part: 0 })),
      ],
      'newest',
    )
    const [part] = parts as [Part, Part, Part]
    const before = structuredClone(part.traits)
    part.writes[99] = writeAt(1)
    const late: TraitOperation = ['setIfNull', 3, 99]
    expect(insertOperation(part.traits['trait'] ?? [], late, { writes: part.writes, order: 'newest' })).toEqual([late])
    expect(part.traits).toEqual(before)
  })
})

describe('increases', () => {
  test.each([
    [0.1, 0.2, 0.3],
    [19.99, 0.01, 20],
    [1.005, 1.005, 2.01],
    [-0.3, 0.1, -0.2],
    [0.3, -0.3, 0],
    [1e-7, 2e-7, 3e-7],
    [1.5e-7, 1, 1.00000015],
    [123456789012.34, 0.01, 123456789012.35],
    [5e-324, 1, 1],
    [Number.MAX_SAFE_INTEGER, 1, Number.MAX_SAFE_INTEGER],
    [Number.MIN_SAFE_INTEGER, -0.5, Number.MIN_SAFE_INTEGER],
    [1e300, 1e10, 1e300],
    [-1e300, -1e10, -1e300],
  ])('%d and %d make %d', (value, amount, sum) => {
    expect(increased(value, amount)).toBe(sum)
  })

  test('of money are exact', () => {
    const cents = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 })
    const property = fc.property(cents, cents, (a, b) => {
      // `+ 0`: JSON knows no -0.
      expect(increased(a / 100, b / 100)).toBe((a + b) / 100 + 0)
    })
    fc.assert(property, { numRuns: 3_000 })
  })
})

describe('an incoming value', () => {
  test.each<[Json, string, Json]>([
    ['gold', 'set', 'gold'],
    [null, 'set', null],
    [{ operation: 'set', value: 5 }, 'set', 5],
    [{ operation: 'set', value: null }, 'set', null],
    [{ value: 'x', operation: 'setIfNull' }, 'setIfNull', 'x'],
    [{ operation: 'inc', value: 2 }, 'inc', 2],
    [{ operation: 'increment', value: 2 }, 'inc', 2],
    [{ operation: 'dec', value: 2 }, 'dec', 2],
    [{ operation: 'decrement', value: 2 }, 'dec', 2],
  ])('%j is %s of %j', (incoming, operation, value) => {
    expect(parseOperation(incoming)).toEqual({ operation, value })
  })

  test.each<[Json]>([
    [{ operation: 'unset', value: 1 }],
    [{ operation: 'inc' }],
    [{ operation: 'inc', value: 1, by: 'hand' }],
    [{ operation: ['inc'], value: 1 }],
    [[{ operation: 'inc', value: 1 }]],
    [{ value: 1 }],
    [{ operation: 'constructor', value: 1 }],
  ])('%j is no operation but JSON that is set', (incoming) => {
    expect(parseOperation(incoming)).toEqual({ operation: 'set', value: incoming })
  })
})
