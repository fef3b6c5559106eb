/**
 * Matching of texts as people search: without regard to case, accents and typographic forms. A value is never cut into words for
 * storage; the rules look at it as a whole.
 *
 * Texts are folded to ASCII where a letter is Latin: compatibility forms (NFKD) without the marks of European scripts, small, and
 * `LETTERS` for what has no decomposition. Letters of other scripts stay, marks included where they carry meaning (Devanagari, kana).
 */
/** What has no decomposition: as in Lucene's `ASCIIFoldingFilter`. Small letters only, and quotes and dashes. */
const LETTERS: Record<string, string> = {
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ß: 'ss',
  þ: 'th',
  ð: 'd',
  đ: 'd',
  ħ: 'h',
  ı: 'i',
  ȷ: 'j',
  ĸ: 'q',
  ł: 'l',
  ŋ: 'n',
  ŧ: 't',
  ƀ: 'b',
  ɓ: 'b',
  ƈ: 'c',
  ɖ: 'd',
  ɗ: 'd',
  ə: 'a',
  ɛ: 'e',
  ƒ: 'f',
  ɠ: 'g',
  ɨ: 'i',
  ƙ: 'k',
  ƚ: 'l',
  ɲ: 'n',
  ƞ: 'n',
  ɔ: 'o',
  ƥ: 'p',
  ʈ: 't',
  ƭ: 't',
  ʉ: 'u',
  ʋ: 'v',
  ƴ: 'y',
  ƶ: 'z',
  ς: 'σ',
  '‘': "'",
  '’': "'",
  '‚': "'",
  '‛': "'",
  ʼ: "'",
  '“': '"',
  '”': '"',
  '„': '"',
  '‐': '-',
  '‑': '-',
  '‒': '-',
  '–': '-',
  '—': '-',
  '−': '-',
}

const NOT_ASCII = /[^\p{ASCII}]/u
/** Marks of Latin, Greek and Cyrillic letters; those of other scripts make another letter, or are its vowel. */
const MARKS = /[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/g
const FOLDED_CHARACTERS = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'gu')

export type TextMatch = 'contains' | 'startsWith' | 'endsWith'

/** The form in which texts are compared. Folding twice changes nothing more. */
export function fold(text: string): string {
  if (!NOT_ASCII.test(text)) return text.toLowerCase()
  return text
    .normalize('NFKD')
    .replace(MARKS, '')
    .toLowerCase()
    .replace(MARKS, '')
    .replace(FOLDED_CHARACTERS, (letter) => LETTERS[letter] ?? letter)
    .normalize('NFC')
}

/**
 * Whether the value has the query at its start, or at the start of one of its words: a letter or digit with none before it.
 * `example.com` is in `hello@example.com`, `lo@ex` is not, and `/hello` is only at the start of a value. Every value has the empty query.
 */
export function contains(value: string, query: string): boolean {
  return prepare('contains', query)(value)
}

/** The start of the whole value. */
export function startsWith(value: string, query: string): boolean {
  return prepare('startsWith', query)(value)
}

/** The end of the whole value. */
export function endsWith(value: string, query: string): boolean {
  return prepare('endsWith', query)(value)
}

/** The same with the query folded once. */
export function prepare(match: TextMatch, query: string): (value: string) => boolean {
  const matchesFolded = prepareFolded(match, fold(query))
  return (value) => matchesFolded(fold(value))
}

/** For values that are folded already. */
export function prepareFolded(match: TextMatch, query: string): (value: string) => boolean {
  switch (match) {
    case 'contains':
      return containsFolded(query)
    case 'startsWith':
      return (value) => value.startsWith(query)
    case 'endsWith':
      return (value) => value.endsWith(query)
  }
}

function containsFolded(query: string): (value: string) => boolean {
  if (!BEGINS_WORD.test(query)) return (value) => value.startsWith(query)
  return (value) => {
    let at = value.indexOf(query)
    while (at > 0 && isInWord(value, at)) at = value.indexOf(query, at + 1)
    return at >= 0
  }
}

const BEGINS_WORD = /^[\p{L}\p{N}]/u
/** Marks belong to the letter before. */
const ENDS_IN_WORD = /[\p{L}\p{N}]\p{M}*$/u

/** Whether the character before `at` belongs to a word. */
function isInWord(value: string, at: number): boolean {
  const code = value.charCodeAt(at - 1)
  if (code < 128) return (code >= 97 && code <= 122) || (code >= 48 && code <= 57)
  return ENDS_IN_WORD.test(value.slice(Math.max(0, at - WORD_END_LENGTH), at))
}

/** More marks than this on one letter are no writing. */
const WORD_END_LENGTH = 16
