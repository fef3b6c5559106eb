import { expect, test } from 'vitest'
import { Progress } from './progress.ts'

test('a position tells how many documents are done and how long the oldest other one waits', () => {
  const progress = new Progress()
  for (let position = 1; position <= 100; position++) progress.accept(position, 10, position * 5)
  expect(progress.lagMs(1_000)).toBe(995)
  progress.reach(40)
  expect([progress.accepted, progress.done, progress.lagMs(1_000)]).toEqual([1_000, 400, 795])
  progress.reach(39)
  expect(progress.done).toBe(400)
  progress.reach(100)
  expect([progress.done, progress.lagMs(1_000)]).toEqual([1_000, 0])
})

test('what is applied before its append was answered counts as done', () => {
  const progress = new Progress()
  progress.reach(7)
  progress.accept(7, 5, 0)
  expect([progress.accepted, progress.done, progress.lagMs(1_000)]).toEqual([5, 5, 0])
})
