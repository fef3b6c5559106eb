import { append, MATERIALIZATION, suite, TEST } from '../scratch-catalog.fixture.ts'

suite('keys and projections', [
  {
    name: 'a location of a key must exist in every document',
    change: [['key: [/id]', 'key: [/total]']],
    problems: [
      'millrace.yaml:4:11 Collection "shop/orders", key: the location "/total" may be missing by "order.schema.yaml". | Add "total" to `required` of the schema.',
    ],
  },
  {
    name: 'a location of a key must be possible',
    change: [['key: [/id]', 'key: [/idd]']],
    problems: [
      'millrace.yaml:4:11 Collection "shop/orders", key: the location "/idd" cannot exist by "order.schema.yaml". | Did you mean "/id"?',
    ],
  },
  {
    name: 'keys and partitions are scalars of one type',
    change: [
      ['key: [/id]', 'key: [/id, /id]'],
      ['location: /country', 'location: /country/code'],
    ],
    problems: [
      'millrace.yaml:4:16 Collection "shop/orders", key: the location "/id" stands twice.',
      'millrace.yaml:6:28 Collection "shop/orders", partition "country": the location "/country/code" cannot exist by "order.schema.yaml".',
    ],
  },
  {
    name: 'null, fractions and containers are no keys',
    change: [
      [
        'schema: order.schema.yaml',
        'schema: { type: object, required: [id, country], properties: { id: { type: [number, "null"] }, country: { type: object } } }',
      ],
    ],
    problems: [
      'millrace.yaml:4:11 Collection "shop/orders", key: the location "/id" may be a number or null by the inline schema. | It must be of one type: boolean, integer or string, and not null.',
      'millrace.yaml:6:28 Collection "shop/orders", partition "country": the location "/country" may be an object by the inline schema. | It must be of one type: boolean, integer or string, and not null.',
      'millrace.yaml:16:21 Derivation "shop/customers", transform "fromOrders", shuffle: the location "/email" may be missing by the inline schema. | Add "email" to `required` of the schema.',
    ],
  },
])

suite('derivations', [
  {
    name: 'an unknown source is reported with a similar name',
    change: [['source: shop/orders', 'source: { name: shop/order, partitions: { include: { country: [se] } } }']],
    problems: [
      'millrace.yaml:15:27 Derivation "shop/customers", transform "fromOrders": collection "shop/order" does not exist. | Did you mean "shop/orders"?',
    ],
  },
  {
    name: 'a selection of partitions names partitions of the source',
    change: [['source: shop/orders', 'source: { name: shop/orders, partitions: { exclude: { countri: [se] } } }']],
    problems: [
      'millrace.yaml:15:65 Derivation "shop/customers", transform "fromOrders": collection "shop/orders" has no partition "countri". | Did you mean "country"?',
    ],
  },
  {
    name: 'a cycle is named',
    change: [['source: shop/orders', 'source: shop/customers']],
    problems: [
      'millrace.yaml:10:5 Derivation "shop/customers": it is derived from itself: "shop/customers" → "shop/customers" (each is derived from the next). | Derive one of them from a captured collection instead.',
    ],
  },
  {
    name: 'transforms of one derivation shuffle by keys of one form',
    change: [
      [
        '          publish: { lambda: typescript }\n',
        '          publish: { lambda: typescript }\n        again: { source: shop/orders, publish: { lambda: typescript } }\n',
      ],
    ],
    files: { 'customers.ts': 'export default { fromOrders: { update() {}, publish() {} }, again: { publish() {} } }\n' },
    problems: [
      'millrace.yaml:19:16 Derivation "shop/customers": transform "again" shuffles by (integer), but "fromOrders" by (string). | Shuffles of one derivation must agree in number and types.',
    ],
  },
  {
    name: 'a transform does something, and updates only where there is a register',
    change: [
      ["      register: { schema: customer.schema.yaml, initial: { email: '' } }\n", ''],
      ['          publish: { lambda: typescript }\n', '        idle: { source: shop/orders, shuffle: [/email] }\n'],
    ],
    files: { 'customers.ts': 'export default { fromOrders: { update() {} }, idle: {} }\n' },
    problems: [
      'millrace.yaml:16:11 Derivation "shop/customers", transform "fromOrders": it updates a register, but the derivation has none. | Add `register: { schema: …, initial: … }` to the derivation.',
      'millrace.yaml:17:9 Derivation "shop/customers", transform "idle": it has neither update nor publish. | Add `publish: { lambda: typescript }`.',
    ],
  },
  {
    name: 'the initial value of a register is valid',
    change: [["initial: { email: '' }", 'initial: {}']],
    problems: [
      'millrace.yaml:12:58 Derivation "shop/customers", register: the initial value {} breaks its schema: must have required property "email".',
    ],
  },
  {
    name: 'without an initial value null must be valid',
    change: [[", initial: { email: '' }", '']],
    problems: [
      'millrace.yaml:12:17 Derivation "shop/customers", register: the initial value null (the default) breaks its schema: must be object. | Add `initial: {}` or another valid value.',
    ],
  },
])

