import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { MillraceError } from '../../base/errors.ts'
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import type { Catalog, TestStep } from '../../model/catalog.ts'
import type { CompiledSchema } from '../../model/compiled-schema.ts'
import { compileKey } from '../../model/key.ts'
import { compilePartition } from '../../model/partition.ts'
import { DEFAULT_IDENTITY_RULES } from '../../model/profile/identity-rules.ts'
import { runCatalogTests, selectTests, type TestResult } from './catalog-tests.ts'
import { failureText } from './failure-text.ts'
import type { TestEngine, WrittenDocument } from './test-engine.ts'

const SALES = {
  name: 'sales',
  schema: 'file:///sales',
  key: ['/shop', '/day'],
  projections: { shop: { location: '/shop', isPartition: true } },
}

/** `n` is summed, everything else is the latest; a document with `gone` deletes. */
const SUMMING: CompiledSchema = {
  validate: () => undefined,
  reduce: (left, right) => {
    if (!isObject(right)) throw new MillraceError('reduction_failed', 'At "": not an object.')
    if (right['gone']) return undefined
    return isObject(left) ? { ...left, ...right, n: Number(left['n'] ?? 0) + Number(right['n'] ?? 0) } : right
  },
}

/** Holds what is ingested; documents of a shop "bad" are refused, those of a shop "stuck" are never settled. */
class FakeEngine implements TestEngine {
  static open = 0
  #pending: Json[] = []
  #written: WrittenDocument[] = []
  #key = compileKey(SALES.key)
  #partitionOf = compilePartition(SALES)

  constructor() {
    FakeEngine.open++
  }

  async ingest(_collection: string, documents: readonly JsonObject[]): Promise<void> {
    if (documents.some(({ shop }) => shop === 'bad'))
      throw new MillraceError('document_invalid', 'Document 1 is bad.', { hint: 'Mend it.' })
    this.#pending.push(...documents)
  }

  async settle(): Promise<void> {
    for (const document of this.#pending) {
      if (isObject(document) && document['shop'] === 'stuck') return new Promise(() => {})
      this.#written.push({ document, key: this.#key.pack(document), partition: this.#partitionOf(document) })
    }
    this.#pending = []
  }

  async *read(): AsyncIterable<WrittenDocument> {
    yield* this.#written
  }

  async close(): Promise<void> {
    FakeEngine.open--
  }
}

const ingest = (...documents: JsonObject[]): TestStep => ({
  kind: 'ingest',
  collection: 'sales',
  documents,
  isExact: false,
  at: 'sales.yaml:1',
})
const verify = (documents: JsonObject[], rest: Partial<TestStep> = {}): TestStep => ({
  kind: 'verify',
  collection: 'sales',
  documents,
  isExact: false,
  at: 'sales.yaml:9',
  ...rest,
})

function catalogOf(tests: Record<string, TestStep[]>): Catalog {
  return {
    schemas: {},
    collections: { sales: SALES },
    materializations: {},
    tests: Object.fromEntries(Object.entries(tests).map(([name, steps]) => [name, { name, steps }])),
    sources: {},
    traits: { user: {}, account: {} },
    identity: DEFAULT_IDENTITY_RULES,
    notifications: {},
    segments: {},
    timeZone: 'UTC',
  }
}

async function run(
  tests: Record<string, TestStep[]>,
  options: { isExact?: boolean; clock?: FakeClock } = {},
): Promise<TestResult[]> {
  const catalog = catalogOf(tests)
  const results = runCatalogTests(catalog, selectTests(catalog), {
    openEngine: async () => new FakeEngine(),
    schemas: { compile: () => SUMMING },
    clock: new FakeClock(),
    ...options,
  })
  return Array.fromAsync(results)
}

/** The text of the only test's failure, or "passed". */
async function check(steps: TestStep[], options: { isExact?: boolean } = {}): Promise<string> {
  const [result] = await run({ only: steps }, options)
  return result?.failure ? failureText(result.failure, { paint: (_color, text) => text }) : 'passed'
}

const monday = { shop: 'a', day: 1, n: 1 }

test('documents are reduced by key over all steps, and compared in key order', async () => {
  const steps = [
    ingest({ shop: 'b', day: 1, n: 5 }, { shop: 'a', day: 10, n: 1 }, monday),
    verify([monday, { shop: 'a', day: 10, n: 1 }, { shop: 'b', day: 1, n: 5 }]),
    ingest(monday, monday, { shop: 'b', day: 1, gone: true }),
    verify([
      { ...monday, n: 3 },
      { shop: 'a', day: 10 },
    ]),
  ]
  expect(await check(steps)).toBe('passed')
})

