import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Files, SHOP, writeFolder } from '../catalog/scratch-catalog.fixture.ts'

const MAIN = new URL('../../bin/millrace.mjs', import.meta.url).pathname

/** Runs the real command in a folder with `files`. */
function check(files: Files, ...args: string[]): Promise<{ code: number; output: string; folder: string }> {
  const folder = writeFolder(files)
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, 'check', ...args], { cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr, folder }),
    )
  })
}

test('a sound catalog is counted, its types are written and compiled', async () => {
  const { code, output, folder } = await check(SHOP)
  expect(output).toBe('No problems: 2 collections, 1 derivation\n')
  expect(code).toBe(0)
  expect(existsSync(join(folder, 'millrace.types.ts'))).toBe(true)
})

test('sources and traits are counted, and are enough for a catalog', async () => {
  const text = 'sources: { web: {} }\ntraits: { user: { plan: {}, ssn: { forbid: true } }, account: { seats: {} } }\n'
  const { code, output, folder } = await check({ 'millrace.yaml': text })
  expect(output).toBe('No problems: 1 source, 3 traits\n')
  expect(code).toBe(0)
  expect(existsSync(join(folder, 'millrace.types.ts'))).toBe(false)
})

test('a segment that may be meant otherwise is doubted, and does not fail the command', async () => {
  const text = `segments:
  testers: { manual: true }
  with-email: { type: all, predicates: [{ property: { key: emial }, operator: is_set }] }
`
  const { code, output } = await check({ 'millrace.yaml': text })
  expect(output).toBe(
    `millrace.yaml:3:60  warning: Segment "with-email": no profile has the trait "emial" yet.
    Did you mean "email"?
No errors, 1 warning in 1 file: 2 segments
`,
  )
  expect(code).toBe(0)
})

test('an empty catalog is said to be empty', async () => {
  const { code, output } = await check({ 'millrace.yaml': '' })
  expect(output).toBe('No problems: the catalog is empty\n')
  expect(code).toBe(0)
})

test('problems have places, suggestions and a count, and fail the command', async () => {
  const { code, output } = await check({
    ...SHOP,
    'millrace.yaml': (SHOP['millrace.yaml'] ?? '').replace('key: [/id]', 'key: [/idd]'),
  })
  expect(output).toBe(
    'millrace.yaml:4:11  Collection "shop/orders", key: the location "/idd" cannot exist by "order.schema.yaml".\n' +
      '    Did you mean "/id"?\n1 problem in 1 file\n',
  )
  expect(code).toBe(1)
})

test('errors of the TypeScript compiler are problems of the modules', async () => {
  const module = `import { defineDerivation } from 'millrace'
import type { ShopCustomers } from './millrace.types.ts'

export default defineDerivation<ShopCustomers>({
  fromOrders: {
    update: (order) => [{ email: order.mail, orders: 1 }],
    publish: (_order, customer) => [customer],
  },
})
`
  const { code, output } = await check({ ...SHOP, 'customers.ts': module }, '--json')
  expect(code).toBe(1)
  expect(JSON.parse(output)).toMatchObject({
    problems: [
      { line: 6, severity: 'error', message: "Property 'mail' does not exist on type 'ShopOrders'. Did you mean 'email'?" },
    ],
    counts: { collection: 2, derivation: 1 },
  })
})

test('a folder without a catalog says what is missing', async () => {
  const { code, output } = await check({})
  expect(output).toContain('millrace.yaml" does not exist.')
  expect(code).toBe(1)
})
