/** Whatever comes: a definition that is JSON, or problems that say where; never an exception. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import { compilePointer, parsePointer } from '../../base/json-pointer.ts'
import { OPERATOR_WORDS, OPTIONS_OF_TEST, TIMEFRAMES } from './operators.ts'
import { parseSegment } from './parse-segment.ts'
import { about, aboutAccounts, CONTEXT, ID, leaf } from './segment-parsing.fixture.ts'

function check(document: unknown): void {
  const { definition, problems } = parseSegment(ID, document, CONTEXT)
  const errors = problems.filter(({ isWarning }) => !isWarning)
  expect(definition === undefined).toBe(errors.length > 0)
  for (const { pointer, message } of problems) {
    expect(parsePointer(pointer)).toBeDefined()
    expect(message).toMatch(/\.$/)
    expect(message.length).toBeLessThan(600)
  }
  if (definition === undefined) return
  expect(JSON.parse(JSON.stringify(definition))).toEqual(definition)
  // The same document is accepted again, and means the same.
  expect(parseSegment(ID, definition.document, CONTEXT).definition).toEqual(definition)
}

const PLAIN_WORDS = 'all any none plan seats event segment users account.segment account.plan trial_ends_at vips 2026-03-01'
const words = fc.constantFrom<Json>(
  ...OPERATOR_WORDS,
  ...TIMEFRAMES.map(({ word }) => word),
  ...PLAIN_WORDS.split(' '),
  'Completed Order',
  '2026-03-01T08:00:00Z',
  '',
  '__proto__',
  'constructor',
  0,
  1,
  7,
  -1,
  1.5,
  1e300,
  true,
  null,
)
const MEMBERS =
  'type predicates predicate property key operator options value eventName propsFilters timeframe date from to count then within_days ' +
  'comparison section points lat lon metres kind manual timeZone trait name __proto__ toString constructor'
const names = fc.constantFrom(...MEMBERS.split(' '), ...Object.values(OPTIONS_OF_TEST).flat())
const anything = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    words,
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(names, tie('json'), { maxKeys: 5 }),
  ),
})).json

const EXAMPLES: JsonObject[] = [
  about('plan', 'equals', { value: ['pro'] }),
  about('place', 'is_within', { circle: { lat: 48, lon: 2, metres: 100 } }),
  about('event', 'at_least_once', {
    eventName: 'Completed Order',
    propsFilters: [{ section: 'property', key: 'total', operator: 'gt', value: 100 }],
    timeframe: 'less_than',
    days: 30,
  }),
  about('event', 'sum', { eventName: 'Completed Order', property: 'total', comparison: 'is_greater_than', value: 3 }),
  about('trial_ends_at', 'is_between', { min_days: 7, max_days: 30 }),
  about('segment', 'is_member', { value: ['vips'] }),
  aboutAccounts('users', 'is_at_least', { count: 3, predicate: { type: 'any', predicates: [leaf('email', 'is_set')] } }),
  { name: 'x', type: 'users_segment', timeZone: { trait: 'timezone' }, predicate: about('seats', 'gt', { value: 3 }) },
]

/** Paths to every value of a document. */
function pathsOf(value: Json, path: string[] = []): string[][] {
  const members = Array.isArray(value) || isObject(value) ? Object.entries(value) : []
  return [path, ...members.flatMap(([name, member]) => pathsOf(member, [...path, name]))]
}

/** A copy with another value at the path. */
function replaced(document: Json, [step, ...rest]: readonly string[], value: Json): Json {
  if (step === undefined) return value
  if (Array.isArray(document)) return document.map((item, i) => (String(i) === step ? replaced(item, rest, value) : item))
  if (!isObject(document)) return value
  return { ...document, [step]: replaced(document[step] ?? null, rest, value) }
}

describe('no document is too much', () => {
  test('JSON at random', () => {
    fc.assert(fc.property(anything, check), { numRuns: 2_000 })
  })

  test('sound documents with one value at random', () => {
    const changed = fc
      .constantFrom(...EXAMPLES)
      .chain((example) =>
        fc
          .tuple(fc.constantFrom(...pathsOf(example)), fc.oneof(words, anything))
          .map(([path, value]) => replaced(example, path, value)),
      )
    fc.assert(fc.property(changed, check), { numRuns: 5_000 })
  })

  test('any option of any operator, alone and in pairs', () => {
    const options = fc.dictionary(names, fc.oneof(words, fc.array(words, { maxLength: 3 })), { maxKeys: 4 })
    const keys = fc.constantFrom('plan', 'seats', 'event', 'trial_ends_at', 'place', 'tags', 'city', 'segment', 'account.plan')
    const documents = fc.tuple(keys, fc.constantFrom(...OPERATOR_WORDS), options).map((row) => about(...row))
    fc.assert(fc.property(documents, check), { numRuns: 5_000 })
  })

  test('JavaScript that is no JSON', () => {
    const cycle: Record<string, unknown> = { predicate: about('email', 'is_set') }
    cycle['self'] = cycle
    for (const odd of [cycle, 1n, Symbol('x'), () => 1, { a: 1n }, new Date(Number.NaN), { toJSON: () => 3 }, undefined])
      check(odd)
  })

  test('a document nested a hundred thousand levels deep', () => {
    const depth = 100_000
    const text = `${'{"type":"all","predicates":['.repeat(depth)}1${']}'.repeat(depth)}`
    check(JSON.parse(text))
  })
})

/** How many steps of a pointer lead beyond what is written. */
function stepsBeyond(document: unknown, pointer: string): number {
  const read = compilePointer(pointer)
  return pointer === '' || read(document) !== undefined
    ? 0
    : 1 + stepsBeyond(document, pointer.slice(0, pointer.lastIndexOf('/')))
}

test('a problem stands where something is written, or at what is missing there', () => {
  fc.assert(
    fc.property(fc.constantFrom(...EXAMPLES), words, (example, value) => {
      for (const path of pathsOf(example)) {
        const document = replaced(example, path, value)
        const pointers = parseSegment(ID, document, CONTEXT).problems.map(({ pointer }) => pointer)
        // `options` and the option are missing, or `property` and its key.
        for (const pointer of pointers) expect(stepsBeyond(document, pointer), pointer).toBeLessThanOrEqual(2)
      }
    }),
  )
})
