import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { Ticking } from './ticking.ts'

test('ticks go on when one is applied before the log has answered', async () => {
  let ticks = 0
  const enough = Promise.withResolvers<void>()
  const ticking = new Ticking({
    clock: systemClock,
    // `apply` reports the tick first, then its append is answered.
    tick: async () => {
      const position = ++ticks
      ticking.note(position, position < 3 ? systemClock.now() : Number.POSITIVE_INFINITY)
      if (position === 3) enough.resolve()
      return position
    },
    reportBug: (error) => enough.reject(error),
  })
  onTestFinished(() => ticking.stop())
  ticking.note(0, systemClock.now())
  await enough.promise
  expect(ticks).toBe(3)
})

test('one tick at a time: the next when the last is applied', async () => {
  let ticks = 0
  const ticking = new Ticking({ clock: systemClock, tick: async () => ++ticks, reportBug: () => {} })
  onTestFinished(() => ticking.stop())
  const due = systemClock.now()
  ticking.note(0, due)
  await Promise.resolve()
  ticking.note(0, due)
  expect(ticks).toBe(1)
  ticking.note(1, due)
  expect(ticks).toBe(2)
})
