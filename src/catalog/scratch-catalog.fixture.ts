/** For tests: a small catalog on disk, in a folder of its own, of which each test changes what it is about. */
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type LoadedCatalog, type LoadOptions, loadCatalog } from './load-catalog.ts'

export type Files = Record<string, string>

/** Two collections, the second derived from the first. */
export const SHOP: Files = {
  'millrace.yaml': `collections:
  shop/orders:
    schema: order.schema.yaml
    key: [/id]
    projections:
      country: { location: /country, partition: true }
  shop/customers:
    schema: customer.schema.yaml
    key: [/email]
    derivation:
      typescript: customers.ts
      register: { schema: customer.schema.yaml, initial: { email: '' } }
      transform:
        fromOrders:
          source: shop/orders
          shuffle: [/email]
          update: { lambda: typescript }
          publish: { lambda: typescript }
`,
  'order.schema.yaml': `type: object
required: [id, email, country]
properties:
  id: { type: integer }
  email: { type: string }
  country: { type: string }
  total: { type: number }
  note: { type: [string, 'null'] }
  items:
    type: array
    items: { $ref: '#Item' }
$defs:
  item:
    $anchor: Item
    type: object
    required: [sku]
    properties:
      sku: { type: string }
additionalProperties: false
`,
  'customer.schema.yaml': `type: object
reduce: { strategy: merge }
required: [email]
properties:
  email: { type: string }
  orders: { type: integer, reduce: { strategy: sum } }
`,
  'customers.ts': `import { defineDerivation } from 'millrace'

export default defineDerivation({
  fromOrders: {
    update: (order) => [{ email: order.email, orders: 1 }],
    publish: (_order, customer) => [customer],
  },
})
`,
}

/** Writes `files` into a new folder and returns its path. */
export function writeFolder(files: Files): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-catalog-')))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

export async function loadFiles(files: Files, options: Partial<LoadOptions> = {}): Promise<LoadedCatalog & { folder: string }> {
  const folder = writeFolder(files)
  return { folder, ...(await loadCatalog(folder, { env: {}, ...options })) }
}

/** Problems as `file:line:column message | suggestion`, warnings with a word in front. Paths are relative to the folder. */
export function problemLines({ folder, problems }: Pick<LoadedCatalog, 'problems'> & { folder: string }): string[] {
  return problems.map(({ file, line, column, message, suggestion, severity }) => {
    const mark = severity === 'warning' ? 'warning: ' : ''
    const hint = suggestion === undefined ? '' : ` | ${suggestion}`
    return `${relative(folder, file)}:${line}:${column} ${mark}${`${message}${hint}`.replaceAll(`${folder}/`, '')}`
  })
}

export type Case = {
  name: string
  /** Text of `millrace.yaml` to replace, as pairs of old and new. */
  change?: [string, string][]
  /** Files to add to the shop, or to put in place of its own. */
  files?: Files
  /** In full, or a pattern where the words belong to others. */
  problems: (string | RegExp)[]
}

async function check({ change = [], files = {}, problems }: Case): Promise<void> {
  let text = SHOP['millrace.yaml'] ?? ''
  for (const [from, to] of change) {
    expect(text).toContain(from)
    text = text.replace(from, () => to)
  }
  const loaded = await loadFiles({ ...SHOP, 'millrace.yaml': text, ...files })
  const expected: unknown[] = problems.map((line) => (typeof line === 'string' ? line : expect.stringMatching(line)))
  expect(problemLines(loaded)).toEqual(expected)
  const hasErrors = problems.some((line) => typeof line !== 'string' || !line.includes(' warning: '))
  expect(loaded.catalog === undefined).toBe(hasErrors)
}

export function suite(name: string, cases: Case[]): void {
  describe(name, () => {
    for (const each of cases) test(each.name, () => check(each))
  })
}

/** Puts text before the collections of the shop. */
export const append = (text: string): [string, string][] => [['collections:', `${text}collections:`]]

/** A materialization of the shop. */
export const MATERIALIZATION = `materializations:
  shop/views:
    endpoint: { sqlite: { path: views.db } }
    bindings:
      - { source: shop/customers, table: customers }
      - { source: shop/orders, resource: { table: orders } }
`

/** A test of the shop. */
export const TEST = `tests:
  "Orders count":
    - ingest:
        collection: shop/orders
        documents:
          - { id: 1, email: a, country: se }
          - { id: 2, email: b, country: se }
    - verify:
        collection: shop/customers
        documents:
          - { email: a, orders: 1 }
          - { email: b }
`
