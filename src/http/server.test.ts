import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { FakeClock } from '../base/clock.ts'
import { openSqliteLog } from '../log/sqlite/open-sqlite-log.ts'
import { SchemaSet } from '../model/schema/schema-set.ts'
import { createIngest } from '../engine/ingest/ingest.ts'
import { frontDoorOn, segmentCatalog } from './front-door.fixture.ts'
import { createServer } from './server.ts'

const openFrontDoor = frontDoorOn((clock) => openSqliteLog({ path: ':memory:', clock }))

test('a port that is taken is named', async () => {
  const first = await openFrontDoor()
  onTestFinished(() => first.close())
  const ingest = createIngest({ catalog: segmentCatalog, schemas: new SchemaSet(segmentCatalog.schemas), log: first.log })
  const second = createServer({ ingest, clock: new FakeClock(), status: () => ({}), reportBug: () => {} })
  onTestFinished(() => second.close())
  await expect(second.listen({ host: '127.0.0.1', port: first.port })).rejects.toMatchObject({
    code: 'address_in_use',
    message: `The port ${first.port} of 127.0.0.1 is taken by another process.`,
  })
})

test('connections over which nothing was asked do not keep a server from closing', async () => {
  const door = await openFrontDoor()
  onTestFinished(() => door.close())
  const silent = connect(door.port, '127.0.0.1')
  await once(silent, 'connect')
  // It is at the server when that answers a later one.
  await (await fetch(`http://127.0.0.1:${door.port}/status`)).text()
  await Promise.all([door.close(), once(silent, 'close')])
})
