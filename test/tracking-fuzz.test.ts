/**
 * Whatever is sent over HTTP, of whatever kind: an answer below 500, a process that lives, and an account that is even to the last
 * event. Sent = accepted + rejected; accepted = applied + repeated; what is applied is on the timelines once; what is rejected can
 * be looked up with its reason.
 */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isErrorCode } from '../src/base/error-codes.ts'
import { isObject, type Json } from '../src/base/json.ts'
import type { Rejection } from '../src/engine/tracking/tracking.ts'
import { type Attempt, attempt, KEYS, SOURCES } from './tracking/hostile-requests.ts'
import { TrackingStage } from './tracking/tracking-stage.ts'

const RUNS = 420
const REQUESTS_EACH = 8
const PAYLOADS_MIN = 20_000
const CONNECTIONS = 4
/** `FUZZ_SEED=… npx vitest run test/tracking-fuzz.test.ts` runs one again; whatever fails names its seed. */
const SEED = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

let stage: TrackingStage
beforeAll(async () => {
  stage = await TrackingStage.open({ sources: SOURCES, keys: KEYS, connections: CONNECTIONS })
})
afterAll(() => stage.close())

/** What the answers say that must be in the end. */
class Account {
  payloads = 0
  accepted = 0
  /** With a message id of their own making each is another event. */
  nameless = 0
  readonly named = new Set<string>()
  readonly rejected: string[] = []
  readonly codes = new Map<string, number>()

  note(code: string, times = 1): void {
    this.codes.set(code, (this.codes.get(code) ?? 0) + times)
  }

  add(source: string, items: readonly Json[], rejected: readonly Rejection[]): void {
    const rejectedIndexes = new Set(rejected.map(({ index }) => index))
    for (const [index, item] of items.entries()) if (!rejectedIndexes.has(index)) this.#accept(source, item)
    for (const { code, message } of rejected) {
      this.note(code)
      if (code !== 'access_denied') this.rejected.push(`${source} ${code} ${message}`)
    }
  }

  #accept(source: string, item: Json): void {
    const id = isObject(item) ? idOf(item['messageId']) : undefined
    this.accepted += 1
    if (id === undefined) this.nameless += 1
    else this.named.add(`${source} ${id}`)
  }
}

/** As an event has it; undefined when Millrace makes one. */
function idOf(sent: Json | undefined): string | undefined {
  if (typeof sent === 'number') return Number.isInteger(sent) && !Number.isSafeInteger(sent) ? undefined : finite(sent)
  if (typeof sent !== 'string') return undefined
  // oxlint-disable-next-line no-control-regex -- NUL is what is removed
  const text = sent.replaceAll(/[\u0000\ud800-\udfff]/gu, '').trim()
  if (['', 'undefined', 'null'].includes(text)) return undefined
  return text.length > 100 ? `sha256:${createHash('sha256').update(text).digest('hex')}` : text
}

function finite(number: number): string | undefined {
  return Number.isFinite(number) ? String(number) : undefined
}

type Reply = { success: boolean; accepted?: number; rejected?: Rejection[]; code?: string }

async function settle(account: Account, { asked, isCut, source, items }: Attempt): Promise<void> {
  account.payloads += Math.max(1, items.length)
  if (isCut) return await stage.client.leave(asked)
  const { status, text } = await stage.client.send(asked)
  const reply = JSON.parse(text) as Reply
  const rejected = reply.rejected ?? []
  const indexes = rejected.map(({ index }) => index)
  expect(indexes).toEqual([...new Set(indexes)].toSorted((a, b) => a - b))
  expect(indexes.every((index) => index >= 0 && index < items.length)).toBe(true)
  expect(rejected.every(({ code, message }) => isErrorCode(code) && message.isWellFormed())).toBe(true)
  if (source === undefined || (source === 'strict' && status === 400)) {
    expect([reply.success, status >= 400 && status < 500]).toEqual([false, true])
    expect(isErrorCode(reply.code ?? '')).toBe(true)
    account.note(`${status} ${reply.code}`)
    return
  }
  expect([status, reply.success]).toEqual([200, true])
  expect((reply.accepted ?? 0) + rejected.length).toBe(items.length)
  account.add(source, items, rejected)
}

async function settleOrTell(account: Account, one: Attempt): Promise<void> {
  try {
    await settle(account, one)
  } catch (error) {
    const { path, headers, body = '' } = one.asked
    const shown = Buffer.from(body).toString('latin1').slice(0, 2_000)
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`Seed ${SEED}: ${reason}: ${path} ${JSON.stringify(headers)} ${shown}`, { cause: error })
  }
}

test('every payload is accounted for', { timeout: 240_000 }, async ({ annotate }) => {
  const account = new Account()
  const attempts = fc.array(attempt, { minLength: REQUESTS_EACH, maxLength: REQUESTS_EACH })
  const property = fc.asyncProperty(attempts, async (requests) => {
    await Promise.all(requests.map((one) => settleOrTell(account, one)))
  })
  await fc.assert(property, { numRuns: RUNS, seed: SEED, endOnFailure: true, includeErrorInReport: true })
  const { payloads, accepted, nameless, named, rejected, codes } = account
  await annotate(`Seed ${SEED}: ${payloads} payloads in ${RUNS * REQUESTS_EACH} requests, ${accepted} accepted`)
  const seed = `seed ${SEED}`

  const totals = await stage.settled()
  const { errors, isAlive } = stage.server
  expect({ errors, isAlive }, seed).toEqual({ errors: '', isAlive: true })
  const applied = nameless + named.size
  expect(totals, seed).toEqual({ applied, repeated: accepted - applied, setAside: rejected.length })
  await requireOnceOnTimelines(applied, named)
  const listed = (await stage.quarantined()).map(({ source, code, message }) => `${source} ${code} ${message}`)
  expect(listed.toSorted(), seed).toEqual(rejected.toSorted())

  // A fuzz test that meets nothing tests nothing.
  expect(payloads, seed).toBeGreaterThanOrEqual(PAYLOADS_MIN)
  expect(totals.repeated, seed).toBeGreaterThan(100)
  const met = [...codes].filter(([, times]) => times >= 5).map(([code]) => code)
  expect(met.toSorted(), seed).toEqual(expect.arrayContaining([
    '400 body_invalid', '400 event_invalid', '401 write_key_unknown', '404 path_unknown', '415 content_type_unsupported', 'access_denied',
    'event_invalid', 'event_name_missing', 'event_too_large', 'identifier_invalid', 'identifier_missing', 'nesting_too_deep', 'type_unknown',
  ])) // prettier-ignore
})

/** On the outputs of `millrace/events`, where timelines are read from. */
async function requireOnceOnTimelines(applied: number, named: ReadonlySet<string>): Promise<void> {
  const sources = Object.keys(SOURCES)
  const lines = () => sources.flatMap((source) => stage.stored.of(source).applied.map(({ id }) => `${source} ${id}`))
  // Reads on until as many are there; more would be found below.
  for (const source of sources) await stage.stored.until(source, 'all lines', () => lines().length >= applied)
  const found = lines()
  const distinct = new Set(found)
  expect([found.length, distinct.size]).toEqual([applied, applied])
  expect([...named].filter((id) => !distinct.has(id))).toEqual([])
}
