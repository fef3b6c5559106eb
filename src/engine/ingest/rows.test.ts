import { parse } from 'csv-parse/sync'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MillraceError } from '../../base/errors.ts'
import type { JsonType } from '../../base/json.ts'
import { compileCell } from './cells.ts'
import { RowReader, parseRows } from './rows.ts'
import type { Columns } from './columns.ts'

const ECHO: Columns = { read: (cells) => ({ document: Object.fromEntries(cells.map((cell, i) => [String(i), cell])) }) }

describe('parseRows', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', 'é', ' ', "'", ';', '\\') })
  const row = fc.array(cell, { minLength: 1, maxLength: 4 })

  test('the short way without quotes reads what the long way reads', () => {
    fc.assert(
      fc.property(fc.array(row), fc.constantFrom('\n', '\r\n'), fc.constantFrom(',', '\t'), (rows, lineBreak, delimiter) => {
        const text = rows.map((cells) => cells.join(delimiter)).join(lineBreak)
        const expected = parse(text, {
          delimiter,
          record_delimiter: ['\r\n', '\n'],
          relax_column_count: true,
          skip_empty_lines: true,
        })
        expect(parseRows(text, delimiter)).toEqual({ rows: expected })
      }),
    )
  })

  test('any cells come back when they are quoted', () => {
    const anyCell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ') })
    fc.assert(
      fc.property(fc.array(fc.array(anyCell, { minLength: 1, maxLength: 4 })), (rows) => {
        const text = rows.map((cells) => cells.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')).join('\r\n')
        expect(parseRows(text, ',')).toEqual({ rows })
      }),
    )
  })

  test('rows before a broken one are kept', () => {
    expect(parseRows('a,"b"\n1,"2"x\n3', ',')).toEqual({
      rows: [['a', 'b']],
      problem: expect.stringMatching(/Invalid Closing Quote/),
    })
  })
})

function refuse(header: readonly string[]): Columns {
  throw new MillraceError('body_invalid', `No field "${header[0]}".`)
}

test('a header that is refused is the only refusal', () => {
  expect([...new RowReader({ columnsOf: refuse, delimiter: ',' }).read('a,b\n1,2\n3,4')]).toEqual([
    { kind: 'refused', refusals: [{ code: 'body_invalid', pointer: '', message: 'No field "a".' }], row: 1 },
  ])
})

test('rows are counted across texts, the header among them', () => {
  const headers: (readonly string[])[] = []
  const columnsOf = (header: readonly string[]) => {
    headers.push(header)
    return ECHO
  }
  const reader = new RowReader({ columnsOf, delimiter: ',' })
  expect([...reader.read('\uFEFF"a",b\n')]).toEqual([])
  expect(headers).toEqual([['a', 'b']])
  expect([...reader.read('1,2\n\n3')]).toEqual([
    { kind: 'document', document: { 0: '1', 1: '2' }, row: 2 },
    { kind: 'document', document: { 0: '3' }, row: 3 },
  ])
  expect([...reader.read('4\n"5')]).toEqual([
    { kind: 'document', document: { 0: '4' }, row: 4 },
    { kind: 'refused', refusals: [expect.objectContaining({ code: 'body_invalid' })], row: 5 },
  ])
})

const value = (expected: unknown) => ({ kind: 'value', value: expected })

describe('cells', () => {
  const refused = { kind: 'refused', message: expect.any(String) }
  const absent = { kind: 'absent' }
  test.each<[string, JsonType[], 'must' | 'may', unknown]>([
    ['5', ['integer'], 'must', value(5)],
    ['-0', ['integer'], 'must', value(-0)],
    ['5.0', ['integer'], 'must', value(5)],
    ['5.5', ['integer'], 'must', refused],
    ['9007199254740991', ['integer'], 'must', value(9007199254740991)],
    ['9007199254740992', ['integer'], 'must', refused],
    ['9007199254740992', ['integer', 'string'], 'must', value('9007199254740992')],
    ['007', ['integer', 'string'], 'must', value('007')],
    ['007', ['integer'], 'must', refused],
    [' 5', ['integer'], 'must', refused],
    ['0x1F', ['number'], 'must', refused],
    ['1e3', ['number'], 'must', value(1000)],
    ['1e999', ['number'], 'must', refused],
    ['NaN', ['number'], 'must', refused],
    ['5', ['number', 'string'], 'must', value(5)],
    ['5', ['string'], 'must', value('5')],
    ['true', ['boolean', 'string'], 'must', value(true)],
    ['FALSE', ['boolean'], 'must', value(false)],
    ['true', ['string'], 'must', value('true')],
    ['1', ['boolean'], 'must', refused],
    ['null', ['null', 'string'], 'must', value(null)],
    ['null', ['string'], 'must', value('null')],
    ['x', ['null'], 'must', refused],
    ['', ['null', 'string'], 'must', value(null)],
    ['', ['string'], 'may', value('')],
    ['', ['integer'], 'may', absent],
    ['', ['integer'], 'must', refused],
  ])('"%s" where %j %s be gives %j', (cell, types, exists, expected) => {
    expect(compileCell(types, exists === 'must')(cell)).toEqual(expected)
  })

  test('a text survives wherever only text is allowed', () => {
    fc.assert(
      fc.property(fc.string(), (cell) => {
        expect(compileCell(['string'], true)(cell)).toEqual(value(cell))
      }),
    )
  })

  test('every number that JSON writes comes back', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        fc.pre(!Number.isInteger(number) || Number.isSafeInteger(number))
        expect(compileCell(['number'], true)(String(number).replace('+', ''))).toEqual(value(number === 0 ? 0 : number))
      }),
    )
  })
})
