/** Lambdas that do what they must not, in a server as people start it: the rest goes on, and once mended everything is exact. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { EngineStatus } from '../../src/runtime/status.ts'
import { readLakeLines } from '../crash/read-lake-lines.ts'
import { type Files, Scene } from './scene.ts'

const ORDERS = 'shop/orders'
type Order = { id: number; user: string; amount: number; note?: string }

const NAMES = ['totals', 'copies', 'sums', 'marks']

const DERIVED = NAMES.map(
  (name) => `  shop/${name}:
    schema: customer.schema.yaml
    key: [/user]
    derivation:
      typescript: ${name}.ts
      transform:
        fromOrders: { source: shop/orders, shuffle: [/user], publish: { lambda: typescript } }
`,
)

const CATALOG = `collections:
  shop/orders:
    schema: order.schema.yaml
    key: [/id]
${DERIVED.join('')}materializations:
  shop/views:
    endpoint: { sqlite: { path: shop.db } }
    bindings:
${['orders', ...NAMES].map((name) => `      - { source: shop/${name}, table: ${name} }`).join('\n')}
`

const ORDER_SCHEMA = `type: object
required: [id, user, amount]
properties:
  id: { type: integer }
  user: { type: string }
  amount: { type: integer }
`

const CUSTOMER_SCHEMA = `type: object
reduce: { strategy: merge }
required: [user]
properties:
  user: { type: string }
  total: { type: integer, reduce: { strategy: sum } }
`

/** A lambda that meets an order with a note does what the note says. */
function lambdaModule(onNote: string): string {
  return `import { defineDerivation } from 'millrace'

export default defineDerivation({
  fromOrders: {
    publish: (order) => {
      if (order.note) ${onNote}
      return [{ user: order.user, total: order.amount }]
    },
  },
})
`
}

const SOUND: Files = {
  'millrace.yaml': CATALOG,
  'order.schema.yaml': ORDER_SCHEMA,
  'customer.schema.yaml': CUSTOMER_SCHEMA,
  ...Object.fromEntries(NAMES.map((name) => [`${name}.ts`, lambdaModule('{}')])),
}

const orders = Array.from({ length: 60 }, (_, id): Order => ({ id, user: `user ${id % 7}`, amount: id }))
const before = orders.slice(0, 20)
const poison: Order = { id: 1_000, user: 'user 0', amount: 5, note: 'now' }
const after = orders.slice(20)
const all = [...before, poison, ...after]

function totalsOf(list: readonly Order[]): { user: string; total: number }[] {
  const totals = new Map<string, number>()
  for (const { user, amount } of list) totals.set(user, (totals.get(user) ?? 0) + amount)
  return [...totals].map(([user, total]) => ({ user, total })).toSorted(byUser)
}

function byUser(a: { user: string }, b: { user: string }): number {
  return a.user < b.user ? -1 : 1
}

let scene: Scene
afterEach(() => scene.close())

const table = (name: string) => (scene.documents('shop.db', name) as { user: string; total: number }[]).toSorted(byUser)

async function inLake(): Promise<unknown[]> {
  return (await readLakeLines(scene.path(`data/lake/${ORDERS}`))).map((line) => JSON.parse(line) as unknown)
}

/** Orders before, the one that does harm, and orders after it, a request each. */
async function feed(): Promise<void> {
  for (const order of before.slice(1)) await scene.accept(ORDERS, [order])
  await scene.accept(ORDERS, [poison])
  for (const order of after) await scene.accept(ORDERS, [order])
}

function positionOf(table: string, materializations: EngineStatus['materializations']): number | undefined {
  return materializations['shop/views']?.bindings?.find((binding) => binding.table === table)?.position
}

/** What does not depend on `apply` goes on: requests are answered, tables and the lake get the captured documents. */
async function expectOthersWork(): Promise<void> {
  await scene.until('all orders in their table', ({ log, materializations }) => {
    return positionOf('orders', materializations) === log.head
  })
  expect(scene.documents('shop.db', 'orders')).toHaveLength(all.length)
  await expect.poll(inLake, { timeout: 20_000 }).toEqual(all)
  expect((await fetch(`${scene.server.url}/health`)).status).toBe(200)
}

