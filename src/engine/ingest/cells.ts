/** The value of one cell, by the types that its location may have; tried in the order integer, number, boolean, null, string. */
import type { JsonType } from '../../base/json.ts'

export type CellResult =
  | { kind: 'value'; value: boolean | null | number | string }
  /** An empty cell of a location that need not exist. */
  | { kind: 'absent' }
  | { kind: 'refused'; message: string }

export type CellReader = (cell: string) => CellResult

/** The forms that JSON has for numbers: `007`, `+1` and `0x1F` stay text, so that codes and telephone numbers survive. */
const INTEGER = /^-?(?:0|[1-9]\d*)$/
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
/** Spreadsheets write them in capital letters. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['TRUE', true],
  ['True', true],
  ['false', false],
  ['FALSE', false],
  ['False', false],
])

/** An empty cell is null, else the empty string, else absent, whichever is allowed first. */
export function compileCell(types: readonly JsonType[], mustExist: boolean): CellReader {
  const allowed = new Set(types)
  const isText = allowed.has('string')
  const empty: CellResult = allowed.has('null')
    ? { kind: 'value', value: null }
    : isText
      ? { kind: 'value', value: '' }
      : mustExist
        ? { kind: 'refused', message: `must not be empty: it is ${describe(types)}` }
        : { kind: 'absent' }
  return (cell) => {
    if (cell === '') return empty
    const value = readScalar(allowed, cell)
    if (value !== undefined) return { kind: 'value', value }
    return isText
      ? { kind: 'value', value: cell }
      : { kind: 'refused', message: `must be ${describe(types)}, "${shorten(cell)}" is not` }
  }
}

function readScalar(allowed: ReadonlySet<JsonType>, cell: string): boolean | null | number | undefined {
  if (allowed.has('integer') || allowed.has('number')) {
    const number = readNumber(allowed, cell)
    if (number !== undefined) return number
  }
  if (allowed.has('boolean')) {
    const boolean = BOOLEANS.get(cell)
    if (boolean !== undefined) return boolean
  }
  return allowed.has('null') && cell === 'null' ? null : undefined
}

/** Undefined also for numbers that would be rounded or are out of range. */
function readNumber(allowed: ReadonlySet<JsonType>, cell: string): number | undefined {
  const isInteger = INTEGER.test(cell)
  if (!isInteger && !NUMBER.test(cell)) return undefined
  const number = Number(cell)
  if (isInteger) return Number.isSafeInteger(number) ? number : undefined
  if (!Number.isFinite(number)) return undefined
  return allowed.has('number') || Number.isSafeInteger(number) ? number : undefined
}

const NAMES: Record<JsonType, string> = {
  integer: 'an integer',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
  string: 'text',
  object: 'an object',
  array: 'a list',
}

function describe(types: readonly JsonType[]): string {
  return types.map((type) => NAMES[type]).join(' or ')
}

/** Cells can be as long as a document; a message needs its start. */
const SHOWN_CHARACTERS = 60

function shorten(cell: string): string {
  return cell.length <= SHOWN_CHARACTERS ? cell : `${cell.slice(0, SHOWN_CHARACTERS)}…`
}
