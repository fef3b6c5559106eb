/** For tests: a small catalog on disk, in a folder of its own, of which each test changes what it is about. */
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
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
