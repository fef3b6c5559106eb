/** Cuts the text of an input into documents or rows, each with its line, without looking into them: that is the server's part. */
import { CsvError, Parser } from 'csv-parse'
import { MillraceError } from '../../base/errors.ts'
import { splitDocuments } from '../../engine/ingest/json-texts.ts'
import type { Input } from './input.ts'

/** One document or row as it goes into a request. */
export type Item = { text: string; line: number }

const MEDIA_TYPES = { json: 'application/x-ndjson', csv: 'text/csv', tsv: 'text/tab-separated-values' } as const

export function mediaTypeOf({ format }: Input): string {
  return MEDIA_TYPES[format]
}

/** In order. For CSV and TSV the first item is the header row. */
export async function* readItems(input: Input): AsyncGenerator<Item[]> {
  if (input.format === 'json') yield* readJson(input)
  else yield* readRows(input, input.format === 'csv' ? ',' : '\t')
}

/** Of a JSON array, which is held whole; larger data should come as a document a line. */
const ARRAY_CHARACTERS_MAX = 256 * 1024 * 1024

async function* readJson(input: Input): AsyncGenerator<Item[]> {
  let rest = ''
  let line = 1
  let isArray: boolean | undefined
  for await (const chunk of input.chunks()) {
    rest += line === 1 && rest === '' ? chunk.replace(/^\uFEFF/, '') : chunk
    isArray ??= rest.trimStart() === '' ? undefined : rest.trimStart().startsWith('[')
    if (isArray) {
      if (rest.length > ARRAY_CHARACTERS_MAX) throw tooLargeArray(input)
      continue
    }
    const cut = rest.lastIndexOf('\n') + 1
    if (cut === 0) continue
    const { items, nextLine } = cutLines(rest.slice(0, cut), line)
    line = nextLine
    rest = rest.slice(cut)
    yield items
  }
  yield isArray ? cutArray(rest) : cutLines(rest, line).items
}

function cutLines(text: string, firstLine: number): { items: Item[]; nextLine: number } {
  const lines = text.split('\n')
  const items: Item[] = []
  lines.forEach((piece, i) => {
    if (piece.trim() !== '') items.push({ text: piece, line: firstLine + i })
  })
  return { items, nextLine: firstLine + lines.length - 1 }
}

/** The brackets and commas between the documents are cut off; what else is wrong the server finds in the pieces. */
function cutArray(text: string): Item[] {
  const start = text.indexOf('[')
  const end = text.trimEnd().endsWith(']') ? text.lastIndexOf(']') : text.length
  const blanked = `${text.slice(0, start)} ${text.slice(start + 1, end)}`
  return [...splitDocuments(blanked, { hasCommas: true })].map(({ text: piece, line }) => ({
    text: piece.replaceAll(/[\r\n]+/g, ' '),
    line,
  }))
}

function tooLargeArray({ name }: Input): MillraceError {
  return new MillraceError('body_too_large', `${name}: the JSON array is larger than ${ARRAY_CHARACTERS_MAX} characters.`, {
    hint: 'Write one document a line instead.',
  })
}

type RawRow = { raw: string; info: { lines: number } }

async function* readRows(input: Input, delimiter: string): AsyncGenerator<Item[]> {
  const parser = new Parser({
    delimiter,
    bom: true,
    raw: true,
    info: true,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
  })
  for await (const chunk of input.chunks()) {
    yield await feed(input, parser, chunk)
  }
  yield await feed(input, parser, undefined)
}

/** The rows that a chunk completes; all that is left when there is none. */
async function feed({ name }: Input, parser: Parser, chunk: string | undefined): Promise<Item[]> {
  const problem = await new Promise<Error | undefined>((resolve) => {
    parser.once('error', resolve)
    const done = (error?: Error | null) => {
      parser.removeListener('error', resolve)
      resolve(error ?? undefined)
    }
    if (chunk === undefined) parser.end(done)
    else parser.write(chunk, done)
  })
  if (problem) throw new MillraceError('body_invalid', `${name}${lineOf(problem)}: ${problem.message}.`, { cause: problem })
  const items: Item[] = []
  for (;;) {
    const row = parser.read() as RawRow | null
    if (row === null) return items
    // The raw text takes in empty lines before the row; the count of lines stands at the row's last.
    const text = row.raw.replace(/^[\r\n]+|[\r\n]+$/g, '')
    items.push({ text, line: row.info.lines - (text.split('\n').length - 1) })
  }
}

function lineOf(problem: Error): string {
  return problem instanceof CsvError && 'lines' in problem ? `:${String(problem['lines'])}` : ''
}
