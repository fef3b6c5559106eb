import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { seededRandom } from '../../base/random.ts'
import type { SegmentDefinition } from '../../model/segment/segment.ts'
import { matching, newScene, NOW } from './columns.fixture.ts'

const PROGRAM = new URL('columns-killed.fixture.ts', import.meta.url).pathname
const id = (number: number) => number.toString(16).padStart(24, '0')

/** Resolves to the steps that it has reported when it is dead; undefined: it came to its end. */
async function runUntil(root: string, killAfter: number): Promise<number | undefined> {
  const child = spawn(process.execPath, [PROGRAM, root], { stdio: ['ignore', 'pipe', 'inherit'] })
  let steps = 0
  createInterface(child.stdout).on('line', () => {
    if (++steps === killAfter) child.kill('SIGKILL')
  })
  return await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code === 0 ? undefined : steps))
  })
}

test('a process that is killed while it makes the columns leaves what the next one goes on with', async () => {
  const { lake, columns, world, commit, file } = await newScene()
  const users = Array.from({ length: 400 }, (_, i) => ({ id: id(i + 1), traits: { plan: i % 2 === 0 ? 'pro' : 'free' } }))
  await commit({ users, events: users.map((user) => ({ user: user.id, at: NOW, name: 'Order' })) })
  await file()
  const random = seededRandom(7)
  let kills = 0
  for (let round = 1; round <= 6; round++) {
    if ((await runUntil(lake.root, 1 + Math.floor(random.next() * 6))) !== undefined) kills++
    await commit({
      users: users.slice(0, round * 10),
      events: users.slice(round).map((user) => ({ user: user.id, at: NOW, name: 'Order' })),
    })
    if (round % 2 === 0) await file()
  }
  expect(kills).toBeGreaterThan(2)
  await columns.catchUp()
  for (let min = 1; min < 9; min++) {
    const definition: SegmentDefinition & { predicate: object } = {
      id: 's',
      name: 's',
      kind: 'user',
      timeZone: 'UTC',
      predicate: {
        is: 'all',
        of: [
          {
            is: 'events',
            events: { name: 'Order', filters: [] },
            when: { frame: 'ever' },
            count: { min, max: min, negated: false },
            at: '',
          },
        ],
        at: '',
      },
    }
    const { count, entities } = await columns.preview(definition, { now: NOW })
    expect({ count, entities }).toEqual({ count: matching(world, definition, NOW).length, entities: 400 })
  }
}, 60_000)
