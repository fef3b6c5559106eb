import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { openSegmentServer, type SegmentServer } from '../../http/segments/segment-server.fixture.ts'
import { SEGMENT_SPACE } from '../../model/segment/segment.ts'
import { fileOf, filling, PRO, run, withoutIds } from '../segment-commands.fixture.ts'

const args = () => ['segment', 'create', 'pro', fileOf('pro.json', PRO), '--wait']

async function fillingServer(): Promise<SegmentServer> {
  const ids: string[] = []
  const server = await openSegmentServer({ queries: { members: () => Promise.resolve(ids) } })
  ids.push(await server.world.idOf('user', 'ada'))
  await server.world.enter('user', 'ada', { pro: '2026-03-01T09:00:00.000Z' })
  await server.world.define('pro', PRO, { filling: filling(1) })
  return server
}

describe('a segment that is waited for', () => {
  test('shows how far it is, and then its members', async () => {
    const server = await fillingServer()
    const slept = async () => void (await server.world.define('pro', PRO, { members: 120 }))
    const { out, err } = await run(server, args(), { slept })
    expect(err).toBe('pro: members, 1 of 4\npro: live, 120 members\n')
    expect(withoutIds(out)).toMatch(/^Nothing to do for pro: 120 users, live\.\n\nid /)
    expect(withoutIds(out)).toMatch(/\n<id>  email:ada@acme\.com  Ada   2026-03-01 09:00:00\nThe first 1 of 120\.\n$/)
  })

  test('is told with its members as JSON, and nothing beside', async () => {
    const server = await fillingServer()
    const slept = async () => void (await server.world.define('pro', PRO, { members: 1 }))
    const { out, err } = await run(server, [...args(), '--json'], { slept })
    expect(err).toBe('')
    expect(JSON.parse(out)).toMatchObject({
      change: 'unchanged',
      isApplied: true,
      segment: { id: 'pro', state: 'live', members: 1 },
      members: [{ identifier: 'email:ada@acme.com' }],
    })
  })

  test('is an error when somebody deletes it meanwhile', async () => {
    const server = await fillingServer()
    const slept = async () => await server.world.put({ space: SEGMENT_SPACE, key: 'pro', value: undefined })
    await expect(run(server, args(), { slept })).rejects.toMatchObject({ code: 'segment_unknown' })
  })

  test('is asked for again while it is only on its way', async () => {
    const server = await openSegmentServer()
    const { world } = server
    world.isApplying = false
    const { sleeping } = world.clock
    const running = run(server, args())
    for (const asked of [1, 2]) {
      while (world.clock.sleeping === sleeping || world.sent.length < asked) await setImmediate()
      world.isApplying = asked === 2
      world.clock.advance(10_000)
    }
    expect((await running).out).toBe('Created pro: 0 users, live.\n\nNo members.\n')
  })
})