async function expectExactWhenMended(): Promise<void> {
  scene.write(SOUND)
  await scene.restart()
  await scene.settled()
  for (const name of NAMES) expect(table(name)).toEqual(totalsOf(all))
}

test('lambdas that throw, return a wrong shape or break a schema stop alone, and /status names file and line', async () => {
  scene = new Scene({
    ...SOUND,
    'totals.ts': lambdaModule(`throw new Error('cannot total ' + order.id)`),
    'sums.ts': lambdaModule(`return { user: order.user }`),
    'marks.ts': lambdaModule(`return [{ total: 1 }]`),
  })
  await scene.start()
  await scene.accept(ORDERS, before.slice(0, 1))
  await feed()
  const { apply } = await scene.until('stopped', ({ apply, log }) => apply.positions?.['shop/copies'] === log.head)
  const place = before.length + 1
  expect(apply).toMatchObject({ state: 'running', positions: { 'shop/totals': place - 1, 'shop/sums': place - 1 } })
  expect(apply.stopped?.map(({ derivation, position, message }) => [derivation, position, message])).toEqual([
    ['shop/totals', place, `${scene.path('totals.ts')}:5: lambda fromOrders.publish threw: cannot total 1000 (at line 6).`],
    [
      'shop/sums',
      place,
      expect.stringMatching(/sums\.ts:5: lambda fromOrders\.publish returned \{"user":"user 0"\} instead of a list/),
    ],
    [
      'shop/marks',
      place,
      expect.stringMatching(/marks\.ts:5: .* published a document that breaks the schema of "shop\/marks": .*"user"/),
    ],
  ])
  await expectOthersWork()
  await scene.until('tables', ({ materializations, log }) => {
    return positionOf('copies', materializations) === log.head && positionOf('totals', materializations) === place - 1
  })
  expect(table('copies')).toEqual(totalsOf(all))
  expect(table('totals')).toEqual(totalsOf(before))
  await expectExactWhenMended()
})

describe('a lambda that brings down its thread', () => {
  test.each([
    ['exits', `process.exit(3)`, /The thread of "apply" died: exit code 3\. It starts again in (400|800|\d{4,}) ms/],
    [
      'allocates without end',
      'for (let hoard = {}; ; ) hoard = { hoard }',
      /The thread of "apply" died: .*memory limit.* It starts again in \d+ ms/,
    ],
  ])('because it %s, is told, and the process lives on', async (_name, onNote, message) => {
    scene = new Scene({ ...SOUND, 'totals.ts': lambdaModule(onNote) })
    const { pid } = await scene.start()
    await scene.accept(ORDERS, before.slice(0, 1))
    await feed()
    const { apply } = await scene.until('died', ({ apply }) => 'message' in apply && message.test(apply.message))
    expect(apply).toMatchObject({ state: 'retrying', code: 'thread_died', hint: expect.stringContaining('lambda') })
    await expectOthersWork()
    expect([scene.server.pid, scene.server.isAlive]).toEqual([pid, true])
    await expectExactWhenMended()
  })
})

test('a lambda that never returns is told as stuck, requests are answered meanwhile, and stopping does not wait for it', async () => {
  scene = new Scene({ ...SOUND, 'totals.ts': lambdaModule('for (;;) {}') })
  await scene.start({ flags: ['--stuck-after-ms', '500'] })
  await scene.accept(ORDERS, before.slice(0, 1))
  await scene.settled()
  await feed()
  const { apply } = await scene.until('stuck', ({ apply }) => apply.state === 'stuck')
  expect(apply).toMatchObject({
    code: 'thread_stuck',
    message: 'The thread of "apply" has work, but has not reacted for 0.5 s or longer.',
    hint: expect.stringContaining('a lambda that never returns'),
  })
  const { stdout } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, '../../bin/millrace.mjs'), 'status', '--url', scene.server.url],
    { encoding: 'utf8' },
  )
  expect(stdout).toContain('apply is stuck: The thread of "apply" has work, but has not reacted')
  await expectOthersWork()
  expect(await scene.server.stop()).toBe(0)
  await expectExactWhenMended()
})