test('a test sees nothing of the other tests, and each engine is closed', async () => {
  const results = await run({ one: [ingest(monday), verify([monday])], two: [verify([])], three: [ingest({ shop: 'bad' })] })
  expect(results.map(({ name, failure }) => [name, failure === undefined])).toEqual([
    ['one', true],
    ['three', false],
    ['two', true],
  ])
  expect(FakeEngine.open).toBe(0)
})

describe('what fails is told with the place, the key and the path', () => {
  test('a value, with both sides', async () => {
    const steps = [ingest({ ...monday, by: { name: 'ann' } }), verify([{ ...monday, n: 2, by: { name: 'bob' } }])]
    expect(await check(steps)).toBe(
      [
        '  verify sales (sales.yaml:9): - expected + found',
        '    document ["a",1] differs',
        '      /n',
        '      - 2',
        '      + 1',
        '      /by/name',
        '      - "bob"',
        '      + "ann"',
      ].join('\n'),
    )
  })

  test('missing and surplus documents', async () => {
    const steps = [ingest(monday, { shop: 'c', day: 1 }), verify([monday, { shop: 'b', day: 1, n: 2 }])]
    expect(await check(steps)).toBe(
      [
        '  verify sales (sales.yaml:9): - expected + found',
        '    document ["b",1] is missing',
        '      - {"shop":"b","day":1,"n":2}',
        '    document ["c",1] is not expected',
        '      + {"shop":"c","day":1}',
      ].join('\n'),
    )
  })

  test('documents when none are expected, and none when some are', async () => {
    expect(await check([ingest(monday), verify([])])).toContain('document ["a",1] is not expected')
    expect(await check([verify([monday])])).toContain('document ["a",1] is missing')
  })

  test('a refused ingest, with its hint, and no step after it', async () => {
    const steps = [ingest({ shop: 'bad' }), verify([monday])]
    expect(await check(steps)).toBe('  ingest sales (sales.yaml:1)\n    Document 1 is bad.\n    Mend it.')
  })

  test('a long value, on several lines', async () => {
    const steps = [verify([{ ...monday, note: 'x'.repeat(100) }])]
    expect(await check(steps)).toContain('\n      -   "shop": "a",\n')
  })

  test('no more documents than a person reads', async () => {
    const many = Array.from({ length: 30 }, (_, day) => ({ shop: 'a', day }))
    expect(await check([ingest(...many), verify([])])).toMatch(/\n {4}and 10 more documents$/)
  })
})

test('with "exact", of the step or of the run, nothing more may be there', async () => {
  const [subset, exact] = [false, true].map((isExact) => [ingest(monday), verify([{ shop: 'a', day: 1 }], { isExact })])
  const surplus = '/n\n      - nothing\n      + 1'
  expect(await check(subset ?? [])).toBe('passed')
  expect(await check(exact ?? [])).toContain(surplus)
  expect(await check(subset ?? [], { isExact: true })).toContain(surplus)
})

test('a partition selector hides what is in other partitions', async () => {
  const b = { shop: 'b', day: 1 }
  expect(await check([ingest(monday, b), verify([b], { partitions: { include: { shop: ['b'] } } })])).toBe('passed')
  expect(await check([ingest(monday, b), verify([monday], { partitions: { exclude: { shop: ['b'] } } })])).toBe('passed')
})

test('an engine that never settles fails the test after a minute', async () => {
  const clock = new FakeClock()
  const running = run({ stuck: [ingest({ shop: 'stuck', day: 1 }), verify([])] }, { clock })
  for (let turn = 0; turn < 3; turn++) {
    await new Promise(setImmediate)
    clock.advance(60_000)
  }
  const [result] = await running
  expect(result?.failure?.problem?.message).toContain('60 seconds')
  expect(clock.sleeping).toBe(0)
})

test('tests are selected by part of their name, ignoring case, in the order of names', () => {
  const catalog = catalogOf({ 'Sales a+b (sum)': [], 'returns sum': [], Other: [] })
  const names = (pattern?: string) => selectTests(catalog, pattern).map(({ name }) => name)
  expect(names()).toEqual(['Other', 'Sales a+b (sum)', 'returns sum'])
  expect(names('SUM')).toEqual(['Sales a+b (sum)', 'returns sum'])
  expect(names('a+b (')).toEqual(['Sales a+b (sum)'])
  expect(names('sales*sum')).toEqual(['Sales a+b (sum)'])
  expect(names('sum*sales')).toEqual([])
})
