/** PostgreSQL as store and as target, through outages, rivals and tables that somebody else has made. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, expect, test } from 'vitest'
import { execute, freshDatabase, startPostgres } from '../postgres.ts'
import { digestOf } from '../segment-oracle.ts'
import { Scene } from './scene.ts'
import { cut, EVENTS, eventsOf, expectationOf, segmentFiles, VIEWS } from './segment.ts'

const scenes: Scene[] = []
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close()
})
afterAll(async () => (await startPostgres()).stop())

/** The example with its tables in PostgreSQL. */
function postgresScene(target: string): Scene {
  const scene = new Scene(segmentFiles({ '{ sqlite: { path: examples.db } }': `{ postgres: { url: '${target}' } }` }))
  scenes.push(scene)
  return scene
}

async function tablesIn(url: string): Promise<{ memberships: string; profiles: string }> {
  const digest = async (table: string) => {
    const { rows } = await execute(url, `select flow_document::text as document from ${table}`)
    return digestOf(rows.map(({ document }) => JSON.parse(String(document)) as unknown))
  }
  return { memberships: await digest('segment_memberships'), profiles: await digest('segment_profiles') }
}

test('a server that is away for a while is waited for, with a message, and everything is exact afterwards', async () => {
  const [store, target] = [await freshDatabase(), await freshDatabase()]
  const postgres = await startPostgres()
  const scene = postgresScene(target)
  await scene.start({ store })
  const events = eventsOf(8_000, 3)
  const batches = cut(events, 250)
  for (const batch of batches.slice(0, 12)) await scene.accept(EVENTS, batch)

  // In the middle of the work on the first ones.
  await postgres.halt()
  for (const batch of batches.slice(12, 24)) await scene.accept(EVENTS, batch)
  const { apply, materializations } = await scene.until(
    'retrying',
    ({ apply, materializations }) => apply.state === 'retrying' && materializations[VIEWS]?.state === 'retrying',
  )
  const place = new URL(store).host
  expect(apply).toMatchObject({
    code: 'store_unavailable',
    message: expect.stringMatching(new RegExp(`The store at ${place} cannot be reached: `)),
    hint: expect.stringContaining('the work goes on by itself'),
  })
  expect(materializations[VIEWS]).toMatchObject({ message: expect.stringContaining(place) })
  expect(JSON.stringify({ apply, materializations })).not.toContain('millrace:millrace')
  await sleep(1_000)

  await postgres.resume()
  for (const batch of batches.slice(24)) await scene.accept(EVENTS, batch)
  // Connections that break while the server stays.
  await execute(postgres.url, `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'millrace'`)
  await scene.settled()
  const { memberships, profiles } = expectationOf(events)
  expect(await tablesIn(target)).toEqual({ memberships, profiles })
})

test('a store that another process has taken over is left to it, with a message', async () => {
  const [store, target] = [await freshDatabase(), await freshDatabase()]
  const scene = postgresScene(target)
  const older = await scene.start({ store })
  await scene.until('running', ({ apply }) => apply.positions !== undefined)
  await scene.start({ store, data: scene.path('other data') })
  await scene.until('running', ({ apply }) => apply.positions !== undefined)
  const [batch = []] = cut(eventsOf(100, 4), 100)
  await scene.accept(EVENTS, batch)
  await scene.settled()

  await fetch(`${older.url}/ingest/${EVENTS}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(batch),
  })
  const newer = scene.server
  scene.watch(older)
  const { apply } = await scene.until('stopped', ({ apply }) => apply.state === 'stopped')
  expect(apply).toMatchObject({
    code: 'store_fenced',
    message: expect.stringMatching(/Partition "0" has another owner \(fence 2, ours 1\)/),
    hint: expect.stringContaining('Only one process may apply a partition'),
  })
  scene.watch(newer)
  expect((await scene.status()).apply.state).toBe('running')
})

test('a store that was filled from another log is refused before anything is lost, and whoever works on it goes on', async () => {
  const [store, target] = [await freshDatabase(), await freshDatabase()]
  const scene = postgresScene(target)
  const first = await scene.start({ store })
  const events = eventsOf(300, 5)
  await scene.accept(EVENTS, events.slice(0, 200))
  await scene.settled()
  await scene.start({ store, data: scene.path('other data') })
  const { apply, materializations } = await scene.until(
    'stopped',
    ({ apply, materializations }) => apply.state === 'stopped' && materializations[VIEWS]?.state === 'stopped',
  )
  expect(apply).toMatchObject({
    code: 'log_replaced',
    message: 'The store has taken in the log up to position 1, but the log ends at 0.',
  })
  expect(materializations[VIEWS]).toMatchObject({ code: 'log_replaced', message: expect.stringContaining('The table "segment_') })

  await scene.server.kill()
  scene.watch(first)
  await scene.restart({ store })
  await scene.accept(EVENTS, events.slice(200))
  await scene.settled()
  const { memberships, profiles } = expectationOf(events)
  expect(await tablesIn(target)).toEqual({ memberships, profiles })
})

test('a table that somebody else has made, or changed, is left alone with a message, and filled from history once it is gone', async () => {
  const target = await freshDatabase()
  await execute(target, 'create table segment_profiles (name text primary key)')
  await execute(target, `insert into segment_profiles values ('not yours')`)
  const scene = postgresScene(target)
  await scene.start()
  const events = eventsOf(400, 6)
  await scene.accept(EVENTS, events.slice(0, 200))
  const stopped = () =>
    scene.until('refused', ({ materializations, apply, log }) => {
      return materializations[VIEWS]?.state === 'stopped' && Object.values(apply.positions ?? {}).every((p) => p === log.head)
    })
  const { materializations } = await stopped()
  expect(materializations[VIEWS]).toMatchObject({
    code: 'endpoint_table_conflict',
    message: 'Table "segment_profiles" exists already and was not made by a materialization.',
    hint: expect.stringContaining('drop the table'),
  })
  expect((await execute(target, 'select * from segment_profiles')).rows).toEqual([{ name: 'not yours' }])

  await execute(target, 'drop table segment_profiles')
  await scene.restart()
  await scene.settled()
  await execute(target, 'alter table segment_memberships drop column last, add column remark text')
  await scene.restart()
  await scene.accept(EVENTS, events.slice(200))
  const changed = await stopped()
  expect(changed.materializations[VIEWS]).toMatchObject({
    message:
      'Table "segment_memberships" has other columns than collection "examples/segment/memberships" needs: column "last" (text) is missing; column "remark" is not needed.',
  })

  await execute(target, 'drop table segment_memberships')
  await scene.restart()
  await scene.settled()
  const { memberships, profiles } = expectationOf(events)
  expect(await tablesIn(target)).toEqual({ memberships, profiles })
})
