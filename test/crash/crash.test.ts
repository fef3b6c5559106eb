/** The short form of the crash runs: kills at random moments, and at a few of the named places. The long form is `npm run crash`. */
import { expect, test } from 'vitest'
import { crashRun } from './crash-run.ts'

test('a server that is killed at random loses nothing and applies nothing twice', { timeout: 60_000 }, async () => {
  const { kills } = await crashRun({ events: 12_000, seed: 20_260_101, kills: 4 })
  expect(kills).toBe(4)
})

// One of the store, a target and a receiver each: log and lake have crash tests of their own.
test.each(['store-written:3', 'rows-stored:3', 'body-received:2'])(
  'a server that dies at %s goes on exactly where it was',
  { timeout: 60_000 },
  async (crashAt) => {
    const { kills } = await crashRun({ events: 1_500, seed: 7, crashAt })
    expect(kills).toBe(1)
  },
)
