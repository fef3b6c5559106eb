/** Reads CSV and TSV: rows of cells become documents, by a header row that names the fields of the collection. */
import { parse } from 'csv-parse/sync'
import { MillraceError, messageOf } from '../../base/errors.ts'
import type { Columns } from './columns.ts'
import { DOCUMENT_BYTES_MAX, type Refusal } from './document-gate.ts'
import type { Arrival, DocumentReader } from './document-reader.ts'

type RowReaderParts = {
  /** Throws `body_invalid` for a header that does not fit. */
  columnsOf: (header: readonly string[]) => Columns
  delimiter: ',' | '\t'
}

export class RowReader implements DocumentReader {
  readonly #parts: RowReaderParts
  #columns: Columns | undefined
  #row = 0

  constructor(parts: RowReaderParts) {
    this.#parts = parts
  }

  /** The text holds whole rows. Text that breaks the format yields the rows before the break, then a refusal; a header that does not fit, one refusal. */
  *read(text: string): Generator<Arrival> {
    const { rows, problem } = parseRows(this.#row === 0 ? text.replace(/^\uFEFF/, '') : text, this.#parts.delimiter)
    for (const cells of rows) {
      this.#row++
      const arrival = this.#columns ? this.#readRow(this.#columns, cells) : this.#readHeader(cells)
      if (arrival) yield arrival
      // Without a header nobody knows what the other rows say.
      if (this.#columns === undefined) return
    }
    if (problem !== undefined) yield refuse(this.#row + 1, problem)
  }

  #readHeader(cells: readonly string[]): Arrival | undefined {
    try {
      this.#columns = this.#parts.columnsOf(cells)
      return undefined
    } catch (error) {
      if (error instanceof MillraceError) return refuse(this.#row, error.hint ? `${error.message} ${error.hint}` : error.message)
      throw error
    }
  }

  #readRow(columns: Columns, cells: readonly string[]): Arrival {
    const read = columns.read(cells)
    return 'document' in read ? { kind: 'document', ...read, row: this.#row } : { kind: 'refused', ...read, row: this.#row }
  }
}

function refuse(row: number, message: string): Arrival {
  const refusals: Refusal[] = [{ code: 'body_invalid', pointer: '', message }]
  return { kind: 'refused', refusals, row }
}

type ParsedRows = { rows: string[][]; problem?: string }

/** RFC 4180 with either line ending; empty lines are skipped. The same rules hold for TSV. */
export function parseRows(text: string, delimiter: string): ParsedRows {
  if (!text.includes('"')) return { rows: splitRows(text, delimiter) }
  const rows: string[][] = []
  try {
    parse(text, {
      delimiter,
      record_delimiter: ['\r\n', '\n'],
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: DOCUMENT_BYTES_MAX,
      on_record: (cells: string[]) => {
        rows.push(cells)
        return null
      },
    })
    return { rows }
  } catch (error) {
    return { rows, problem: messageOf(error) }
  }
}

/** Without quotes a split is all that is needed: 0.3 µs a row instead of 1.5, and no 7 µs to start. */
function splitRows(text: string, delimiter: string): string[][] {
  const rows: string[][] = []
  for (const line of text.split('\n')) {
    const cells = line.endsWith('\r') ? line.slice(0, -1) : line
    if (cells !== '') rows.push(cells.split(delimiter))
  }
  return rows
}
