/** The short form of the crash runs of segments. The long form is `npm run crash -- --segments`, with `--points` for every named place. */
import { expect, test } from 'vitest'
import { segmentCrashRun } from './segment-crash-run.ts'

test('memberships are exact though the server dies while time passes and history is brought', { timeout: 120_000 }, async () => {
  const { kills, moves } = await segmentCrashRun({ events: 800, seed: 20_260_101, kills: 2 })
  expect(kills).toBe(2)
  expect(moves).toBeGreaterThan(50)
})

test('a page of history that is on the log and not applied is applied once', { timeout: 120_000 }, async () => {
  const { kills } = await segmentCrashRun({ events: 250, seed: 7, crashAt: 'page-appended:2' })
  expect(kills).toBe(1)
})
