import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareInstants, isDate, isDateTime, isTime } from './date-time.ts'
import { isUuid, OWN_FORMATS } from './formats.ts'

describe('a timestamp is one of RFC 3339', () => {
  test.each([
    '2021-01-16T12:34:56Z',
    '2021-01-16t12:34:56z',
    '2021-01-16T12:34:56.1Z',
    '2021-01-16T12:34:56.123456789012345+23:59',
    '2020-02-29T00:00:00-00:00',
    '2000-02-29T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '2016-12-31T23:59:60Z',
    '2016-12-31T15:59:60.9-08:00',
    '2017-01-01T08:59:60+09:00',
  ])('"%s" is', (text) => expect(isDateTime(text)).toBe(true))

  test.each([
    '',
    '2021-01-16',
    '2021-01-16T12:34:56',
    '2021-01-16T12:34Z',
    '2021-01-16 12:34:56Z',
    '2021-01-16T12:34:56.Z',
    '2021-01-16T12:34:56,5Z',
    '2021-01-16T12:34:56Z ',
    '2021-01-16T12:34:56+1:00',
    '2021-01-16T12:34:56+0100',
    '2021-01-16T12:34:56+24:00',
    '2021-01-16T12:34:56+00:60',
    '2021-01-16T24:00:00Z',
    '2021-01-16T23:60:00Z',
    '2021-01-16T23:59:61Z',
    '2021-01-16T12:34:60Z',
    '2016-12-31T23:59:60+01:00',
    '2021-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2021-04-31T00:00:00Z',
    '2021-00-10T00:00:00Z',
    '2021-13-10T00:00:00Z',
    '2021-01-00T00:00:00Z',
    '2021-01-32T00:00:00Z',
    '20a1-01-16T12:34:56Z',
    '+2021-01-16T12:34:56Z',
    '２021-01-16T12:34:56Z',
    '2021-01-16T12:34:56\u{1d7d8}Z',
  ])('"%s" is not', (text) => expect(isDateTime(text)).toBe(false))

  test('every instant that the platform writes is one, and none with a digit out of range', () => {
    const date = fc.date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
    fc.assert(
      fc.property(date, (date) => {
        expect(isDateTime(date.toISOString())).toBe(true)
      }),
    )
    const pair = fc.integer({ min: 0, max: 99 }).map((n) => String(n).padStart(2, '0'))
    fc.assert(
      fc.property(pair, pair, pair, (year, month, day) => {
        const text = `20${year}-${month}-${day}`
        const parsed = new Date(`${text}T00:00:00Z`)
        expect(isDate(text)).toBe(!Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(text))
      }),
      { numRuns: 2000 },
    )
  })
})

function two(n: number): string {
  return String(n).padStart(2, '0')
}

describe('the order of timestamps is that of the instants', () => {
  const millisecond = fc.date({ min: new Date('1990-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })
  /** The same instant at an offset, with zeros after the fraction. */
  const written = fc.tuple(millisecond, fc.integer({ min: -1439, max: 1439 }), fc.nat(3)).map(([date, offset, zeros]) => {
    const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1)
    const minutes = Math.abs(offset)
    return {
      at: date.getTime(),
      text: `${local}${'0'.repeat(zeros)}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`,
    }
  })

  test('at any offset and with any number of zeros', () => {
    fc.assert(
      fc.property(written, written, (a, b) => {
        expect(Math.sign(compareInstants(a.text, b.text))).toBe(Math.sign(a.at - b.at))
      }),
    )
    fc.assert(
      fc.property(written, (a) => {
        expect(compareInstants(a.text, new Date(a.at).toISOString())).toBe(0)
      }),
    )
  })

  test('fractions count to the last digit', () => {
    const digits = fc.stringMatching(/^\d{1,25}$/)
    fc.assert(
      fc.property(digits, digits, (a, b) => {
        const [x, y] = [BigInt(a.padEnd(25, '0')), BigInt(b.padEnd(25, '0'))]
        const order = compareInstants(`2021-01-16T12:34:56.${a}Z`, `2021-01-16T13:34:56.${b}+01:00`)
        expect(Math.sign(order)).toBe(x < y ? -1 : x > y ? 1 : 0)
      }),
    )
  })

  test('a leap second lies between its neighbours', () => {
    const texts = [
      '2016-12-31T23:59:59.999Z',
      '2016-12-31T23:59:60Z',
      '2017-01-01T00:59:60.5+01:00',
      '2017-01-01T00:00:00Z',
      '2017-01-01T01:00:00.1+01:00',
    ]
    expect(texts.toReversed().toSorted(compareInstants)).toEqual(texts)
  })

  test('what is no timestamp sorts before all that are', () => {
    expect(['2021-01-16T12:34:56+01:00', 'b', 'a'].toSorted(compareInstants)).toEqual(['a', 'b', '2021-01-16T12:34:56+01:00'])
  })
})

test.each<[string, string, boolean]>([
  ['date', '2020-02-29', true],
  ['date', '2020-02-29Z', false],
  ['time', '12:34:56.5+01:00', true],
  ['time', '23:59:60Z', true],
  ['time', '12:34:56', false],
  ['uuid', '11111111-2222-3333-4444-00000000000a', true],
  ['uuid', '11111111-2222-3333-4444-00000000000A', true],
  ['uuid', '11111111-2222-3333-4444-00000000000g', false],
  ['uuid', '11111111222233334444000000000000', false],
  ['uuid', '11111111-2222-3333-4444-0000000000-0', false],
  ['uuid', 'urn:uuid:11111111-2222-3333-4444-000000000000', false],
  ['uuid', '11111111-2222-3333-4444-00000000000\u0661', false],
  ['integer', '-9007199254740993', true],
  ['integer', '1.0', false],
  ['number', '-1.5e-10', true],
  ['number', '.5', false],
])('format %s: %j is valid: %s', (format, text, expected) => expect(OWN_FORMATS[format]?.(text)).toBe(expected))

/** Any UTF-16 code unit, so that surrogates may stand alone. */
const codeUnit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code))

test('formats of any text never throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: codeUnit, maxLength: 40 }), (text) => {
      expect([isDateTime(text), isDate(text), isTime(text), isUuid(text)]).toHaveLength(4)
    }),
  )
})
