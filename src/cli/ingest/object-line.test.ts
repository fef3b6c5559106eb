import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lookAtLine, withMessageId } from './object-line.ts'

test.each([
  ['{}', 'unnamed'],
  ['{"messageId":"a"}', 'named'],
  ['{"messageId" :\t"a"}', 'named'],
  ['{"messageId":12}', 'named'],
  ['{"messageId":""}', 'unnamed'],
  ['{"messageId":null}', 'unnamed'],
  ['{"messageId":"a","messageId":null}', 'unnamed'],
  ['{"messageId":null,"messageId":"a"}', 'named'],
  ['{"a":{"messageId":"a"}}', 'unnamed'],
  ['{"a":[{"messageId":"a"}],"messageId":"b"}', 'named'],
  ['{"a":"messageId"}', 'unnamed'],
  ['{"a":"messageId","b":"c"}', 'unnamed'],
  ['{"a":"\\"messageId\\":\\"x\\""}', 'unnamed'],
  ['{"a":"}"}', 'unnamed'],
  ['{"a":"\\\\"}', 'unnamed'],
  ['{"a":"\\"}', 'other'],
  ['{"a":1', 'other'],
  ['{"a":1}}', 'other'],
  ['{"a":1},{"b":2}', 'other'],
  ['{"a":1} {"b":2}', 'other'],
  ['{"a":[1}', 'other'],
  ['{"a":"x', 'other'],
  ['y"}', 'other'],
  ['[]', 'other'],
  ['12', 'other'],
  ['', 'other'],
])('%s is %s', (text, look) => {
  expect(lookAtLine(Buffer.from(text))).toBe(look)
})

const NAMES = fc.constantFrom('messageId', 'a', '"', '{"messageId":"b"}', 'é')
const { value: values } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<unknown>('', 'x', '}', 'messageId', 0, 12, null, true, '"messageId":"y"'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(NAMES, tie('value'), { maxKeys: 3 }),
  ),
}))

test('what it says of any JSON is what parsing says', () => {
  fc.assert(
    fc.property(values, fc.constantFrom(0, 1), (value, space) => {
      const text = JSON.stringify(value, undefined, space).replaceAll('\n', '')
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
      const id = isObject ? (value as Record<string, unknown>)['messageId'] : undefined
      const isNamed = (typeof id === 'string' && id !== '') || typeof id === 'number'
      expect(lookAtLine(Buffer.from(text))).toBe(isObject ? (isNamed ? 'named' : 'unnamed') : 'other')
    }),
    { numRuns: 2_000 },
  )
})

test('an object gets a message id and keeps the rest', () => {
  fc.assert(
    fc.property(fc.dictionary(NAMES, values), fc.constantFrom('', ' ', ' \t'), (object, space) => {
      const line = Buffer.from(JSON.stringify(object).replace(/}$/, `${space}}`))
      const named = withMessageId(line, 'new "id"')
      expect(JSON.parse(named.toString())).toEqual({ ...object, messageId: 'new "id"' })
      expect(lookAtLine(named)).toBe('named')
    }),
  )
})
