import { DatabaseSync } from 'node:sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { MillraceError } from '../../base/errors.ts'
import type { Row, SelectedField, TableEndpoint, TableSpec } from '../../endpoint/endpoint.ts'
import { openSqliteEndpoint } from '../../endpoint/sqlite/sqlite-endpoint.ts'
import type { MaterializationStatus } from './materialization-status.ts'
import { type Fact, FactStream, reducePlainly, rules } from './materialize.fixture.ts'
import { materializeTables, type TransactionLimits } from './materialize-tables.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-materialize-'))
afterAll(() => rmSync(directory, { recursive: true }))
let files = 0

const column = (field: string, role: SelectedField['role'], type: SelectedField['types'][number]): SelectedField => ({
  field,
  location: role === 'document' ? '' : `/${field}`,
  role,
  types: [type],
  mayBeNull: false,
})

const tableSpec = (table: string): TableSpec => ({
  table,
  source: rules.collection,
  fields: [column('id', 'key', 'string'), column('n', 'value', 'integer'), column('flow_document', 'document', 'object')],
})

/** A target and the streams that are materialized into it, by table. */
class Scenario {
  readonly path = join(directory, `${++files}.db`)
  readonly statuses: MaterializationStatus[] = []
  streams: Record<string, FactStream> = { facts: new FactStream() }

  get facts(): FactStream {
    return this.streams['facts'] as FactStream
  }

  /** One run until everything is committed. */
  async run({
    limits = {},
    wrap = (endpoint: TableEndpoint) => endpoint,
  }: { limits?: Partial<TransactionLimits>; wrap?: (endpoint: TableEndpoint) => TableEndpoint } = {}) {
    const endpoint = wrap(openSqliteEndpoint({ path: this.path, owner: 'm' }))
    const bindings = Object.entries(this.streams).map(([table, stream]) => ({ ...rules, spec: tableSpec(table), stream }))
    const options = {
      bindings,
      endpoint,
      waitForMore: async () => {},
      report: (status: MaterializationStatus) => void this.statuses.push(status),
      limits,
    }
    try {
      await materializeTables(options, new AbortController().signal, { untilIdle: true })
    } finally {
      await endpoint.close()
    }
  }

  rows(table = 'facts'): unknown[] {
    const db = new DatabaseSync(this.path)
    const rows = db.prepare(`select id, n, flow_document from ${table} order by id`).all()
    db.close()
    return rows.map((row) => ({ ...row, flow_document: JSON.parse(String(row['flow_document'])) as unknown }))
  }

  position(): number | undefined {
    return this.statuses.at(-1)?.bindings[0]?.position
  }
}

