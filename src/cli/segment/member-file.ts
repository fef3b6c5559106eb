/** Who is to be added or removed, from a file: CSV, TSV, JSON a line, or one reference a line. */
import { MillraceError } from '../../base/errors.ts'
import { isObject, type Json } from '../../base/json.ts'
import { parseRows } from '../../engine/ingest/rows.ts'
import { ANONYMOUS_ID, DOMAIN, EMAIL, EXTERNAL_ID } from '../../model/profile/identity-rules.ts'
import type { CommandSurroundings } from '../command-surroundings.ts'
import { openInput } from '../ingest/input.ts'

/** `line`: of the file, from 1. */
export type FileReference = { ref: string; line: number }

/** Columns and members of these names hold identifiers of that kind; those of other names, references as they are. */
const KINDS = [EXTERNAL_ID, EMAIL, DOMAIN, ANONYMOUS_ID]
/** Where nobody names a column or member, the first of these that there is. */
const USUAL_NAMES = ['ref', ...KINDS, 'id']

/** `column`: which one holds the references, of CSV, TSV and JSON objects. Rejects with `usage_invalid` and `body_invalid`. */
export async function readMemberFile(
  file: string,
  { column, stdin }: { column: string | undefined; stdin: CommandSurroundings['stdin'] },
): Promise<FileReference[]> {
  const input = await openInput({ file, format: undefined, stdin })
  let text = ''
  for await (const chunk of input.chunks()) text += chunk
  const plain = text.replace(/^\uFEFF/, '')
  return input.format === 'json' ? linesOf(plain, input.name, column) : rowsOf(plain, input, column)
}

function rowsOf(text: string, { name, format }: { name: string; format: string }, column: string | undefined): FileReference[] {
  const { rows, problem } = parseRows(text, format === 'tsv' ? '\t' : ',')
  if (problem !== undefined) throw new MillraceError('body_invalid', `${name}, row ${rows.length + 1}: ${problem}`)
  const [header = [], ...others] = rows
  const named = column ?? USUAL_NAMES.find((usual) => header.includes(usual)) ?? header[0] ?? ''
  const at = header.indexOf(named)
  if (at < 0) {
    throw new MillraceError('usage_invalid', `${name} has no column "${named}".`, {
      hint: `Its first row names these: ${header.join(', ')}.`,
    })
  }
  return others.flatMap((cells, i) => referenceOf(named, cells[at] ?? '', i + 2))
}

function linesOf(text: string, name: string, column: string | undefined): FileReference[] {
  return text.split('\n').flatMap((line, i) => {
    const content = line.trim()
    const value = /^["{[]/.test(content) ? parseLine(content, name, i + 1) : content
    if (!isObject(value)) return referenceOf('', typeof value === 'string' ? value : JSON.stringify(value), i + 1)
    const named = column ?? USUAL_NAMES.find((usual) => Object.hasOwn(value, usual)) ?? ''
    const held = value[named]
    if (typeof held === 'string' || typeof held === 'number') return referenceOf(named, String(held), i + 1)
    throw new MillraceError('body_invalid', `${name}, line ${i + 1}: nothing tells who is meant.`, {
      hint: `Give it a member ${USUAL_NAMES.join(', ')}, or name the one that tells with --column.`,
    })
  })
}

function parseLine(content: string, name: string, line: number): Json {
  try {
    return JSON.parse(content) as Json
  } catch (cause) {
    throw new MillraceError('body_invalid', `${name}, line ${line}: this is no JSON.`, { cause })
  }
}

function referenceOf(column: string, text: string, line: number): FileReference[] {
  const value = text.trim()
  if (value === '') return []
  return [{ ref: KINDS.includes(column) ? `${column}:${value}` : value, line }]
}
