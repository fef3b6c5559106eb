/** The catalog that the page of catalog files shows; a test checks it and runs its tests. */
export const CATALOG_EXAMPLE = {
  'millrace.yaml': `collections:
  # Captured: documents come from outside.
  shop/orders:
    schema: order.schema.yaml
    key: [/id]
    projections:
      country: { location: /country, partition: true }

  # Derived: what each customer has bought so far.
  shop/customers:
    schema: customer.schema.yaml
    key: [/email]
    derivation:
      typescript: customers.ts
      transform:
        fromOrders:
          source: shop/orders
          publish: { lambda: typescript }

# Where the events of SDKs come from, which make profiles of users and accounts.
sources:
  web: { sdk: segment }
  backend: { strict: true, limits: { requestsPerSecond: 500 } }

traits:
  user:
    plan: { type: string }
    fullName: { rename: name }
    card_number: { forbid: true }

# Who is in a segment is always known. Calendar days are those of the time zone.
timeZone: Europe/Berlin
segments:
  regulars:
    name: Regular customers
    predicate:
      type: all
      predicates:
        - { property: { key: plan }, operator: equals, options: { value: [pro, team] } }
        - property: { key: event }
          operator: is_at_least
          options: { eventName: Completed Order, count: 3, timeframe: less_than, days: 30 }

identity:
  user:
    kinds: { phone: { limit: 3, before: anonymous_id } }
  blocked: ['qa-.*']

materializations:
  shop/tables:
    endpoint: { sqlite: { path: shop.db } }
    bindings:
      - { source: shop/customers, table: customers }

tests:
  Orders add up by customer:
    - ingest:
        collection: shop/orders
        documents:
          - { id: 1, email: ada@example.org, country: gb, total: 20 }
          - { id: 2, email: bob@example.org, country: fr, total: 5 }
          - { id: 3, email: ada@example.org, country: gb, total: 10 }
    - verify:
        collection: shop/customers
        documents:
          - { email: ada@example.org, orders: 2, spent: 30 }
          - { email: bob@example.org, orders: 1, spent: 5 }
`,
  'order.schema.yaml': `type: object
required: [id, email, country, total]
properties:
  id: { type: integer }
  email: { type: string, format: email }
  country: { type: string }
  total: { type: number }
`,
  'customer.schema.yaml': `type: object
reduce: { strategy: merge }
required: [email]
properties:
  email: { type: string }
  orders: { type: integer, reduce: { strategy: sum } }
  spent: { type: number, reduce: { strategy: sum } }
`,
  'customers.ts': `import { defineDerivation } from 'millrace'
import type { ShopCustomers } from './millrace.types.ts'

export default defineDerivation<ShopCustomers>({
  fromOrders: {
    publish: (order) => [{ email: order.email, orders: 1, spent: order.total }],
  },
})
`,
} as const
