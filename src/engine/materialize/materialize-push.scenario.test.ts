import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { MillraceError } from '../../base/errors.ts'
import { seededRandom } from '../../base/random.ts'
import type { PushEndpoint, PushMessage } from '../../endpoint/endpoint.ts'
import type { MaterializationStatus } from './materialization-status.ts'
import { materializePush } from './materialize-push.ts'
import { type Fact, FactStream, reducePlainly, rules } from './materialize.fixture.ts'
import type { PushLimits } from './push-binding.ts'
import type { CursorStore } from './push-cursor.ts'

type Sum = { id: string; n: number; notes: string[] }

const refusal = () => new MillraceError('endpoint_unavailable', 'answered 503', { retryable: true })
const crash = () => new Error('crash')

/** A receiver that leaves out bodies whose idempotency key it knows, and checks that such a repeat is the same body. */
class Receiver implements PushEndpoint {
  readonly bodies = new Map<string, readonly string[]>()
  readonly rows = new Map<string, Sum>()
  attempts = 0

  async push({ documents, idempotencyKey }: PushMessage): Promise<void> {
    this.attempts++
    expect(documents.length).toBeGreaterThan(0)
    const known = this.bodies.get(idempotencyKey)
    if (known !== undefined) return expect(documents).toEqual(known)
    this.bodies.set(idempotencyKey, documents)
    for (const text of documents) {
      const delta = JSON.parse(text) as Sum
      const row = this.rows.get(delta.id) ?? { id: delta.id, n: 0, notes: [] }
      this.rows.set(delta.id, { id: delta.id, n: row.n + delta.n, notes: [...row.notes, ...delta.notes] })
    }
  }

  async close(): Promise<void> {}
}

class Scenario {
  readonly clock = new FakeClock()
  readonly facts = new FactStream()
  readonly receiver = new Receiver()
  readonly cursors = new Map<string, string>()
  readonly statuses: MaterializationStatus[] = []
  readonly store: CursorStore = {
    loadCursor: async (name) => this.cursors.get(name),
    saveCursor: async (name, value) => void this.cursors.set(name, value),
  }
  #runs = 0

