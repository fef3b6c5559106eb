/** The short form of the crash runs of profiles. The long form is `npm run crash -- --profiles`, with `--points` for every named place. */
import { expect, test } from 'vitest'
import { profileCrashRun } from './profile-crash-run.ts'

test('a server that is killed at random applies each accepted event exactly once', { timeout: 120_000 }, async () => {
  const { kills, repeated } = await profileCrashRun({ events: 5_000, seed: 20_260_101, kills: 2 })
  expect(kills).toBe(2)
  expect(repeated).toBeGreaterThan(100)
})

test('a batch that was accepted and not answered is sent again, and drops out', { timeout: 120_000 }, async () => {
  const { unanswered } = await profileCrashRun({ events: 1_500, seed: 7, crashAt: 'log-committed:3' })
  expect(unanswered).toBeGreaterThan(0)
})

test('a server that dies between recording and publishing fragments files each event once', { timeout: 120_000 }, async () => {
  const { kills } = await profileCrashRun({ events: 1_500, seed: 7, crashAt: 'lake-recorded:2' })
  expect(kills).toBe(1)
})
