import { expect, test } from 'vitest'
import type { Keep, Tally, TallyState } from './segment.ts'
import { answeringTally, covers, tallyFamily } from './tally-cover.ts'

const DAY = 86_400_000

test.each<[Keep, Keep, boolean]>([
  [{ keep: 'latest', size: 3 }, { keep: 'latest', size: 2 }, true],
  [{ keep: 'latest', size: 2 }, { keep: 'latest', size: 3 }, false],
  [{ keep: 'latest', size: 3 }, { keep: 'earliest', size: 1 }, false],
  [{ keep: 'count', cap: 5 }, { keep: 'count', cap: 5 }, true],
  [{ keep: 'count', cap: 4 }, { keep: 'count', cap: 5 }, false],
  [{ keep: 'all' }, { keep: 'all', forMs: DAY }, true],
  [{ keep: 'all', forMs: DAY }, { keep: 'all' }, false],
  [{ keep: 'all', forMs: DAY }, { keep: 'all', forMs: DAY + 1 }, false],
  [{ keep: 'all', from: 5 }, { keep: 'all', from: 6 }, true],
  [{ keep: 'all', from: 6 }, { keep: 'all', from: 5 }, false],
  [{ keep: 'all', from: 6 }, { keep: 'all' }, false],
])('%j answers %j: %s', (keeps, asked, answers) => {
  expect(covers(keeps, asked)).toBe(answers)
})

test.each<[Keep, Keep]>([
  [
    { keep: 'count', cap: 5 },
    { keep: 'count', cap: 5, from: 1 },
  ],
  [
    { keep: 'count', cap: 5, until: 9 },
    { keep: 'count', cap: 5 },
  ],
  [{ keep: 'all' }, { keep: 'all', property: 'total' }],
  [{ keep: 'all' }, { keep: 'all', until: 9 }],
])('%j and %j have nothing in common', (a, b) => {
  expect(tallyFamily(tallyOf(a))).not.toBe(tallyFamily(tallyOf(b)))
})

test('a tally whose history is there answers before one that still waits for it', () => {
  const family = [stateOf('a', 3, false), stateOf('b', 2, true), stateOf('c', 5, true)]
  expect(answeringTally(family, tallyOf({ keep: 'latest', size: 2 }))?.key).toBe('b')
  expect(answeringTally(family, tallyOf({ keep: 'latest', size: 3 }))?.key).toBe('c')
  expect(answeringTally(family.slice(0, 2), tallyOf({ keep: 'latest', size: 3 }))?.key).toBe('a')
  expect(answeringTally(family, tallyOf({ keep: 'latest', size: 6 }))).toBeUndefined()
})

function tallyOf(keeps: Keep): Tally {
  return { kind: 'user', events: { name: 'Order Completed', filters: [] }, keeps }
}

function stateOf(key: string, size: number, isComplete: boolean): TallyState {
  return { key, tally: tallyOf({ keep: 'latest', size }), since: 0, owner: key, isComplete }
}
