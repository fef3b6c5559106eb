/** The columns of a target table: what kind each holds, and the check that a value fits before a database alters or cuts it. */
import { invariant, MillraceError } from '../base/errors.ts'
import type { Json, JsonType } from '../base/json.ts'
import type { KeyPart } from '../model/key.ts'
import type { SelectedField, TableSpec } from './endpoint.ts'

/** `json`: objects, arrays and mixed types, as JSON text. */
export type ColumnKind = 'boolean' | 'integer' | 'number' | 'string' | 'json'

export type Column = { name: string; kind: ColumnKind }

export type TableColumns = { keys: Column[]; values: Column[]; document: Column }

/** Tables hold whole documents, so one of the fields must be the document. */
export function columnsOf(spec: TableSpec): TableColumns {
  const ofRole = (role: SelectedField['role']) => spec.fields.filter((field) => field.role === role).map(toColumn)
  const [document] = ofRole('document')
  invariant(document !== undefined, `table "${spec.table}" has no column for the document`)
  return { keys: ofRole('key'), values: ofRole('value'), document }
}

export function listColumns({ keys, values, document }: TableColumns): Column[] {
  return [...keys, ...values, document]
}

function toColumn({ field, role, types }: SelectedField): Column {
  return { name: field, kind: role === 'document' ? 'json' : kindOf(types) }
}

function kindOf(types: readonly JsonType[]): ColumnKind {
  if (types.length === 2 && types.includes('integer') && types.includes('number')) return 'number'
  const [type] = types
  if (types.length !== 1 || type === undefined) return 'json'
  return type === 'boolean' || type === 'integer' || type === 'number' || type === 'string' ? type : 'json'
}

export type Cell = null | boolean | number | string

/** What a database takes for the value; undefined when it cannot be held unaltered. */
export function toCell(kind: ColumnKind, value: Json | undefined): Cell | undefined {
  if (value === undefined || value === null) return null
  switch (kind) {
    case 'string':
      return typeof value === 'string' && value.isWellFormed() ? value : undefined
    case 'integer':
      // Beyond 2^53 the number that was read may not be the number that was written.
      return Number.isSafeInteger(value) ? (value as number) : undefined
    case 'number':
      return Number.isFinite(value) ? (value as number) : undefined
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'json':
      return JSON.stringify(value)
  }
}

export function unsupportedValue(table: string, key: readonly KeyPart[], column: Column, value: unknown): MillraceError {
  const shown = JSON.stringify(value) ?? 'nothing'
  const cut = shown.length > SHOWN_CHARACTERS_MAX ? `${shown.slice(0, SHOWN_CHARACTERS_MAX)}…` : shown
  return new MillraceError(
    'value_unsupported',
    `Table "${table}", key ${JSON.stringify(key)}: column "${column.name}" (${column.kind}) cannot hold the value ${cut}.`,
    { hint: `Leave the field out (fields: exclude: ["${column.name}"]), or change it at the origin, for example to a string.` },
  )
}

/** A message is for reading. */
const SHOWN_CHARACTERS_MAX = 200
