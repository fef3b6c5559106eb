import { expect, test } from 'vitest'
import { FakeClock } from './clock.ts'
import { deepFreeze } from './deep-freeze.ts'
import { Doorbell } from './doorbell.ts'
import { compilePointer, formatPointer, parsePointer } from './json-pointer.ts'
import { toPlainJson } from './plain-json.ts'
import { seededRandom } from './random.ts'
import { suggest } from './suggest.ts'

test.each([
  ['vendr', 'vendor'],
  ['segmnets', 'segments'],
  ['lastWriteWin', 'lastWriteWins'],
  ['xyz', undefined],
])('for %s it suggests %s', (word, expected) => {
  expect(suggest(word, ['vendor', 'segments', 'lastWriteWins', 'user'])).toBe(expected)
})

test.each([
  ['', []],
  ['/a~1b/~0', ['a/b', '~']],
  ['/', ['']],
])('the pointer %j has the parts %j', (pointer, parts) => {
  expect(parsePointer(pointer)).toEqual(parts)
  expect(formatPointer(parts)).toBe(pointer)
})

test.each(['a', '/~2', '#/a'])('%j is no pointer', (pointer) => {
  expect(parsePointer(pointer)).toBeUndefined()
})

test('a pointer reads own members only', () => {
  expect(compilePointer('/a/0/b')({ a: [{ b: 7 }] })).toBe(7)
  expect(compilePointer('/__proto__/toString')({})).toBeUndefined()
  expect(compilePointer('/length')([1])).toBe(1)
})

test('plain JSON comes back as it is, anything else as JSON would write it', () => {
  const plain = { a: [1, { b: null }] }
  expect(toPlainJson(plain)).toBe(plain)
  expect(toPlainJson({ a: undefined, at: new Date(0), list: [Number.NaN] })).toEqual({
    at: '1970-01-01T00:00:00.000Z',
    list: [null],
  })
  expect(toPlainJson(undefined)).toBeUndefined()
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  expect(() => toPlainJson(cycle)).toThrow(TypeError)
})

test('a frozen document cannot be changed at any depth', () => {
  const document = deepFreeze({ list: [{ value: 1 }] })
  expect(() => Object.assign(document.list[0] as object, { value: 2 })).toThrow(TypeError)
})

test('a doorbell remembers one ring, and an abort ends the wait', async () => {
  const bell = new Doorbell()
  bell.ring()
  bell.ring()
  await bell.wait()
  const abort = new AbortController()
  const waiting = bell.wait(abort.signal)
  abort.abort()
  await waiting
})

test('a fake clock wakes sleepers in the order of their time', async () => {
  const clock = new FakeClock(0)
  const woken: number[] = []
  const sleeps = [30, 10, 20].map((ms) => clock.sleep(ms).then(() => woken.push(ms)))
  clock.advance(25)
  await Promise.resolve()
  expect(clock.sleeping).toBe(1)
  clock.advance(5)
  await Promise.all(sleeps)
  expect(woken).toEqual([10, 20, 30])
})

test('the same seed gives the same numbers, evenly spread', () => {
  const [a, b] = [seededRandom(7), seededRandom(7)]
  const numbers = Array.from({ length: 10_000 }, () => a.next())
  expect(Array.from({ length: 10_000 }, () => b.next())).toEqual(numbers)
  expect(numbers.reduce((sum, number) => sum + number) / numbers.length).toBeCloseTo(0.5, 1)
})
