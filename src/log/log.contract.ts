/** The promises of the log's port as tests; every implementation runs them unchanged. */
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeClock } from '../base/clock.ts'
import { IDEMPOTENCY_WINDOW_MS, type Log, type LogEntry } from './log.ts'

type OpenedLog = {
  /** A new, empty log that takes its time from `clock`. */
  log: Log
  /** Opens the same log again; the one before has been closed. */
  reopen: () => Promise<Log>
}

const EVERYTHING = { maxBytes: Number.MAX_SAFE_INTEGER }
const bytes = (text: string) => new TextEncoder().encode(text)
const texts = (entries: LogEntry[]) => entries.map(({ payload }) => new TextDecoder().decode(payload))
const positions = (entries: LogEntry[]) => entries.map(({ position }) => position)

export function logContract(name: string, open: (clock: FakeClock) => Promise<OpenedLog>): void {
  describe(`${name} keeps the promises of a log`, () => {
    let clock: FakeClock
    let log: Log
    let opened: OpenedLog

    beforeEach(async () => {
      clock = new FakeClock()
      opened = await open(clock)
      log = opened.log
    })
    afterEach(() => log.close())

    const append = (text: string, idempotencyKey?: string) =>
      log.append({ payload: bytes(text), ...(idempotencyKey === undefined ? {} : { idempotencyKey }) })
    const reopen = async () => {
      await log.close()
      log = await opened.reopen()
    }

    test('an empty log has no entries and its head is 0', async () => {
      expect(await log.head()).toBe(0)
      expect(await log.read(0, EVERYTHING)).toEqual([])
    })

    test('positions start at 1 and grow by one', async () => {
      for (const text of ['a', 'b', 'c']) await append(text)
      expect(await log.head()).toBe(3)
      expect(positions(await log.read(0, EVERYTHING))).toEqual([1, 2, 3])
    })

    test('entries are ordered as their appends were called, also when all run at once', async () => {
      const all = Array.from({ length: 200 }, (_, i) => `entry ${i}`)
      const receipts = await Promise.all(all.map((text) => append(text)))
      expect(receipts).toEqual(all.map((_, i) => ({ position: i + 1, isRepeat: false })))
      expect(texts(await log.read(0, EVERYTHING))).toEqual(all)
    })

    test('appends of several callers never skip or share a position', async () => {
      const callers = Array.from({ length: 10 }, async (_, caller) => {
        for (let i = 0; i < 20; i++) await append(`${caller}/${i}`)
      })
      await Promise.all(callers)
      const entries = await log.read(0, EVERYTHING)
      expect(positions(entries)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1))
      for (let caller = 0; caller < 10; caller++) {
        const own = texts(entries).filter((text) => text.startsWith(`${caller}/`))
        expect(own).toEqual(Array.from({ length: 20 }, (_, i) => `${caller}/${i}`))
      }
    })

    test('an entry is there as soon as its append has resolved', async () => {
      for (let i = 1; i <= 20; i++) {
        const { position } = await append(`entry ${i}`)
        expect(await log.head()).toBe(position)
        expect(texts(await log.read(position - 1, EVERYTHING))).toEqual([`entry ${i}`])
      }
    })

    test('entries and positions outlive the process', async () => {
      await append('before')
      await reopen()
      expect(await append('after')).toEqual({ position: 2, isRepeat: false })
      expect(texts(await log.read(0, EVERYTHING))).toEqual(['before', 'after'])
    })

    test('any bytes come back as they were, and stay the caller’s', async () => {
      const payloads = [new Uint8Array(), Uint8Array.from({ length: 256 }, (_, i) => i), Buffer.from('a view into a pool')]
      const before = payloads.map((payload) => Uint8Array.from(payload))
      await Promise.all(payloads.map((payload) => log.append({ payload })))
      const entries = await log.read(0, EVERYTHING)
      expect(entries.map(({ payload }) => Uint8Array.from(payload))).toEqual(before)
      expect(payloads.map((payload) => Uint8Array.from(payload))).toEqual(before)
    })

    test('a payload may be 20 MB', async () => {
      const payload = new Uint8Array(20_000_000).map((_, i) => i * 31)
      const { position } = await log.append({ payload })
      await reopen()
      const [entry] = await log.read(position - 1, EVERYTHING)
      expect(Buffer.compare(entry?.payload ?? new Uint8Array(), payload)).toBe(0)
    })

    test('the time of an entry is the clock’s', async () => {
      await append('now')
      clock.advance(5_000)
      await append('later')
      const [first, second] = await log.read(0, EVERYTHING)
      expect(second?.appendedAt).toBe(clock.now())
      expect((second?.appendedAt ?? 0) - (first?.appendedAt ?? 0)).toBe(5_000)
    })

    test('the time of an entry is never earlier than that of the one before, also when the clock is set back', async () => {
      await append('before')
      clock.advance(-60_000)
      await append('after')
      await reopen()
      await append('last')
      const times = (await log.read(0, EVERYTHING)).map(({ appendedAt }) => appendedAt)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
    })

    describe('read', () => {
      beforeEach(async () => {
        await Promise.all(['1234567890', '2234567890', '3234567890', '4234567890'].map((text) => append(text)))
      })

      test.each([
        { title: 'stops before the size is exceeded', after: 0, limits: { maxBytes: 25 }, expected: [1, 2] },
        { title: 'takes what fits exactly', after: 0, limits: { maxBytes: 30 }, expected: [1, 2, 3] },
        { title: 'returns the first entry however large', after: 2, limits: { maxBytes: 1 }, expected: [3] },
        { title: 'returns nothing after `through`', after: 0, limits: { maxBytes: 1000, through: 2 }, expected: [1, 2] },
        {
          title: 'returns nothing when `through` is not after `after`',
          after: 2,
          limits: { maxBytes: 1000, through: 2 },
          expected: [],
        },
        { title: 'returns nothing after the head', after: 4, limits: { maxBytes: 1000 }, expected: [] },
        { title: 'returns nothing far after the head', after: 400, limits: { maxBytes: 1000 }, expected: [] },
      ])('$title', async ({ after, limits, expected }) => {
        expect(positions(await log.read(after, limits))).toEqual(expected)
      })
    })

    describe('an idempotency key', () => {
      test('makes a repeat harmless', async () => {
        const first = await append('content', 'key')
        await append('something else')
        expect(await append('content', 'key')).toEqual({ position: first.position, isRepeat: true })
        expect(await log.head()).toBe(2)
      })

      test('makes a repeat harmless when both run at once', async () => {
        const receipts = await Promise.all([append('content', 'key'), append('between'), append('content', 'key')])
        expect(receipts).toEqual([
          { position: 1, isRepeat: false },
          { position: 2, isRepeat: false },
          { position: 1, isRepeat: true },
        ])
        expect(texts(await log.read(0, EVERYTHING))).toEqual(['content', 'between'])
      })

      test('makes a repeat harmless after the log was opened again', async () => {
        await append('content', 'key')
        await reopen()
        expect(await append('content', 'key')).toEqual({ position: 1, isRepeat: true })
      })

      test('with other content rejects and writes nothing, and appends beside it succeed', async () => {
        await append('content', 'key')
        const [refused, accepted] = await Promise.allSettled([append('other', 'key'), append('beside')])
        expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'idempotency_key_reused', retryable: false } })
        expect(accepted).toMatchObject({ status: 'fulfilled', value: { position: 2 } })
        expect(texts(await log.read(0, EVERYTHING))).toEqual(['content', 'beside'])
      })

      test('with other content rejects when both run at once', async () => {
        const [accepted, refused] = await Promise.allSettled([append('content', 'key'), append('other', 'key')])
        expect(accepted).toMatchObject({ value: { position: 1, isRepeat: false } })
        expect(refused).toMatchObject({ reason: { code: 'idempotency_key_reused' } })
      })

      test('counts up to the end of its window, and is new after it', async () => {
        await append('content', 'key')
        clock.advance(IDEMPOTENCY_WINDOW_MS - 1)
        expect(await append('content', 'key')).toEqual({ position: 1, isRepeat: true })
        clock.advance(1)
        expect(await append('other content', 'key')).toEqual({ position: 2, isRepeat: false })
        expect(await append('other content', 'key')).toEqual({ position: 2, isRepeat: true })
      })

      test('is remembered for its whole window while others expire', async () => {
        for (let i = 0; i < 10; i++) {
          await append('content', `key ${i}`)
          clock.advance(IDEMPOTENCY_WINDOW_MS / 5)
        }
        const repeats = await Promise.all(Array.from({ length: 10 }, (_, i) => append('content', `key ${i}`)))
        expect(repeats.map(({ isRepeat }) => isRepeat)).toEqual([...Array(6).fill(false), ...Array(4).fill(true)])
      })

      test.each(['k', 'k'.repeat(255), 'Schlüssel \u{1F511}', "'; drop table entries; --", 'a\0b'])('may be %j', async (key) => {
        await append('content', key)
        expect(await append('content', key)).toEqual({ position: 1, isRepeat: true })
        expect(await append('content', key.replace(/.$/u, 'X'))).toEqual({ position: 2, isRepeat: false })
      })

      test.each(['', 'k'.repeat(256), '\ud800'])('may not be %j', async (key) => {
        await expect(append('content', key)).rejects.toThrow('idempotency key')
        expect(await log.head()).toBe(0)
      })
    })

    describe('a redaction', () => {
      test('puts other bytes at the same place, and positions, times and neighbours stay', async () => {
        for (const text of ['one', 'two', 'three']) {
          await append(text)
          clock.advance(1_000)
        }
        const before = await log.read(0, EVERYTHING)
        await log.redact([
          { position: 1, payload: bytes('ONE') },
          { position: 3, payload: bytes('THREE') },
        ])
        await reopen()
        const after = await log.read(0, EVERYTHING)
        expect(texts(after)).toEqual(['ONE', 'two', 'THREE'])
        expect(after.map(({ appendedAt }) => appendedAt)).toEqual(before.map(({ appendedAt }) => appendedAt))
        expect(await append('four')).toEqual({ position: 4, isRepeat: false })
      })

      test('leaves the caller’s bytes alone, and takes payloads of any size', async () => {
        const payload = new Uint8Array(3_000_000).map((_, i) => i * 31)
        await log.append({ payload })
        const memory = Uint8Array.from(payload.toReversed())
        await log.redact([{ position: 1, payload: memory }])
        expect(memory[0]).toBe(payload.at(-1))
        const [entry] = await log.read(0, EVERYTHING)
        expect(Buffer.compare(entry?.payload ?? new Uint8Array(), payload.toReversed())).toBe(0)
      })

      test('of an entry that is not there is a bug and changes nothing', async () => {
        await append('one')
        const changes = [1, 2].map((position) => ({ position, payload: bytes('ONE') }))
        await expect(log.redact(changes)).rejects.toThrow('invariant')
        expect(texts(await log.read(0, EVERYTHING))).toEqual(['one'])
      })

      test('may have another size', async () => {
        for (const text of ['one', 'two', 'three']) await append(text)
        await log.redact([
          { position: 1, payload: bytes('') },
          { position: 2, payload: bytes('longer') },
        ])
        await append('four')
        await reopen()
        expect(texts(await log.read(0, EVERYTHING))).toEqual(['', 'longer', 'three', 'four'])
      })

      test('may have no changes, and may run beside appends and reads', async () => {
        await log.redact([])
        await append('first')
        const work = [append('second'), log.redact([{ position: 1, payload: bytes('FIRST') }]), append('third'), log.redact([])]
        const seen = texts(await log.read(0, { ...EVERYTHING, through: 1 }))
        expect(['first', 'FIRST']).toContain(seen[0])
        await Promise.all(work)
        expect(texts(await log.read(0, EVERYTHING))).toEqual(['FIRST', 'second', 'third'])
      })

      test('leaves what was appended with an idempotency key a repeat', async () => {
        await append('content', 'key')
        await log.redact([{ position: 1, payload: bytes('CONTENT') }])
        expect(await append('content', 'key')).toEqual({ position: 1, isRepeat: true })
        await expect(append('CONTENT', 'key')).rejects.toMatchObject({ code: 'idempotency_key_reused' })
      })
    })

    test('whatever is appended in whatever groups, the log is a list with a memory for keys', async () => {
      const step = fc.record({
        text: fc.constantFrom('a', 'b', 'c'),
        key: fc.option(fc.constantFrom('x', 'y', 'z'), { nil: undefined }),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(step, { maxLength: 5 }), { maxLength: 5 }), async (groups) => {
          const fresh = await open(new FakeClock())
          const expected: string[] = []
          const memory = new Map<string, { text: string; position: number }>()
          for (const group of groups) {
            const outcomes = await Promise.allSettled(
              group.map(({ text, key }) =>
                fresh.log.append({ payload: bytes(text), ...(key === undefined ? {} : { idempotencyKey: key }) }),
              ),
            )
            const foretold = group.map(({ text, key }) => {
              const known = key === undefined ? undefined : memory.get(key)
              if (known) return known.text === text ? { position: known.position, isRepeat: true } : 'idempotency_key_reused'
              const position = expected.push(text)
              if (key !== undefined) memory.set(key, { text, position })
              return { position, isRepeat: false }
            })
            expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason.code))).toEqual(
              foretold,
            )
          }
          expect(texts(await fresh.log.read(0, EVERYTHING))).toEqual(expected)
          await fresh.log.close()
        }),
        { numRuns: 10 },
      )
    })
  })
}
