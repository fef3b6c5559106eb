import { expect, test } from 'vitest'
import * as z from 'zod'
import { fieldTable, type SchemaNode } from './field-table.ts'

const rowsOf = (shape: z.ZodRawShape) =>
  fieldTable(z.toJSONSchema(z.object(shape), { io: 'output', unrepresentable: 'any' }) as SchemaNode, {}, 'read')
    .split('\n')
    .slice(2)

test.each<[z.ZodType, string]>([
  [z.string(), 'text'],
  [z.string().nullable(), 'text or null'],
  [z.int().nullable(), 'integer or null'],
  [z.array(z.string()).nullable(), 'list of text or null'],
  [z.record(z.string(), z.int()).nullable(), 'map of integer or null'],
  [z.enum(['a', 'b']).nullable(), '`"a"` or `"b"` or null'],
  [z.literal('a').nullable(), '`"a"` or null'],
  [z.string().nullable().optional(), 'text or null, or absent'],
  [z.null(), 'null'],
  [z.unknown(), 'any value'],
  [z.json(), 'any value'],
])('a field of %# has its form', (field, form) => {
  expect(rowsOf({ field: field.describe('It.') })).toEqual([`| \`field\` | ${form} | It. |`])
})

test('an object that may be null has a row, and one for each of its fields', () => {
  const field = z.object({ name: z.string().describe('Of it.') }).nullable()
  expect(rowsOf({ field: field.describe('It.') })).toEqual([
    '| `field` | fields or null | It. |',
    '| `field.name` | text | Of it. |',
  ])
})
