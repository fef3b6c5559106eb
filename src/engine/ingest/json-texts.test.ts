import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { splitDocuments, splitLines } from './json-texts.ts'

const texts = (pieces: Iterable<{ text: string }>) => [...pieces].map(({ text }) => text)

describe('splitLines', () => {
  test.each<[string, string, { text: string; line: number }[]]>([
    ['nothing', '', []],
    ['one line', 'a', [{ text: 'a', line: 1 }]],
    [
      'a last line break',
      'a\nb\n',
      [
        { text: 'a', line: 1 },
        { text: 'b', line: 2 },
      ],
    ],
    [
      'blank lines',
      '\n \r\na\n\n\nb',
      [
        { text: 'a', line: 3 },
        { text: 'b', line: 6 },
      ],
    ],
  ])('%s', (_name, text, expected) => {
    expect([...splitLines(text)]).toEqual(expected)
  })
})

describe('splitDocuments', () => {
  test.each<[string, string, string[]]>([
    ['nothing', ' \n', []],
    ['two on a line', '{"a":1}{"b":2}', ['{"a":1}', '{"b":2}']],
    ['brackets and quotes in strings', '{"a":"}\\"{["} [1]', ['{"a":"}\\"{["}', '[1]']],
    ['scalars end with the line', '1 2\n"a b"', ['1 2', '"a b"']],
    ['what is incomplete reaches to the end', '{"a":\n{"b":1}', ['{"a":\n{"b":1}']],
    ['a string that does not end', '{"a\n{"b":1}', ['{"a\n{"b":1}']],
    ['a bracket that nothing opened', ']\n{}', [']', '{}']],
    ['a comma is part of what follows', '{},{}', ['{}', ',{}']],
  ])('%s', (_name, text, expected) => {
    expect(texts(splitDocuments(text))).toEqual(expected)
  })

  test('commas may stand between elements of an array, but only one, and not at the start', () => {
    expect(texts(splitDocuments('{} , {}\n,[]', { hasCommas: true }))).toEqual(['{}', '{}', '[]'])
    expect(texts(splitDocuments(',{},,{}', { hasCommas: true }))).toEqual([',{},,{}'])
    expect(texts(splitDocuments('{},,\n{}', { hasCommas: true }))).toEqual(['{}', ',', '{}'])
  })

  const document = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()))
  const layout = fc.record({ indent: fc.constantFrom(0, 2, '\t'), gap: fc.constantFrom('', ' ', '\n', '\r\n', '\n\n') })

  test('finds every document and its line, whatever the layout', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(document, layout)), (parts) => {
        let text = ''
        const expected = parts.map(([value, { indent, gap }]) => {
          text += gap
          const piece = { text: JSON.stringify(value, null, indent), line: text.split('\n').length }
          text += piece.text
          return piece
        })
        expect([...splitDocuments(text)]).toEqual(expected)
      }),
    )
  })

  test('loses no character but blanks', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', '\n', ' ', 'a') }), (text) => {
        expect(texts(splitDocuments(text)).join('').replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''))
      }),
    )
  })
})
