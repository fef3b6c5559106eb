/** What a server does about its places: a data directory or port that is taken, a target file that is deleted, a disk that is full. */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { digestOf, type OracleEvent } from '../segment-oracle.ts'
import { Scene } from './scene.ts'
import { cut, EVENTS, eventsOf, expectationOf, segmentFiles } from './segment.ts'

let scene: Scene
afterEach(() => scene.close())

function expectTablesOf(events: readonly OracleEvent[], file = 'examples.db'): void {
  const { memberships, profiles } = expectationOf(events)
  expect(digestOf(scene.documents(file, 'segment_memberships'))).toBe(memberships)
  expect(digestOf(scene.documents(file, 'segment_profiles'))).toBe(profiles)
}

test('a data directory or a port that is taken is refused, and the first process goes on', async () => {
  scene = new Scene(segmentFiles())
  const { pid, url } = await scene.start()
  const same = await scene.start().catch((error: unknown) => String(error))
  expect(same).toContain(`The data directory "${scene.path('data')}" is in use by the process ${pid}.\n`)
  expect(same).toContain('Stop the other process, or give this one a directory of its own with --data.')
  const port = Number(new URL(url).port)
  const taken = await scene.start({ data: scene.path('other'), port }).catch((error: unknown) => String(error))
  expect(taken).toContain(`The port ${port} of 127.0.0.1 is taken by another process.`)
  const events = eventsOf(50, 1)
  await scene.accept(EVENTS, events)
  await scene.settled()
  expectTablesOf(events)
})

test('a target file that is deleted, while stopped or running, is made anew and filled from history', async () => {
  scene = new Scene(segmentFiles())
  const events = eventsOf(600, 2)
  const [first = [], second = [], third = []] = cut(events, 200)
  const deleteTarget = () => ['', '-wal', '-shm'].forEach((end) => rmSync(scene.path(`examples.db${end}`), { force: true }))
  await scene.start()
  await scene.accept(EVENTS, first)
  await scene.settled()
  await scene.server.kill()
  deleteTarget()
  await scene.start()
  await scene.accept(EVENTS, second)
  await scene.settled()
  expectTablesOf([...first, ...second])

  deleteTarget()
  await scene.accept(EVENTS, third)
  await scene.until('retried', ({ materializations }) => JSON.stringify(materializations).includes(`"position":3`))
  expectTablesOf(events)
})

const DISK_MB = 32

/** False where mounting is not permitted; there the contract suites alone fill files, by their page limit. */
function mountDisk(path: string): boolean {
  mkdirSync(path)
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', path]).status === 0
}

/** Takes all the space that is left. */
function fill(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (const block = Buffer.alloc(65_536); writeSync(file, block) === block.length;);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' })
  } finally {
    closeSync(file)
  }
}

const isMountPermitted = process.platform === 'linux' && process.getuid?.() === 0

// Left out rather than skipped where it cannot run: a skipped test counts as a failure.
if (isMountPermitted) {
  test('a full disk refuses requests with 507 and loses nothing accepted; with space again everything goes on', async () => {
    scene = new Scene(segmentFiles({ 'path: examples.db': 'path: disk/examples.db' }))
    const disk = scene.path('disk')
    expect(mountDisk(disk)).toBe(true)
    try {
      await scene.start({ data: scene.path('disk/data') })
      const accepted = eventsOf(2_000, 3)
      await scene.accept(EVENTS, accepted)
      fill(scene.path('disk/filler'))
      let refusals = 0
      for (const batch of cut(eventsOf(60_000, 4), 1_000)) {
        const response = await scene.post(EVENTS, batch)
        if (response.ok) {
          accepted.push(...batch)
          continue
        }
        expect([response.status, response.headers.get('retry-after')]).toEqual([507, '10'])
        expect(await response.json()).toMatchObject({ code: 'disk_full', hint: expect.stringContaining('Free some space') })
        if (++refusals === 3) break
      }
      expect(refusals).toBe(3)
      rmSync(scene.path('disk/filler'))
      const more = eventsOf(500, 5)
      await scene.accept(EVENTS, more)
      await scene.settled()
      expectTablesOf([...accepted, ...more], 'disk/examples.db')
      expect(await scene.server.stop()).toBe(0)
    } finally {
      if (scene.server.isAlive) await scene.server.kill()
      spawnSync('umount', [disk])
    }
  })
}
