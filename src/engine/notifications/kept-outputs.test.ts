import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CHANGES, EVENTS } from '../../model/system-collections.ts'
import { KeptOutputs, keptSince } from './kept-outputs.ts'
import { T0, World } from './notifications.fixture.ts'

const HOUR = 3_600_000
/** Far more than anything here has. */
const PLENTY = 1_000_000

/** Publishes an output an hour, of so many characters each. */
async function filled(hours: number, { characters = 1, window = 24, max = PLENTY } = {}) {
  const world = await World.open()
  const kept = await KeptOutputs.open(world.store, { hours: window, characters: max })
  for (let hour = 1; hour <= hours; hour++) {
    kept.add(hour, T0 + hour * HOUR, characters)
    // Stretches end with a transaction.
    kept.close({ filed: 0, told: undefined })
  }
  return { world, kept }
}

function prunedThrough(kept: KeptOutputs, progress: Parameters<KeptOutputs['close']>[0]): number {
  const { prunedOutputs } = kept.close(progress)
  expect(new Set(prunedOutputs.map(({ collection }) => collection))).toEqual(
    prunedOutputs.length === 0 ? new Set() : new Set([EVENTS, CHANGES]),
  )
  expect(new Set(prunedOutputs.map(({ through }) => through)).size).toBeLessThanOrEqual(1)
  return prunedOutputs[0]?.through ?? 0
}

describe('outputs go', () => {
  test.each<[string, { filed: number; told: number | undefined }, number]>([
    ['when they are older than the window, filed, and told', { filed: 100, told: 100 }, 76],
    ['and where no webhook waits', { filed: 100, told: undefined }, 76],
    ['but not before they are filed', { filed: 20, told: 100 }, 20],
    ['nor before the slowest webhook was told', { filed: 100, told: 30 }, 30],
  ])('%s', async (_name, progress, expected) => {
    const { kept } = await filled(100)
    const pruned = prunedThrough(kept, progress)
    expect(pruned).toBeLessThanOrEqual(expected)
    expect(pruned).toBeGreaterThan(expected - 3)
  })

  test('beyond the limit of size at any age, whoever waits, but not before they are filed', async () => {
    const progress = { filed: 100, told: 0 }
    expect(prunedThrough((await filled(100, { characters: 10, window: 200, max: 500 })).kept, progress)).toBe(50)
    expect(prunedThrough((await filled(100, { characters: 10, window: 200, max: 500 })).kept, { filed: 7, told: 0 })).toBe(7)
  })

  test('never while nothing comes', async () => {
    const { kept } = await filled(20)
    for (let i = 0; i < 3; i++) expect(prunedThrough(kept, { filed: 100, told: 100 })).toBe(0)
  })
})

test('the document says how far they are gone, is small, and is written only when it changes', async () => {
  const { world, kept } = await filled(5_000)
  const { documents } = kept.close({ filed: 5_000, told: undefined })
  expect(documents).toHaveLength(1)
  expect(documents[0]?.value?.length).toBeLessThan(6_000)
  await world.apply([], documents)
  expect(await keptSince(world.store)).toBeGreaterThan(4_970)
  expect(kept.close({ filed: 5_000, told: undefined }).documents).toEqual([])
})

test('whatever happens, outputs go only when they may, never come back, and take no more room than the limit', async () => {
  const step = fc.record({
    hours: fc.nat(10),
    characters: fc.nat(100),
    filedBehind: fc.nat(5),
    toldBehind: fc.option(fc.nat(20), { nil: undefined }),
    isRestart: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const limits = { hours: 24, characters: 640 }
      const world = await World.open()
      let kept = await KeptOutputs.open(world.store, limits)
      const outputs: { at: number; characters: number }[] = []
      let [now, pruned] = [T0, 0]
      for (const { hours, characters, filedBehind, toldBehind, isRestart } of steps) {
        now += hours * HOUR
        outputs.push({ at: now, characters })
        kept.add(outputs.length, now, characters)
        const filed = outputs.length - filedBehind
        const told = toldBehind === undefined ? undefined : outputs.length - toldBehind
        const { documents, prunedOutputs } = kept.close({ filed, told })
        await world.apply([], documents)
        const through = prunedOutputs[0]?.through ?? pruned
        expect(through).toBeGreaterThanOrEqual(pruned)
        expect(await keptSince(world.store)).toBe(through)
        if (through > pruned) {
          expect(through).toBeLessThanOrEqual(filed)
          const left = outputs.slice(through - 1).reduce((sum, one) => sum + one.characters, 0)
          const isOld = (outputs[through - 1]?.at ?? 0) <= now - 24 * HOUR && through <= (told ?? through)
          // A crash forgets the stretch that was open, which is then counted as nothing; so this is only ever less.
          if (!isOld) expect(left).toBeGreaterThan(limits.characters)
        }
        pruned = through
        if (filedBehind === 0 && !steps.some((one) => one.isRestart)) {
          const size = outputs.slice(pruned).reduce((sum, one) => sum + one.characters, 0)
          expect(size).toBeLessThanOrEqual(limits.characters + limits.characters / 64 + 100)
        }
        if (isRestart) kept = await KeptOutputs.open(world.store, limits)
      }
    }),
    { numRuns: 150 },
  )
})
