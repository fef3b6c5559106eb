import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDocument } from './parse-json.ts'

test('whatever JSON writes comes back as JSON.parse has it', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      fc.pre(!text.includes('__proto__') && !/\d{16}/.test(text))
      expect(parseDocument(text)).toEqual({ document: JSON.parse(text) as unknown })
    }),
  )
})

/** Any UTF-16 code unit, so that surrogates may stand alone. */
const codeUnit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code))

test('any text gives a document or a problem', () => {
  fc.assert(
    fc.property(fc.string({ unit: codeUnit }), (text) => {
      expect(Object.keys(parseDocument(text))[0]).toMatch(/document|problem/)
    }),
  )
})

describe('integers', () => {
  test.each([
    '9007199254740991',
    '-9007199254740991',
    '1e300',
    '0.12345678901234567890',
    '1234567890123456.5',
    '1234567890123456e2',
    '-12345678901234567890e-5',
  ])('%s is taken', (number) => expect(parseDocument(`{"a": [${number}]}`)).toEqual({ document: { a: [Number(number)] } }))

  test.each(['9007199254740992', '9007199254740993', '-9007199254740993', '12345678901234567890'])(
    '%s is refused with its place',
    (number) => {
      const parsed = parseDocument(`{"ok": 1, "a/b": [0, {"n": ${number}}], "c": ${number}}`)
      expect(parsed).toEqual({ problem: expect.stringContaining(`the integer ${number}`), pointer: '/a~1b/1/n' })
    },
  )

  test.each(['1e400', '-1E+309', `${'9'.repeat(400)}.5`])('%s is refused, since it would become null', (number) => {
    expect(parseDocument(`{"a": [${number}]}`)).toEqual({ problem: expect.stringContaining('beyond the range'), pointer: '/a/0' })
  })

  test('long digits in strings and names are no numbers', () => {
    expect(parseDocument('{"12345678901234567890": "9007199254740993"}')).toHaveProperty('document')
  })

  test('the whole document may be the number', () => {
    expect(parseDocument('9007199254740993')).toMatchObject({ pointer: '' })
  })
})

describe('properties named __proto__', () => {
  test.each([
    '{"a": [{"__proto__": 1}]}',
    String.raw`{"a": [{"\u005f_proto__": 1}]}`,
    String.raw`{"a": [{"__p\u0072oto__": {}}]}`,
  ])('%s is refused', (text) => {
    expect(parseDocument(text)).toEqual({
      problem: 'has a property named "__proto__", which is not allowed',
      pointer: '/a/0/__proto__',
    })
  })

  test('in a string the name is text like other', () => {
    expect(parseDocument(String.raw`{"a": "__proto__ \u005f"}`)).toHaveProperty('document')
  })
})

function nested(levels: number): string {
  return '[{"a":'.repeat(levels / 2) + '1' + '}]'.repeat(levels / 2)
}

describe('nesting', () => {
  test('500 levels are taken, more are refused', () => {
    expect(parseDocument(nested(500))).toHaveProperty('document')
    expect(parseDocument('['.repeat(500) + ']'.repeat(500))).toHaveProperty('document')
    expect(parseDocument('['.repeat(501) + ']'.repeat(501))).toEqual({ problem: 'is nested deeper than 500 levels' })
    expect(parseDocument(nested(502))).toEqual({ problem: 'is nested deeper than 500 levels' })
  })

  test('any depth is refused without exhausting the stack', () => {
    expect(parseDocument('['.repeat(100_000) + ']'.repeat(100_000))).toHaveProperty('problem')
    expect(parseDocument('['.repeat(100_000))).toHaveProperty('problem')
  })
})

test('what is no JSON is refused with the reason', () => {
  expect(parseDocument('{"a": 1,}')).toMatchObject({ problem: expect.stringMatching(/^is not JSON: /) })
})
