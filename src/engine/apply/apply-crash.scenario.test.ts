/** Invariants 1 and 2: wherever transactions are cut and sessions die, the results are those of the inputs one after the other. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Clock, systemClock } from '../../base/clock.ts'
import { MillraceError } from '../../base/errors.ts'
import { openSqliteLog } from '../../log/sqlite/open-sqlite-log.ts'
import { openSqliteStore } from '../../store/sqlite/open-sqlite-store.ts'
import {
  computePlainly,
  DERIVED,
  type Input,
  type Session,
  type StoreCall,
  USERS,
  World,
  wrapLog,
  wrapStore,
} from './apply.fixture.ts'

/** Hours pass between two looks at this clock, so that every transaction is due at once. */
function hastyClock(isHasty: () => boolean): Clock {
  let now = 0
  return { now: () => (now += isHasty() ? 3_600_000 : 0), sleep: () => Promise.resolve() }
}

type Fate = {
  /** The call at which the store dies; 0 for never. */
  diesAt: number
  /** Turns of the event loop that a commit takes: meanwhile apply reads on. */
  commitTurns: number
}

function mortalStore({ diesAt, commitTurns }: Fate): { session: Session; calls: StoreCall[] } {
  const calls: StoreCall[] = []
  const on = async (call: StoreCall) => {
    if (calls.push(call) === diesAt) throw new MillraceError('store_unavailable', `died at ${call}`, { retryable: true })
    for (let turn = 0; call === 'commit' && turn < commitTurns; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  return { session: { wrapStore: (store) => wrapStore(store, on) }, calls }
}

async function openWorld(): Promise<World> {
  const log = await openSqliteLog({ path: ':memory:', clock: systemClock, threaded: false })
  return new World(log, await openSqliteStore({ path: ':memory:', threaded: false }))
}

const died = (error: unknown) => {
  if (!(error instanceof MillraceError && error.code === 'store_unavailable')) throw error
}

const ENTRIES: Input[][] = [1, 2, 3, 4].map((n) => [
  { in: 'orders', id: n, user: 'ann', amount: n, country: 'se' },
  { in: 'visits', id: n, user: 'bob' },
  { in: 'orders', id: 10 + n, user: 'bob', amount: n, country: 'de' },
  { in: 'visits', id: 10 + n, user: 'ann', ...(n === 3 && { isLast: true }) },
])

test('a crash at each call of the store, before and after each commit, loses nothing and applies nothing twice', async () => {
  const expected = computePlainly(ENTRIES)
  const base: Session = { wrapLog: (log) => wrapLog(log, () => 1), parts: { clock: hastyClock(() => true) } }
  const crashedAt: (StoreCall | undefined)[] = []
  for (let at = 1, isAlive = false; !isAlive; at++) {
    const world = await openWorld()
    for (const entry of ENTRIES.slice(0, 2)) await world.append(entry)
    // The story is there from the second session on, so that back-filling is interrupted as well.
    await world.settle({ derived: ['tallies', 'swedish'] })
    for (const entry of ENTRIES.slice(2)) await world.append(entry)
    const { session, calls } = mortalStore({ diesAt: at, commitTurns: 3 })
    await world.settle({ ...base, ...session }).catch(died)
    isAlive = calls.length < at
    if (!isAlive) crashedAt.push(calls.at(-1))
    await world.settle(base)
    expect(await world.results(), `crash at call ${at}, ${calls.at(-1)}`).toEqual(expected)
    await world.close()
  }
  for (const call of ['acquire', 'load', 'readOutputs', 'commit', 'committed']) expect(crashedAt).toContain(call)
  expect(crashedAt.filter((call) => call === 'committed').length).toBeGreaterThan(3)
})

const user = fc.constantFrom(...USERS)
const id = fc.nat(999)
const input: fc.Arbitrary<Input> = fc.oneof(
  fc.record({
    in: fc.constant('orders' as const),
    id,
    user,
    amount: fc.integer({ min: -4, max: 12 }),
    country: fc.constantFrom('se', 'de'),
  }),
  fc.record({ in: fc.constant('visits' as const), id, user }),
  fc.record({ in: fc.constant('visits' as const), id, user, isLast: fc.constant(true as const) }),
)

const session = fc.record({
  /** Entries that are appended before it begins. */
  entries: fc.array(fc.array(input, { minLength: 1, maxLength: 6 }), { maxLength: 5 }),
  derived: fc.constantFrom([], ['swedish'], ['tallies'], ['tallies', 'swedish'], DERIVED, DERIVED),
  entriesPerRead: fc.constantFrom(1, 2, 100),
  isHasty: fc.boolean(),
  diesAt: fc.option(fc.integer({ min: 1, max: 25 }), { nil: 0 }),
  commitTurns: fc.constantFrom(0, 2, 9),
})

test('any cut into entries, reads, transactions and sessions gives the results of one go', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(session, { minLength: 1, maxLength: 5 }), async (sessions) => {
      const world = await openWorld()
      for (const { entries, derived, entriesPerRead, isHasty, diesAt, commitTurns } of sessions) {
        for (const entry of entries) await world.append(entry)
        const parts = { clock: hastyClock(() => isHasty) }
        const cut = (log: Parameters<typeof wrapLog>[0]) => wrapLog(log, () => entriesPerRead)
        await world.settle({ derived, parts, wrapLog: cut, ...mortalStore({ diesAt, commitTurns }).session }).catch(died)
      }
      await world.settle()
      const all = sessions.flatMap(({ entries }) => entries)
      expect(await world.results()).toEqual(computePlainly(all))
      expect(world.status).toEqual({ positions: Object.fromEntries(DERIVED.map((name) => [name, all.length])), stopped: [] })
      expect(inOneGo(await world.results(), all)).toEqual(inOneGo(computePlainly([all.flat()]), [all.flat()]))
      await world.close()
    }),
    { numRuns: 80 },
  )
})

/** Sources as numbers of inputs, so that results of different entries can be compared. */
function inOneGo({ outputs, registers }: ReturnType<typeof computePlainly>, entries: readonly (readonly Input[])[]) {
  const starts = entries.map((_, i) => entries.slice(0, i).flat().length)
  const numbered = Object.entries(outputs).map(([name, documents]) => [
    name,
    documents.map(({ from: [position, index], document }) => ({ from: (starts[position - 1] ?? 0) + index, document })),
  ])
  return { outputs: Object.fromEntries(numbered) as unknown, registers }
}
