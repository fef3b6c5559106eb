import { expect, test } from 'vitest'
import { append, loadFiles, MATERIALIZATION, problemLines, SHOP, suite, TEST } from './scratch-catalog.fixture.ts'

suite('files', [
  { name: 'a sound catalog has no problems', problems: [] },
  {
    name: 'text that is no YAML is reported where it breaks, and nothing else',
    files: { 'millrace.yaml': 'collections:\n  a: [1, 2\n  b: 1\n' },
    problems: [
      'millrace.yaml:3:3 Not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
  },
  {
    name: 'an alias without an anchor is reported with a similar one',
    change: append('x-base: &base {}\nx-more: *bas\n'),
    problems: ['millrace.yaml:2:9 There is no anchor "&bas" above this. | Did you mean "base"?'],
  },
  {
    name: 'a name that occurs twice in one map is reported, the second time',
    change: [['    key: [/id]', '    key: [/id]\n    key: [/email]']],
    problems: ['millrace.yaml:5:5 This name occurs twice in one map. | Rename or remove one; only the last would count.'],
  },
  {
    name: 'an import that does not exist is reported with a similar file',
    change: append('import: [test.millrace.yaml]\n'),
    files: { 'tests.millrace.yaml': '{}' },
    problems: ['millrace.yaml:1:10 The catalog file "test.millrace.yaml" does not exist. | Did you mean "tests.millrace.yaml"?'],
  },
  {
    name: 'files may import each other, and each is read once',
    change: append('import: [more/a.yaml]\n'),
    files: { 'more/a.yaml': 'import: [../millrace.yaml, a.yaml]\n' },
    problems: [],
  },
  {
    name: 'a name that two files define is reported at the second',
    change: append('import: [more/a.yaml]\n'),
    files: { 'more/a.yaml': 'collections:\n  shop/orders: { schema: ../order.schema.yaml, key: [/id] }\n' },
    problems: [
      'more/a.yaml:2:3 Collection "shop/orders" is defined twice; the first definition is at millrace.yaml:3. | Rename or remove one.',
    ],
  },
  {
    name: 'fields that start with x- are free for anchors, merge keys work, and unknown fields are named',
    change: [
      ['    schema: order.schema.yaml\n    key: [/id]', '    <<: *base'],
      ...append('x-base: &base { key: [/id], schema: order.schema.yaml }\ncollection: {}\n'),
    ],
    problems: ['millrace.yaml:2:1 Unknown field "collection". | Did you mean "collections"?'],
  },
])

suite('shapes', [
  {
    name: 'every wrong field of every entry is reported at once',
    change: [
      ['key: [/id]', 'keys: [/id]'],
      ['source: shop/orders', 'source: { nam: shop/orders }'],
      ['lambda: typescript', 'lambda: python'],
    ],
    problems: [
      'millrace.yaml:2:3 Collection "shop/orders": key is missing.',
      'millrace.yaml:4:5 Collection "shop/orders": unknown field "keys". | Did you mean "key"?',
      'millrace.yaml:15:19 Collection "shop/customers": derivation.transform.fromOrders.source.name is missing.',
      'millrace.yaml:15:21 Collection "shop/customers": unknown field "nam". | Did you mean "name"?',
      'millrace.yaml:17:29 Collection "shop/customers": derivation.transform.fromOrders.update.lambda must be "typescript", not "python".',
    ],
  },
  {
    name: 'values of a wrong kind are named with what was expected',
    change: [
      ['key: [/id]', 'key: /id'],
      ['schema: customer.schema.yaml', 'schem: customer.schema.yaml'],
      ['source: shop/orders', 'source: 7'],
      ['key: [/email]', 'key: [email]'],
    ],
    problems: [
      'millrace.yaml:4:10 Collection "shop/orders": key must be a list, not "/id".',
      'millrace.yaml:7:3 Collection "shop/customers": schema is missing.',
      'millrace.yaml:8:5 Collection "shop/customers": unknown field "schem". | Did you mean "schema"?',
      'millrace.yaml:9:11 Collection "shop/customers": "email" is not a JSON pointer; it starts with "/", for example "/user".',
      'millrace.yaml:15:19 Collection "shop/customers": derivation.transform.fromOrders.source must be text or a map of fields, not 7.',
    ],
  },
  {
    name: 'a collection needs a name that can be a folder',
    change: [
      ['shop/orders:', '../orders:'],
      ['source: shop/orders', 'source: ../orders'],
    ],
    problems: [
      'millrace.yaml:2:3 Collection "../orders": this is not a name for a collection. | Use letters, digits, "-", "_" and "." in parts that are separated by "/", for example "shop/orders".',
    ],
  },
])

suite('names of Millrace', [
  {
    name: 'belong to no collection of a catalog',
    change: [
      ['collections:', 'collections:\n  events: { schema: order.schema.yaml, key: [/id] }'],
      ['shop/orders:', 'millrace/orders:'],
      ['source: shop/orders', 'source: millrace/orders'],
    ],
    problems: [
      'millrace.yaml:2:3 Collection "events": this name belongs to Millrace itself. | Give it another name, for example "shop/events".',
      'millrace.yaml:3:3 Collection "millrace/orders": this name belongs to Millrace itself. | Give it another name, for example "shop/orders".',
    ],
  },
])

suite('schemas', [
  {
    name: 'a schema file that does not exist is reported with a similar one',
    change: [['schema: order.schema.yaml', 'schema: orders.schema.yaml']],
    problems: ['millrace.yaml:3:13 The schema file "orders.schema.yaml" does not exist. | Did you mean "order.schema.yaml"?'],
  },
  {
    name: 'an anchor that does not exist is reported with those that do',
    change: [['schema: order.schema.yaml', 'schema: order.schema.yaml#Itm']],
    problems: ['millrace.yaml:3:13 There is no schema "order.schema.yaml#Itm". | Did you mean "#Item"?'],
  },
  {
    name: 'a reference to nothing is reported in the schema file',
    files: {
      'customer.schema.yaml':
        'type: object\nrequired: [email]\nproperties:\n  email: { type: string }\n  last: { $ref: order.schema.yaml#Itemm }\n  gone: { $ref: nothing.yaml }\n',
    },
    problems: [
      'customer.schema.yaml:5:17 There is no schema "order.schema.yaml#Itemm". | Did you mean "#Item"?',
      'customer.schema.yaml:6:17 The schema file "nothing.yaml" does not exist.',
    ],
  },
  {
    name: 'what is no JSON Schema is reported in the schema file',
    files: { 'order.schema.yaml': (SHOP['order.schema.yaml'] ?? '').replace('type: integer', 'type: int') },
    problems: [/^order\.schema\.yaml:4:15 Schema: must be one of/],
  },
  {
    name: 'an annotation that cannot be meant is reported in the schema file',
    files: { 'customer.schema.yaml': (SHOP['customer.schema.yaml'] ?? '').replace('strategy: sum', 'strategy: summ') },
    problems: [/^customer\.schema\.yaml:6:48 Schema: the strategy "summ" does not exist; .*\. \| Did you mean "sum"/],
  },
])

test('what is resolved is plain data that can cross threads', async () => {
  const change = MATERIALIZATION.replace(
    'sqlite: { path: views.db }',
    "webhook: { url: '${URL}', headers: { authorization: 'Bearer ${TOKEN}' } }",
  )
  const files = { ...SHOP, 'millrace.yaml': `${change}${TEST}${SHOP['millrace.yaml']}` }
  const { catalog, folder } = await loadFiles(files, { env: { URL: 'http://localhost:9000', TOKEN: 'secret' } })
  expect(structuredClone(catalog)).toEqual(catalog)
  expect(catalog?.materializations['shop/views']).toEqual({
    name: 'shop/views',
    endpoint: { kind: 'webhook', url: 'http://localhost:9000', headers: { authorization: 'Bearer secret' } },
    bindings: [
      { source: 'shop/customers', table: 'customers', fields: { recommended: true, include: [], exclude: [] } },
      { source: 'shop/orders', table: 'orders', fields: { recommended: true, include: [], exclude: [] } },
    ],
  })
  expect(catalog?.collections['shop/customers']).toEqual({
    name: 'shop/customers',
    schema: expect.stringMatching(/^file:.*\/customer\.schema\.yaml$/) as unknown,
    key: ['/email'],
    projections: {},
    derivation: {
      module: `${folder}/customers.ts`,
      register: { schema: expect.stringMatching(/customer\.schema\.yaml$/) as unknown, initial: { email: '' } },
      transforms: {
        fromOrders: { source: 'shop/orders', shuffle: ['/email'], update: { rollbackOnConflict: false }, hasPublish: true },
      },
    },
  })
  expect(catalog?.tests['Orders count']?.steps.map(({ kind, isExact, at }) => ({ kind, isExact, at }))).toEqual([
    { kind: 'ingest', isExact: false, at: `${folder}/millrace.yaml:9` },
    { kind: 'verify', isExact: false, at: `${folder}/millrace.yaml:14` },
  ])
})

test('a missing variable may count as a warning, for commands that touch no endpoint', async () => {
  const change = MATERIALIZATION.replace('sqlite: { path: views.db }', 'postgres: { url: "${SHOP_DB}" }')
  const loaded = await loadFiles({ ...SHOP, 'millrace.yaml': `${change}${SHOP['millrace.yaml']}` }, { missingEnv: 'warning' })
  expect(problemLines(loaded)).toEqual([expect.stringContaining('warning: ')])
  expect(loaded.catalog?.materializations['shop/views']?.endpoint).toEqual({ kind: 'postgres', url: '${SHOP_DB}' })
})

test('a catalog file may be a module, whose problems have lines too', async () => {
  const module = `import { defineCatalog } from 'millrace'
export default defineCatalog({
  collections: {
    visits: { schema: 'order.schema.yaml', key: ['/id'] },
    'shop/users': {
      schema: { type: 'object', required: ['id'], properties: { id: { type: 'string' } } },
      key: ['/name'],
    },
  },
})
`
  const loaded = await loadFiles({ ...SHOP, 'more.ts': module, 'millrace.yaml': `import: [more.ts]\n${SHOP['millrace.yaml']}` })
  expect(problemLines(loaded)).toEqual([
    'more.ts:7:7 Collection "shop/users", key: the location "/name" may be missing by the inline schema. | Add "name" to `required` of the schema.',
  ])
  expect(loaded.files.map((file) => file.slice(loaded.folder.length + 1))).toEqual([
    'millrace.yaml',
    'more.ts',
    'order.schema.yaml',
    'customer.schema.yaml',
    'customers.ts',
  ])
})

test('the catalog of the segment example is sound', async () => {
  const { loadCatalog } = await import('./load-catalog.ts')
  const path = new URL('../../examples/segment/push-profiles.millrace.yaml', import.meta.url).pathname
  const { catalog, problems } = await loadCatalog(path, { env: {} })
  expect(problems).toEqual([])
  expect(Object.keys(catalog?.collections ?? {})).toHaveLength(5)
})
