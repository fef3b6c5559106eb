import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkTypes } from './check-types.ts'
import { writeTypes } from './generate-types.ts'
import { type Files, loadFiles, SHOP, writeFolder } from './scratch-catalog.fixture.ts'

/** The types that are generated for a schema of collection `shop/orders`, without what is the same for every catalog. */
async function typesFor(schema: string): Promise<string> {
  const loaded = await loadFiles({ ...SHOP, 'order.schema.yaml': schema })
  expect(loaded.problems).toEqual([])
  writeTypes(loaded)
  const text = readFileSync(join(loaded.folder, 'millrace.types.ts'), 'utf8')
  return text.slice(text.indexOf('export type ShopOrders'), text.indexOf('export type ShopCustomersDocument')).trim()
}

const ORDER =
  'type: object\nrequired: [id, email, country, extra]\nproperties:\n  id: { type: integer }\n  email: { type: string }\n  country: { type: string }\n'

test.each([
  ['{ type: [string, "null"] }', 'string | null'],
  ['{ const: 3 }', '3'],
  ['{ enum: [a, null, 1] }', '"a" | null | 1'],
  ['{ type: array, items: { enum: [a, b] } }', '("a" | "b")[]'],
  ['{ type: array }', 'unknown[]'],
  ['{ type: array, prefixItems: [{ type: string }, { type: integer }], minItems: 1, items: false }', '[string, number?]'],
  ['{ type: array, prefixItems: [{ type: string }], minItems: 1, items: { type: boolean } }', '[string, ...boolean[]]'],
  ['{ anyOf: [{ type: string }, { type: object, required: [a], properties: { a: true } }] }', 'string | {\n    a: unknown\n  }'],
  [
    '{ allOf: [{ type: object, properties: { a: { type: string } } }, { type: object, required: [a] }] }',
    '{\n    a?: string\n  } & {\n    a: unknown\n  }',
  ],
  ['{ type: object, additionalProperties: { type: number } }', '{\n    [name: string]: number\n  }'],
  ['{ type: object }', 'Record<string, unknown>'],
  [
    '{ type: object, properties: { "a-b": { type: string, description: "Two */ words." } } }',
    '{\n    /** Two * / words. */\n    "a-b"?: string\n  }',
  ],
  ['{ format: date-time }', 'unknown'],
])('the schema %s is the type %s', async (schema, type) => {
  expect(await typesFor(`${ORDER}  extra: ${schema}\n`)).toBe(
    `export type ShopOrders = {\n  id: number\n  email: string\n  country: string\n  extra: ${type}\n}`,
  )
})

test('references become types with names, also when they go in circles', async () => {
  const schema = `${ORDER}  extra: { $ref: '#/$defs/tree' }
$defs:
  tree:
    description: |
      A node.
      With children.
    type: object
    properties:
      children: { type: array, items: { $ref: '#/$defs/tree' } }
`
  expect(await typesFor(schema)).toContain(`/**
 * A node.
 * With children.
 */
export type Tree = {
  children?: Tree[]
}`)
})

test('what a reference makes optional and the schema requires is required', async () => {
  const schema = `$ref: '#/$defs/order'\nrequired: [note]\n$defs:\n  order:\n    type: object\n    required: [id, email, country]\n    properties: { id: { type: integer }, email: { type: string }, country: { type: string }, note: { type: string } }\n`
  expect(await typesFor(schema)).toContain('export type ShopOrders = Order & {\n  note: string\n}')
})

test('the file is only written when its text changes', async () => {
  const loaded = await loadFiles(SHOP)
  expect(writeTypes(loaded)).toEqual({ written: [join(loaded.folder, 'millrace.types.ts')], unwritable: [] })
  expect(writeTypes(loaded)).toEqual({ written: [], unwritable: [] })
})

test('a folder that takes no files is no failure', async () => {
  const loaded = await loadFiles(SHOP)
  chmodSync(loaded.folder, 0o555)
  // Permissions do not bind the superuser.
  if (process.geteuid?.() === 0) process.seteuid?.(NOBODY)
  try {
    expect(writeTypes(loaded)).toEqual({ written: [], unwritable: [join(loaded.folder, 'millrace.types.ts')] })
  } finally {
    if (process.getuid?.() === 0) process.seteuid?.(0)
    chmodSync(loaded.folder, 0o755)
  }
})

const NOBODY = 65_534

test('a catalog without derivations gets no file', async () => {
  const loaded = await loadFiles({
    'millrace.yaml':
      'collections: { a: { schema: { type: object, required: [id], properties: { id: { type: string } } }, key: [/id] } }',
  })
  expect(writeTypes(loaded)).toEqual({ written: [], unwritable: [] })
  expect(existsSync(join(loaded.folder, 'millrace.types.ts'))).toBe(false)
})

/** Problems of the compiler with a module of the shop, as `file:line:column` and message. */
async function compile(module: string): Promise<string[]> {
  const files: Files = { ...SHOP, 'customers.ts': module }
  const loaded = await loadFiles(files)
  writeTypes(loaded)
  const checked = await checkTypes(loaded.modules, loaded.folder)
  if (checked.kind === 'not checked') throw new Error('no compiler')
  return checked.problems.map(
    ({ file, line, column, message }) => `${file.slice(loaded.folder.length + 1)}:${line}:${column} ${message}`,
  )
}

const TYPED = `import { defineDerivation } from 'millrace'
import type { ShopCustomers } from './millrace.types.ts'

export default defineDerivation<ShopCustomers>({
  fromOrders: {
    update: (order) => [{ email: order.email, orders: 1 }],
    publish: (_order, customer, previous) => (customer.orders === previous.orders ? [] : [customer]),
  },
})
`

test('a sound typed module compiles, outside of the package too', async () => {
  expect(await compile(TYPED)).toEqual([])
})

test('a wrong field of a source, a register or an output does not compile', async () => {
  const problems = await compile(
    TYPED.replace('order.email', 'order.emial')
      .replace('customer.orders', 'customer.order')
      .replace('[customer])', '[{ mail: 1 }])'),
  )
  expect(problems).toEqual([
    expect.stringMatching(/^customers\.ts:6:.*Property 'emial' does not exist on type 'ShopOrders'/),
    expect.stringMatching(/^customers\.ts:7:.*'email' is missing/),
    expect.stringMatching(/^customers\.ts:7:.*Property 'order' does not exist/),
  ])
})

test('a missing lambda does not compile', async () => {
  const [problem] = await compile(
    TYPED.replace(/\s+update: .*\n/, '\n    publish: () => [],\n').replace(/ {4}publish: \(_order.*\n/, ''),
  )
  expect(problem).toMatch(/customers\.ts:5:.*'update' is missing/)
})

test('a module without generated types compiles', async () => {
  expect(await compile(SHOP['customers.ts'] ?? '')).toEqual([])
})

test('where there is no module there is nothing to check', async () => {
  expect(await checkTypes([], writeFolder({}))).toEqual({ kind: 'checked', problems: [] })
})
