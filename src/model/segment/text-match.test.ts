import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contains, endsWith, fold, prepare, startsWith } from './text-match.ts'

function isWord(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character)
}

describe('folding', () => {
  it.each([
    ['Hello Wørld', 'hello world'],
    ['ÀÉÎÕÜ çñšžå', 'aeiou cnsza'],
    ['Æther œuvre', 'aether oeuvre'],
    ['Straße STRASSE ẞ', 'strasse strasse ss'],
    ['Łódź', 'lodz'],
    ['Đorđe', 'dorde'],
    ['Þór Guðrún', 'thor gudrun'],
    ['İstanbul ısı', 'istanbul isi'],
    ['Ħal Ŧ ŋ', 'hal t n'],
    ['Nguyễn Văn Đức', 'nguyen van duc'],
    ['Øresund', 'oresund'],
    ['e\u0301', 'e'],
    ['Ｆｕｌｌ', 'full'],
    ['ﬁn', 'fin'],
    ['O’Brien', "o'brien"],
    ['1–2 „a“', '1-2 "a"'],
    ['ΟΔΟΣ ὁδός', 'οδοσ οδοσ'],
    ['Ёлка', 'елка'],
    ['한글', '한글'],
    ['が', 'が'],
    ['हिंदी', 'हिंदी'],
    ['', ''],
    ['😀 x', '😀 x'],
  ])('%j is %j', (text, folded) => {
    expect(fold(text)).toBe(folded)
  })

  it('changes nothing more when done again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
        expect(fold(fold(text))).toBe(fold(text))
      }),
      { numRuns: 5_000 },
    )
  })

  it('makes ASCII of all letters of Latin-1, Latin Extended-A and Latin Extended Additional', () => {
    const letters = [...Array(0x1f00).keys()]
      .map((code) => String.fromCodePoint(code))
      .filter((letter) => /[\u00c0-\u017f\u1e00-\u1eff]/.test(letter) && /\p{L}/u.test(letter))
    expect(letters.length).toBeGreaterThan(400)
    // Catalan `ŀl` is `l·l`; the others are of medieval manuscripts, which no keyboard has.
    expect(letters.filter((letter) => !/^[\x20-\x7e]+$/.test(fold(letter))).join('')).toBe('ĿŀẚẜẝẟỺỻỼỽỾỿ')
  })
})

describe('contains', () => {
  it.each([
    ['Hello Wørld', 'Hello', true],
    ['Hello Wørld', 'hello', true],
    ['Hello Wørld', 'world', true],
    ['Hello Wørld', 'ello', false],
    ['Hello Wørld', 'ello wo', false],
    ['hello@example.com', 'hello', true],
    ['hello@example.com', 'hello@', true],
    ['hello@example.com', 'hello@example', true],
    ['hello@example.com', 'example', true],
    ['hello@example.com', 'example.com', true],
    ['hello@example.com', 'lo@ex', false],
    ['https://example.com/hello', 'https://example.com/hello', true],
    ['https://example.com/hello', 'example.com', true],
    ['https://example.com/hello', 'hell', true],
    ['https://example.com/hello', '/hello', false],
  ])('the seed: %j contains %j: %j', (value, query, expected) => {
    expect(contains(value, query)).toBe(expected)
  })

  it.each([
    ['is found at a later word when an earlier has it inside', 'unhappy happy', 'happy', true],
    ['runs over words, without being cut', 'Hello Wørld', 'hello wo', true],
    ['keeps its spaces', 'hello  world', 'hello world', false],
    ['may begin with a sign at the start of the value only', '/hello/hello', '/hello', true],
    ['begins at digits', 'order-42', '42', true],
    ['does not begin between a letter and a digit', 'order42', '42', false],
    ['begins after an underscore', 'first_name', 'name', true],
    ['begins after a letter of another script only at its words', 'Москва Казань', 'каз', true],
    ['is not inside of a word of another script', 'Москва', 'осква', false],
    ['is not after a vowel sign', 'हिंदी', 'दी', false],
    ['begins after a character outside of the first plane', '😀hello', 'hello', true],
    ['is not inside of a word of the second plane', '𐐀𐐁', '𐐁', false],
    ['is in every value when it is empty', 'x', '', true],
    ['is in the empty value when it is empty', '', '', true],
    ['is not in the empty value otherwise', '', 'x', false],
    ['is folded as the value is', 'strasse', 'STRAß', true],
  ])('the query %s: %j contains %j', (_, value, query, expected) => {
    expect(contains(value, query)).toBe(expected)
  })

  it('is what the plainest code says', () => {
    const anyText = fc.string({
      unit: fc.constantFrom('a', 'B', 'ø', '1', ' ', '@', '.', 'é', 'я', 'е\u0308', '😀', 'ß'),
      maxLength: 8,
    })
    fc.assert(
      fc.property(anyText, anyText, (value, query) => {
        const characters = Array.from(fold(value))
        const starts = characters.flatMap((one, i) => (i === 0 || (isWord(one) && !isWord(characters[i - 1])) ? [i] : []))
        const expected = query === '' || starts.some((start) => characters.slice(start).join('').startsWith(fold(query)))
        expect(contains(value, query)).toBe(expected)
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('the start and the end of a value', () => {
  it.each([
    ['Hello Wørld', 'héllo w', true],
    ['Hello Wørld', 'world', false],
    ['/hello', '/HELLO', true],
    ['hello', '', true],
  ])('%j starts with %j: %j', (value, query, expected) => {
    expect(startsWith(value, query)).toBe(expected)
  })

  it.each([
    ['Hello Wørld', 'ORLD', true],
    ['Hello Wørld', 'hello', false],
    ['me@example.com', '@Example.com', true],
    ['hello', '', true],
  ])('%j ends with %j: %j', (value, query, expected) => {
    expect(endsWith(value, query)).toBe(expected)
  })

  it('is asked of many values with a query that is folded once', () => {
    expect(['Øre', 'store', 'more'].map(prepare('endsWith', 'ÖRE'))).toEqual([true, true, true])
  })
})