suite('lambdas', [
  {
    name: 'a module that does not exist is reported with a similar one',
    change: [['typescript: customers.ts', 'typescript: customer.ts']],
    problems: [
      'millrace.yaml:11:19 Derivation "shop/customers": the module "customer.ts" does not exist. | Did you mean "customers.ts"?',
    ],
  },
  {
    name: 'missing transforms and lambdas are reported in the module',
    files: {
      'customers.ts':
        "import { defineDerivation } from 'millrace'\nexport default defineDerivation({\n  fromOrder: { publish: () => [] },\n})\n",
    },
    problems: [
      'customers.ts:2:1 The transform "fromOrders" is missing. | Did you mean "fromOrder"?',
      'customers.ts:3:3 warning: The catalog has no transform "fromOrder", so it is never called. | Did you mean "fromOrders"?',
    ],
  },
  {
    name: 'a lambda that the catalog does not declare is a warning',
    change: [['          update: { lambda: typescript }\n', '']],
    problems: [
      'customers.ts:5:5 warning: The update lambda of "fromOrders" is never called. | Add `update: { lambda: typescript }` to the catalog.',
    ],
  },
  {
    name: 'a module without a default export is reported',
    files: { 'customers.ts': 'export const fromOrders = {}\n' },
    problems: ['customers.ts:1:1 The module has no default export. | Write `export default defineDerivation({ … })`.'],
  },
])

suite('materializations', [
  { name: 'table may be written as resource', change: append(MATERIALIZATION), problems: [] },
  {
    name: 'an endpoint is of exactly one kind',
    change: append(MATERIALIZATION.replace('{ path: views.db }', "{ path: views.db }, webhook: { url: 'http://localhost/' }")),
    problems: ['millrace.yaml:3:15 Materialization "shop/views": An endpoint has exactly one of sqlite, postgres, webhook.'],
  },
  {
    name: 'unknown sources, missing tables and shared tables are reported',
    change: append(
      MATERIALIZATION.replace('shop/customers, table: customers', 'shop/customer, table: ORDERS').replace(
        '      - { source: shop/orders, r',
        '      - { source: shop/orders }\n      - { source: shop/orders, r',
      ),
    ),
    problems: [
      'millrace.yaml:5:19 Materialization "shop/views": collection "shop/customer" does not exist. | Did you mean "shop/customers"?',
      'millrace.yaml:6:9 Materialization "shop/views": the binding of "shop/orders" has no table. | Add `table: …`.',
      'millrace.yaml:7:9 Materialization "shop/views": the table "orders" is written by another binding already, at millrace.yaml:5. | Give each binding a table of its own.',
    ],
  },
  {
    name: 'a selection of fields that cannot be satisfied is reported',
    change: append(MATERIALIZATION.replace('table: customers', 'table: customers, fields: { include: [nam], exclude: [email] }')),
    problems: [
      'millrace.yaml:5:61 Materialization "shop/views", table "customers": the field "nam" does not exist.',
      'millrace.yaml:5:61 Materialization "shop/views", table "customers": the key location "/email" needs a field, and all of its fields are excluded.',
    ],
  },
  {
    name: 'a variable that is not set is named',
    change: append(MATERIALIZATION.replace('sqlite: { path: views.db }', 'postgres: { url: "${SHOP_DB}" }')),
    problems: [
      'millrace.yaml:3:34 Materialization "shop/views": the environment variable "SHOP_DB" is not set. | Set SHOP_DB before you start Millrace.',
    ],
  },
  {
    name: 'a url has the protocol of its endpoint',
    change: append(MATERIALIZATION.replace('sqlite: { path: views.db }', 'webhook: { url: localhost }')),
    problems: [
      'millrace.yaml:3:33 Materialization "shop/views": the url of its webhook endpoint is not one. | It starts with http://.',
    ],
  },
])

suite('tests', [
  { name: 'a sound test has no problems', change: append(TEST), problems: [] },
  {
    name: 'documents to ingest must be valid',
    change: append(TEST.replace('id: 1', 'id: one, totl: 1')),
    problems: [
      'millrace.yaml:6:13 Test "Orders count", step 1 (ingest): the document breaks the schema of "shop/orders": must not have the property "totl".',
      'millrace.yaml:6:13 Test "Orders count", step 1 (ingest): the document breaks the schema of "shop/orders" at "/id": must be integer.',
    ],
  },
  {
    name: 'only captured collections take documents, and collections must exist',
    change: append(
      TEST.replace('collection: shop/orders', 'collection: shop/customers').replace(
        'verify:\n        collection: shop/customers',
        'verify:\n        collection: shop/customrs',
      ),
    ),
    problems: [
      'millrace.yaml:4:21 Test "Orders count", step 1 (ingest): collection "shop/customers" is derived, so nothing can be ingested into it. | Ingest into what it is derived from: "shop/orders".',
      'millrace.yaml:9:21 Test "Orders count", step 2 (verify): collection "shop/customrs" does not exist. | Did you mean "shop/customers"?',
    ],
  },
  {
    name: 'documents to verify have keys, in order, each once',
    change: append(
      TEST.replace('email: a, orders: 1', 'email: c').replace(
        '- { email: b }',
        '- { email: b }\n          - { email: b }\n          - { orders: 1 }',
      ),
    ),
    problems: [
      'millrace.yaml:12:13 Test "Orders count", step 2 (verify): the documents are not in key order; ["b"] comes before ["c"]. | Verify reads a collection in the order of its key.',
      'millrace.yaml:13:13 Test "Orders count", step 2 (verify): two documents have the key ["b"]. | Verify sees each key once.',
      'millrace.yaml:14:13 Test "Orders count", step 2 (verify): The key at /email is missing. | Each part of a key must be a boolean, an integer up to 2^53, or a string.',
    ],
  },
  {
    name: 'a step is of exactly one kind',
    change: append(TEST.replace('    - verify:', '      verify:')),
    problems: ['millrace.yaml:3:7 Test "Orders count": A step has exactly one of ingest, verify.'],
  },
])
