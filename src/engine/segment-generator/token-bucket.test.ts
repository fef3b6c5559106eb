import { expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { TokenBucket } from './token-bucket.ts'

/** Takes all it can while `durationMs` of the clock pass, and says how many tokens that gave. */
async function takeFor(clock: FakeClock, bucket: TokenBucket, durationMs: number): Promise<number> {
  const end = clock.now() + durationMs
  let taken = 0
  const taking = (async () => {
    while (clock.now() <= end) {
      const tokens = await bucket.take(1_000)
      if (clock.now() <= end) taken += tokens
    }
  })()
  while (clock.now() < end) {
    await settled()
    clock.advance(1)
  }
  await settled()
  clock.advance(60_000)
  await taking
  return taken
}

async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

test.each([1, 7, 100, 1_000, 90_000])('a rate of %i a second holds over ten seconds', async (rate) => {
  const clock = new FakeClock()
  const taken = await takeFor(clock, new TokenBucket(clock, rate), 10_000)
  expect(taken).toBeLessThanOrEqual(rate * 10)
  expect(taken).toBeGreaterThanOrEqual(rate * 10 - Math.max(1, rate / 50))
})

test('who was held up catches up on one second at most', async () => {
  const clock = new FakeClock()
  const bucket = new TokenBucket(clock, 1_000)
  clock.advance(3_600_000)
  expect(await bucket.take(100_000)).toBe(1_000)
  expect(clock.sleeping).toBe(0)
})

test('a clock that is set back delays nobody', async () => {
  const clock = new FakeClock()
  const bucket = new TokenBucket(clock, 1_000)
  clock.advance(-3_600_000)
  const taking = bucket.take(10)
  await settled()
  clock.advance(10)
  expect(await taking).toBe(10)
})
