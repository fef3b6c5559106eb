import { expect, test } from 'vitest'
import { mapAtOnce } from '../../lake/map-at-once.ts'
import { ANNS_TEXTS, byEmail, settledWorld } from './ann-and-bob.fixture.ts'
import { type Around, findTexts, type World } from './erasure.fixture.ts'

/** An `around` that kills the process at the place of this number (from 0); a dead process does nothing more. */
function dieAt(place: number): Around {
  let passed = 0
  return () => {
    if (passed++ >= place) throw new Error('crash')
  }
}

/** The receipt, when a process dies at each of these places in turn, each counted from its own start. */
async function eraseWithCrashes(world: World, places: readonly number[]) {
  for (const place of places) {
    await work(world, dieAt(place)).catch((error: unknown) => expect(String(error)).toBe('Error: crash'))
  }
  return await work(world)
}

async function work(world: World, around?: Around) {
  const eraser = await world.openEraser(around)
  if (eraser.list().length === 0) await eraser.request(byEmail)
  const [report] = await world.carryOut(eraser)
  return report
}

test(
  'a process that dies at any write is followed by one that brings the erasure to the same end',
  { timeout: 120_000 },
  async () => {
    const seen: string[] = []
    const undisturbed = await settledWorld()
    const expected = await work(undisturbed, (call, moment) => seen.push(`${moment} ${call}`))
    expect(seen.length).toBeGreaterThan(30)
    expect(new Set(seen.map((place) => place.split(' ')[1]))).toEqual(
      new Set(['suppress', 'save', 'append', 'redact', 'order', 'withdraw', 'discard', 'forget', 'scrub']),
    )
    await mapAtOnce([...seen.keys()], 4, async (place) => {
      const world = await settledWorld()
      const report = await eraseWithCrashes(world, [place])
      expect({ at: seen[place], report }).toEqual({ at: seen[place], report: expected })
      expect(await findTexts(world, ANNS_TEXTS)).toEqual([])
      expect(world.suppression.size).toBe(4)
    })
  },
)

test('however often it dies, the erasure comes to the same end', async () => {
  const expected = await work(await settledWorld())
  const world = await settledWorld()
  const report = await eraseWithCrashes(world, [0, 3, 1, 7, 2, 5, 4, 9, 3, 6, 2, 8, 5])
  expect(report).toEqual(expected)
  expect(await findTexts(world, ANNS_TEXTS)).toEqual([])
})
