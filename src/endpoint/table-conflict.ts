/** Whether a target's tables can be used: names that the database takes as they are, and columns that are the needed ones. */
import { MillraceError } from '../base/errors.ts'
import type { TableSpec } from './endpoint.ts'
import { columnsOf, listColumns, type ColumnKind } from './table-columns.ts'

/** A column as a database describes it; `keyPosition` counts from 1, 0 for columns outside the primary key. */
export type ColumnShape = { name: string; type: string; keyPosition: number }

export function shapesOf(spec: TableSpec, typeOf: (kind: ColumnKind) => string): ColumnShape[] {
  const columns = columnsOf(spec)
  const keyCount = columns.keys.length
  return listColumns(columns).map(({ name, kind }, i) => ({ name, type: typeOf(kind), keyPosition: i < keyCount ? i + 1 : 0 }))
}

/** Throws `endpoint_table_conflict` with every difference; the order of columns outside the key does not matter. */
export function requireSameColumns(spec: TableSpec, needed: readonly ColumnShape[], actual: readonly ColumnShape[]): void {
  const differences = [
    ...needed.flatMap((column) =>
      describeDifference(
        column,
        actual.find(({ name }) => name === column.name),
      ),
    ),
    ...actual
      .filter(({ name }) => !needed.some((column) => column.name === name))
      .map(({ name }) => `column "${name}" is not needed`),
  ]
  if (differences.length === 0) return
  throw tableConflict(spec.table, `has other columns than collection "${spec.source}" needs: ${differences.join('; ')}.`)
}

function describeDifference(needed: ColumnShape, actual: ColumnShape | undefined): string[] {
  if (actual === undefined) return [`column "${needed.name}" (${needed.type}) is missing`]
  if (actual.type !== needed.type) return [`column "${needed.name}" is ${actual.type || 'untyped'} and must be ${needed.type}`]
  if (actual.keyPosition === needed.keyPosition) return []
  return [`column "${needed.name}" is ${describeKeyPosition(actual)} and must be ${describeKeyPosition(needed)}`]
}

function describeKeyPosition({ keyPosition }: ColumnShape): string {
  return keyPosition === 0 ? 'outside the primary key' : `part ${keyPosition} of the primary key`
}

/** What the spec of a table is remembered as in the target, to tell tables of other materializations. */
export type RememberedSpec = { task: string; source: string; fields: TableSpec['fields'] }

/** `remembered` undefined: the table exists, but no materialization made it. */
export function requireOwnTable(spec: TableSpec, task: string, remembered: RememberedSpec | undefined): void {
  if (remembered === undefined) throw tableConflict(spec.table, 'exists already and was not made by a materialization.')
  if (remembered.task !== task)
    throw tableConflict(spec.table, `belongs to materialization "${remembered.task}", this one is "${task}".`)
  if (remembered.source !== spec.source) {
    throw tableConflict(spec.table, `holds collection "${remembered.source}", the binding is of "${spec.source}".`)
  }
}

function tableConflict(table: string, problem: string): MillraceError {
  return new MillraceError('endpoint_table_conflict', `Table "${table}" ${problem}`, {
    hint: 'Give the binding another table name, or drop the table: it is then made anew and filled from the first document on.',
  })
}

type NameRules = {
  /** Names that are one to the database have one form. */
  fold: (name: string) => string
  bytesMax: number
  /** Why a table's name is reserved. */
  isReserved: (table: string) => boolean
}

/** Throws where the database would cut, fold or refuse a name, before it is asked. */
export function requireUsableNames(specs: readonly TableSpec[], rules: NameRules): void {
  requireDistinct(
    'The tables of the materialization',
    specs.map(({ table }) => table),
    rules,
  )
  for (const { table, fields } of specs) {
    if (rules.isReserved(table)) throw unusableName(`The name of table "${table}" is reserved.`)
    requireDistinct(
      `The columns of table "${table}"`,
      fields.map(({ field }) => field),
      rules,
    )
  }
}

function requireDistinct(what: string, names: readonly string[], { fold, bytesMax }: NameRules): void {
  const seen = new Map<string, string>()
  for (const name of names) {
    if (name === '' || name.includes('\0') || !name.isWellFormed() || Buffer.byteLength(name) > bytesMax) {
      throw unusableName(
        `${what}: the name ${JSON.stringify(name)} is empty, longer than ${bytesMax} bytes, or has a null character.`,
      )
    }
    const other = seen.get(fold(name))
    if (other !== undefined) throw unusableName(`${what}: "${other}" and "${name}" are one name to the database.`)
    seen.set(fold(name), name)
  }
}

function unusableName(message: string): MillraceError {
  return new MillraceError('value_unsupported', message, {
    hint: 'Rename it in the catalog: tables in bindings, columns by projections.',
  })
}

/** Any name as an SQL identifier. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Tables of our own in the target: what each table is for, and how far each task is. */
export const SPECS_TABLE = 'millrace_materializations'
export const CHECKPOINTS_TABLE = 'millrace_checkpoints'