  /** One run until everything was received. */
  run({
    limits = {},
    endpoint = this.receiver,
    store = this.store,
    signal = new AbortController().signal,
  }: { limits?: Partial<PushLimits>; endpoint?: PushEndpoint; store?: CursorStore; signal?: AbortSignal } = {}) {
    const options = {
      name: 'm',
      bindings: [{ ...rules, table: 'facts', stream: this.facts }],
      endpoint,
      store,
      clock: this.clock,
      random: seededRandom(++this.#runs),
      waitForMore: async () => {},
      report: (status: MaterializationStatus) => void this.statuses.push(status),
      limits,
    }
    return materializePush(options, signal, { untilIdle: true })
  }

  bodies(): unknown[] {
    return [...this.receiver.bodies.values()].map((texts) => texts.map((text) => JSON.parse(text) as unknown))
  }

  position(): number | undefined {
    return this.statuses.at(-1)?.bindings[0]?.position
  }
}

const fact = (id: string, n: number, note = 'x'): Fact => ({ id, n, note })

test('documents are combined per key in order of their first arrival', async () => {
  const scenario = new Scenario()
  scenario.facts.append(fact('b', 1, 'first'), fact('a', 2))
  scenario.facts.append(fact('b', 3, 'second'))
  await scenario.run()
  expect(scenario.bodies()).toEqual([
    [
      { id: 'b', n: 4, notes: ['first', 'second'] },
      { id: 'a', n: 2, notes: ['x'] },
    ],
  ])
  expect(scenario.position()).toBe(2)
  await scenario.run()
  expect(scenario.receiver.attempts).toBe(1)
  scenario.facts.append(fact('b', 5))
  await scenario.run()
  expect(scenario.bodies().at(-1)).toEqual([{ id: 'b', n: 5, notes: ['x'] }])
})

test('bodies keep to the limits of documents and bytes', async () => {
  const scenario = new Scenario()
  scenario.facts.append(...['a', 'b', 'c', 'd', 'e'].map((id) => fact(id, 1)))
  await scenario.run({ limits: { documents: 2 } })
  expect(scenario.bodies().map((body) => (body as Sum[]).map(({ id }) => id))).toEqual([['a', 'b'], ['c', 'd'], ['e']])
  scenario.facts.append(fact('a', 1, 'x'.repeat(100)), fact('b', 1), fact('c', 1), fact('d', 1))
  await scenario.run({ limits: { bytes: 70 } })
  expect(
    scenario
      .bodies()
      .slice(3)
      .map((body) => (body as Sum[]).map(({ id }) => id)),
  ).toEqual([['a'], ['b', 'c'], ['d']])
})

test('a stretch without documents sends nothing', async () => {
  const scenario = new Scenario()
  scenario.facts.append()
  scenario.facts.append()
  await scenario.run({ limits: { combinedBytes: 1 } })
  expect(scenario.receiver.attempts).toBe(0)
  expect(scenario.position()).toBe(2)
  expect([...scenario.cursors.values()]).toEqual([expect.stringContaining('"position":2')])
})

test('a refused body is sent again, the very same, with growing pauses and for as long as it takes', async () => {
  const scenario = new Scenario()
  scenario.facts.append(fact('a', 1))
  const seen: { at: number; key: string; documents: readonly string[] }[] = []
  const startedAt = scenario.clock.now()
  const endpoint: PushEndpoint = {
    push: async (message) => {
      seen.push({ at: scenario.clock.now() - startedAt, key: message.idempotencyKey, documents: message.documents })
      if (seen.length > PAUSES_MS.length) return
      // What arrives meanwhile must not find its way into the body that is being sent.
      scenario.facts.append(fact('a', 1))
      throw refusal()
    },
    close: async () => {},
  }
  const run = scenario.run({ endpoint })
  for (const pause of PAUSES_MS) {
    while (scenario.clock.sleeping === 0) await new Promise((resolve) => setImmediate(resolve))
    scenario.clock.advance(pause)
  }
  await run
  const [first, rest] = [seen.slice(0, PAUSES_MS.length + 1), seen.slice(PAUSES_MS.length + 1)]
  expect(first.map(({ at }) => at)).toEqual(
    PAUSES_MS.reduce<number[]>((times, pause) => [...times, (times.at(-1) ?? 0) + pause], [0]),
  )
  expect(new Set(first.map(({ key }) => key)).size).toBe(1)
  expect(new Set(first.map(({ documents }) => documents.join())).size).toBe(1)
  expect(scenario.statuses.flatMap(({ retrying }) => retrying?.attempts ?? [])).toEqual(PAUSES_MS.map((_, i) => i + 1))
  expect(rest.map(({ documents }) => documents)).toEqual([
    [`{"id":"a","n":${PAUSES_MS.length},"notes":${JSON.stringify(PAUSES_MS.map(() => 'x'))}}`],
  ])
})

/** As they follow each other: at once, 100 ms, 1 s … 10 s, and then always 10 s. */
const PAUSES_MS = [0, 100, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000, 10_000, 10_000, 10_000]

test('a slow receiver gets fewer and larger bodies', async () => {
  const scenario = new Scenario()
  scenario.facts.append(fact('a', 1))
  const sizes: number[] = []
  const endpoint: PushEndpoint = {
    push: async ({ documents }) => {
      sizes.push(documents.length)
      if (sizes.length < 4) for (let i = 0; i < sizes.length * 10; i++) scenario.facts.append(fact(`${sizes.length}-${i}`, 1))
    },
    close: async () => {},
  }
  await scenario.run({ endpoint })
  expect(sizes).toEqual([1, 10, 20, 30])
})

test('an abort ends the wait for a receiver that is down', async () => {
  const scenario = new Scenario()
  scenario.facts.append(fact('a', 1))
  const stop = new AbortController()
  const endpoint: PushEndpoint = {
    push: async () => {
      setImmediate(() => stop.abort())
      throw refusal()
    },
    close: async () => {},
  }
  await scenario.run({ endpoint, signal: stop.signal })
  await scenario.run()
  expect(scenario.bodies()).toEqual([[{ id: 'a', n: 1, notes: ['x'] }]])
})

test('workspaces do not share idempotency keys', async () => {
  const keys = new Set<string>()
  for (const seed of [1, 2]) {
    const scenario = new Scenario()
    scenario.facts.append(fact('a', seed))
    if (seed === 2)
      await scenario
        .run({ store: { loadCursor: async () => undefined, saveCursor: async () => {} } })
        .then(() => scenario.receiver.bodies.clear())
    await scenario.run()
    for (const key of scenario.receiver.bodies.keys()) keys.add(key)
  }
  expect(keys.size).toBe(2)
})

test('a combined document that breaks the schema ends the run with collection, key and place', async () => {
  const scenario = new Scenario()
  scenario.facts.append(fact('a', 999_999), fact('a', 2))
  await expect(scenario.run()).rejects.toMatchObject({
    code: 'document_invalid',
    message: expect.stringMatching(/"examples\/facts", key \["a"\].*\/n/) as string,
  })
})

test('a crash at any step, anywhere, and a restart: every document arrives, repeats only under the same key', async () => {
  const factArbitrary = fc.record({ id: fc.constantFrom('a', 'b', 'c'), n: fc.nat(9), note: fc.constantFrom('x', 'y', 'z') })
  const inputs = fc.array(fc.array(factArbitrary, { maxLength: 4 }), { maxLength: 10 })
  const crashes = fc.array(fc.nat(8), { maxLength: 8 })
  const limits = fc.record({ documents: fc.integer({ min: 1, max: 3 }), combinedBytes: fc.constantFrom(1, 100, 1e6) })
  await fc.assert(
    fc.asyncProperty(
      inputs,
      crashes,
      limits,
      fc.integer({ min: 1, max: 3 }),
      async (inputs, crashes, limits, positionsPerRead) => {
        const scenario = new Scenario()
        scenario.facts.positionsPerRead = positionsPerRead
        for (const [i, facts] of inputs.entries()) {
          scenario.facts.append(...facts)
          const crashAt = crashes[i]
          if (crashAt !== undefined) await runUntilCrash(scenario, crashAt, limits)
        }
        await scenario.run({ limits })
        const expected = reducePlainly(inputs.flat())
        expect(Object.fromEntries(scenario.receiver.rows)).toEqual(Object.fromEntries(expected))
        expect(scenario.position()).toBe(inputs.length)
      },
    ),
    { numRuns: 200 },
  )
})

/** Each save and each push may be the last thing that happens, before or after it took effect. */
async function runUntilCrash(scenario: Scenario, crashAt: number, limits: Partial<PushLimits>): Promise<void> {
  let steps = 0
  const step = async (action: () => Promise<void>) => {
    if (steps++ === crashAt) throw crash()
    await action()
    if (steps++ === crashAt) throw crash()
  }
  const store: CursorStore = {
    loadCursor: (name) => scenario.store.loadCursor(name),
    saveCursor: (name, value) => step(() => scenario.store.saveCursor(name, value)),
  }
  const endpoint: PushEndpoint = { push: (message) => step(() => scenario.receiver.push(message)), close: async () => {} }
  await scenario.run({ limits, store, endpoint }).catch((error: unknown) => expect(error).toEqual(crash()))
}
