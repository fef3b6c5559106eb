import { expect, test } from 'vitest'
import { AppliedPositions } from './applied-positions.ts'

test('who waits for a position is woken when it is reached, and not before', async () => {
  const applied = new AppliedPositions()
  const woken: number[] = []
  const waits = [1, 2, 3].map((position) => applied.wait(position, new AbortController().signal).then(() => woken.push(position)))
  applied.reach(2)
  await Promise.all(waits.slice(0, 2))
  expect(woken).toEqual([1, 2])
  applied.reach(1)
  expect(applied.reached).toBe(2)
  applied.reach(3)
  await Promise.all(waits)
})

test('who gives up is let go, and a position that is reached needs no waiting', async () => {
  const applied = new AppliedPositions()
  const patience = new AbortController()
  const wait = applied.wait(5, patience.signal)
  patience.abort()
  await wait
  applied.reach(7)
  await applied.wait(7, new AbortController().signal)
})