function expectedRows(facts: readonly Fact[]): unknown[] {
  const rows = [...reducePlainly(facts).values()].map((row) => ({ id: row.id, n: row.n, flow_document: row }))
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

const factArbitrary: fc.Arbitrary<Fact> = fc
  .record({
    id: fc.constantFrom('a', 'b', 'c', 'd'),
    n: fc.integer({ min: 0, max: 9 }),
    note: fc.constantFrom('x', 'y', 'z'),
    isGone: fc.boolean(),
  })
  .map(({ id, n, note, isGone }) => (isGone && n < 5 ? { id, gone: true } : { id, n, note }))
const inputsArbitrary = fc.array(fc.array(factArbitrary, { maxLength: 4 }), { maxLength: 15 })

test('documents of a key are reduced in order onto the stored row, run after run', async () => {
  const scenario = new Scenario()
  scenario.facts.append({ id: 'a', n: 1, note: 'first' }, { id: 'b', n: 2, note: 'only' })
  scenario.facts.append({ id: 'a', n: 3, note: 'second' })
  await scenario.run()
  scenario.facts.append({ id: 'a', n: 5, note: 'third' })
  await scenario.run()
  expect(scenario.rows()).toEqual([
    { id: 'a', n: 9, flow_document: { id: 'a', n: 9, notes: ['first', 'second', 'third'] } },
    { id: 'b', n: 2, flow_document: { id: 'b', n: 2, notes: ['only'] } },
  ])
  expect(scenario.position()).toBe(3)
})

test('a row whose reduction deletes it is gone, and a later document starts afresh', async () => {
  const scenario = new Scenario()
  scenario.facts.append({ id: 'a', n: 1, note: 'old' }, { id: 'b', n: 1, note: 'kept' })
  await scenario.run()
  scenario.facts.append({ id: 'a', gone: true }, { id: 'nobody', gone: true })
  await scenario.run()
  expect(scenario.rows()).toEqual(expectedRows([{ id: 'b', n: 1, note: 'kept' }]))
  scenario.facts.append({ id: 'a', n: 7, note: 'new' })
  await scenario.run()
  expect(scenario.rows()).toEqual(
    expectedRows([
      { id: 'a', n: 7, note: 'new' },
      { id: 'b', n: 1, note: 'kept' },
    ]),
  )
})

test('any slicing of the stream into transactions, reads and runs gives the rows of a plain computation', async () => {
  const slicing = fc.record({
    documents: fc.integer({ min: 1, max: 10 }),
    positionsPerRead: fc.integer({ min: 1, max: 4 }),
    runs: fc.integer({ min: 1, max: 3 }),
  })
  await fc.assert(
    fc.asyncProperty(inputsArbitrary, slicing, async (inputs, { documents, positionsPerRead, runs }) => {
      const scenario = new Scenario()
      scenario.facts.positionsPerRead = positionsPerRead
      const perRun = Math.ceil(inputs.length / runs)
      for (let run = 0; run < runs; run++) {
        for (const facts of inputs.slice(run * perRun, (run + 1) * perRun)) scenario.facts.append(...facts)
        await scenario.run({ limits: { documents } })
      }
      expect(scenario.rows()).toEqual(expectedRows(inputs.flat()))
    }),
    { numRuns: 40 },
  )
})

/** Fails once, before or after the given call of the endpoint. */
function crashAt(call: number, when: 'before' | 'after') {
  let calls = 0
  const guard = async <Result>(action: () => Promise<Result>): Promise<Result> => {
    const isHit = ++calls === call
    if (isHit && when === 'before') throw new MillraceError('endpoint_unavailable', 'crash', { retryable: true })
    const result = await action()
    if (isHit) throw new MillraceError('endpoint_unavailable', 'crash', { retryable: true })
    return result
  }
  const wrap = (endpoint: TableEndpoint): TableEndpoint => ({
    open: (tables) => guard(() => endpoint.open(tables)),
    load: (index, keys) => guard(() => endpoint.load(index, keys)),
    store: (index, rows) => guard(() => endpoint.store(index, rows)),
    commit: (positions) => guard(() => endpoint.commit(positions)),
    close: () => endpoint.close(),
  })
  return { wrap, hasHit: () => calls >= call }
}

test.each(['before', 'after'] as const)(
  'a crash %s any call of the endpoint and a restart lose nothing and repeat nothing',
  async (when) => {
    const inputs: Fact[][] = [
      [
        { id: 'a', n: 1, note: 'x' },
        { id: 'b', n: 2, note: 'y' },
      ],
      [
        { id: 'a', n: 3, note: 'z' },
        { id: 'b', gone: true },
      ],
      [
        { id: 'c', n: 4, note: 'x' },
        { id: 'a', n: 5, note: 'y' },
      ],
    ]
    let crashes = 0
    for (let call = 1, isEnd = false; !isEnd; call++) {
      const scenario = new Scenario()
      scenario.facts.positionsPerRead = 1
      for (const facts of inputs) scenario.facts.append(...facts)
      const { wrap, hasHit } = crashAt(call, when)
      await scenario
        .run({ limits: { documents: 1 }, wrap })
        .catch((error: unknown) => expect(error).toMatchObject({ message: 'crash' }))
      isEnd = !hasHit()
      if (!isEnd) crashes++
      await scenario.run({ limits: { documents: 1 } })
      expect(scenario.rows()).toEqual(expectedRows(inputs.flat()))
    }
    expect(crashes).toBeGreaterThan(8)
  },
)

test('a binding that joins later is filled from the first document on while the others go on', async () => {
  const scenario = new Scenario()
  scenario.facts.append({ id: 'a', n: 1, note: 'x' })
  await scenario.run()
  scenario.streams = { more: new FactStream(), facts: scenario.facts }
  scenario.streams['more']?.append({ id: 'm', n: 1, note: 'old' })
  scenario.streams['more']?.append({ id: 'm', n: 2, note: 'new' })
  scenario.facts.append({ id: 'a', n: 2, note: 'y' })
  await scenario.run()
  expect(scenario.rows('more')).toEqual(
    expectedRows([
      { id: 'm', n: 1, note: 'old' },
      { id: 'm', n: 2, note: 'new' },
    ]),
  )
  expect(scenario.rows('facts')).toEqual(
    expectedRows([
      { id: 'a', n: 1, note: 'x' },
      { id: 'a', n: 2, note: 'y' },
    ]),
  )
})

test('what is ready together is committed together, and only documents cause a commit', async () => {
  const scenario = new Scenario()
  scenario.facts.positionsPerRead = 1
  const commits: (readonly number[])[] = []
  const wrap = (endpoint: TableEndpoint): TableEndpoint => ({
    open: (tables) => endpoint.open(tables),
    load: (index, keys) => endpoint.load(index, keys),
    store: (index, rows) => endpoint.store(index, rows),
    commit: (positions) => endpoint.commit((commits.push(positions), positions)),
    close: () => endpoint.close(),
  })
  for (let i = 0; i < 20; i++) scenario.facts.append({ id: 'a', n: 1, note: 'x' })
  await scenario.run({ wrap })
  expect(commits).toEqual([[20]])
  scenario.facts.append()
  await scenario.run({ wrap })
  expect(commits).toHaveLength(1)
  expect(scenario.position()).toBe(21)
  await scenario.run({ wrap, limits: { scannedBytes: 1 } })
  expect(commits).toEqual([[20], [21]])
})

test('documents that change nothing write nothing', async () => {
  const scenario = new Scenario()
  scenario.facts.append({ id: 'a', gone: true })
  const stored: Row[] = []
  const wrap = (endpoint: TableEndpoint): TableEndpoint => ({
    open: (tables) => endpoint.open(tables),
    load: (index, keys) => endpoint.load(index, keys),
    store: (index, rows) => (stored.push(...rows), endpoint.store(index, rows)),
    commit: (positions) => endpoint.commit(positions),
    close: () => endpoint.close(),
  })
  await scenario.run({ wrap })
  expect(stored).toEqual([])
})

test('a reduced document that breaks the schema ends the run with collection, key and place, and changes nothing', async () => {
  const scenario = new Scenario()
  scenario.facts.append({ id: 'a', n: 999_999, note: 'x' }, { id: 'b', n: 1, note: 'x' })
  await scenario.run()
  scenario.facts.append({ id: 'a', n: 2, note: 'too much' }, { id: 'b', n: 1, note: 'fine' })
  await expect(scenario.run()).rejects.toMatchObject({
    code: 'document_invalid',
    retryable: false,
    message: expect.stringMatching(/"examples\/facts", key \["a"\].* at \/n: must be <= 1000000/) as string,
  })
  expect(scenario.rows()).toEqual(
    expectedRows([
      { id: 'a', n: 999_999, note: 'x' },
      { id: 'b', n: 1, note: 'x' },
    ]),
  )
})

test('documents of an earlier schema are validated by that of today', async () => {
  const scenario = new Scenario()
  scenario.facts.append({ id: 'a', n: 2_000_000, note: 'x' })
  scenario.facts.schemaHash = 'earlier'
  await expect(scenario.run()).rejects.toMatchObject({
    code: 'document_invalid',
    message: expect.stringMatching(/\["a"\].*\/n/) as string,
  })
})

test('documents that cannot be reduced end the run with collection and key', async () => {
  const scenario = new Scenario()
  scenario.facts.append({ id: 'a', n: 1, note: 'x' })
  await scenario.run()
  const db = new DatabaseSync(scenario.path)
  db.exec(`update facts set flow_document = '{"id":"a","n":"text","notes":[]}'`)
  db.close()
  scenario.facts.append({ id: 'a', n: 1, note: 'y' })
  await expect(scenario.run()).rejects.toMatchObject({
    code: 'reduction_failed',
    message: expect.stringMatching(/"examples\/facts", key \["a"\]/) as string,
  })
})

test('an abort in the midst of a transaction leaves the target as it was', async () => {
  const scenario = new Scenario()
  scenario.facts.append({ id: 'a', n: 1, note: 'x' })
  const stop = new AbortController()
  const endpoint = openSqliteEndpoint({ path: scenario.path, owner: 'm' })
  const stopping: TableEndpoint = {
    open: (tables) => endpoint.open(tables),
    load: (index, keys) => endpoint.load(index, keys),
    store: (index, rows) => (stop.abort(), endpoint.store(index, rows)),
    commit: (positions) => endpoint.commit(positions),
    close: () => endpoint.close(),
  }
  const bindings = [{ ...rules, spec: tableSpec('facts'), stream: scenario.facts }]
  await materializeTables({ bindings, endpoint: stopping, waitForMore: async () => {}, report: () => {} }, stop.signal)
  await endpoint.close()
  expect(scenario.rows()).toEqual([])
  await scenario.run()
  expect(scenario.rows()).toEqual(expectedRows([{ id: 'a', n: 1, note: 'x' }]))
})
