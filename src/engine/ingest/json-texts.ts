/**
 * Cuts text into the JSON documents that it holds: one a line, or (in frames and files that people write) documents over several
 * lines, or several behind one another. Only cuts; whether a piece is JSON is for the parser to say.
 */

export type JsonText = {
  text: string
  /** Line of its first character, 1 for the first. */
  line: number
}

const LINE_BREAK = 0x0a
const COMMA = 0x2c
const QUOTE = 0x22
const BACKSLASH = 0x5c

/** One document a line; blank lines are skipped. */
export function* splitLines(text: string): Generator<JsonText> {
  let start = 0
  for (let line = 1; start < text.length; line++) {
    const found = text.indexOf('\n', start)
    const end = found === -1 ? text.length : found
    const piece = text.slice(start, end)
    if (piece.trim() !== '') yield { text: piece, line }
    start = end + 1
  }
}

/**
 * Documents in any layout: an object or array ends with its last bracket, anything else with the line. The last piece is
 * incomplete when the text is. With `hasCommas` one comma may stand between two documents, as inside an array.
 */
export function* splitDocuments(text: string, { hasCommas = false } = {}): Generator<JsonText> {
  let i = 0
  let line = 1
  let mayHaveComma = false
  while (i < text.length) {
    const code = text.charCodeAt(i)
    if (code === LINE_BREAK) line++
    if (isBlank(code)) i++
    else if (code === COMMA && mayHaveComma) {
      mayHaveComma = false
      i++
    } else {
      const end = findEnd(text, i)
      const piece = text.slice(i, end)
      yield { text: piece, line }
      line += countLineBreaks(piece)
      i = end
      mayHaveComma = hasCommas
    }
  }
}

function findEnd(text: string, start: number): number {
  if (!isOpening(text.charCodeAt(start))) {
    const lineEnd = text.indexOf('\n', start)
    return lineEnd === -1 ? text.length : lineEnd
  }
  let depth = 0
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) i = findStringEnd(text, i)
    else if (isOpening(code)) depth++
    else if (isClosing(code) && --depth === 0) return i + 1
  }
  return text.length
}

/** Index of the quote that ends the string, or of the text's end. */
function findStringEnd(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === BACKSLASH) i++
    else if (code === QUOTE) return i
  }
  return text.length
}

function countLineBreaks(text: string): number {
  let count = 0
  for (let i = text.indexOf('\n'); i !== -1; i = text.indexOf('\n', i + 1)) count++
  return count
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === LINE_BREAK || code === 0x0d || code === 0x09
}

function isOpening(code: number): boolean {
  return code === 0x7b || code === 0x5b
}

function isClosing(code: number): boolean {
  return code === 0x7d || code === 0x5d
}
