import { expect, test } from 'vitest'
import { FakeClock } from '../base/clock.ts'
import { Watchdog } from './watchdog.ts'

function watched() {
  const clock = new FakeClock(0)
  const seen: string[] = []
  const dog = new Watchdog({
    clock,
    stuckAfterMs: 60_000,
    ask: () => seen.push(`asked at ${clock.now() / 1000} s`),
    onChange: (isStuck) => seen.push(`${isStuck ? 'stuck' : 'well again'} at ${clock.now() / 1000} s`),
  })
  const pass = async (seconds: number) => {
    for (let i = 0; i < seconds; i++) {
      clock.advance(1000)
      await Promise.resolve()
    }
  }
  return { clock, seen, dog, pass }
}

test('a thread with nothing to do is left in peace', async () => {
  const { clock, seen, pass } = watched()
  await pass(1_000)
  expect([seen, clock.sleeping]).toEqual([[], 0])
})

test('a thread that was woken is asked until it is idle', async () => {
  const { clock, seen, dog, pass } = watched()
  dog.woken()
  await pass(16)
  dog.sign(false)
  await pass(16)
  dog.sign(true)
  await pass(1_000)
  expect([seen, clock.sleeping]).toEqual([['asked at 15 s', 'asked at 31 s'], 0])
})

test('a thread that is woken after the question is asked again', async () => {
  const { seen, dog, pass } = watched()
  dog.woken()
  await pass(16)
  dog.woken()
  dog.sign(true)
  await pass(20)
  expect(seen).toEqual(['asked at 15 s', 'asked at 31 s'])
})

test('a thread that gives no sign is stuck until it gives one', async () => {
  const { seen, dog, pass } = watched()
  dog.woken()
  await pass(300)
  dog.sign(false)
  await pass(1)
  expect(seen).toEqual(['asked at 15 s', 'stuck at 75 s', 'well again at 300 s'])
})

test('a thread that has ended is not waited for', async () => {
  const { seen, dog, pass } = watched()
  dog.woken()
  await pass(20)
  dog.end()
  await pass(1_000)
  expect(seen).toEqual(['asked at 15 s'])
})
