/** Sets of JSON types as bits, with integers and other numbers apart. */
import type { Json, JsonType } from '../../base/json.ts'

export const NULL = 1
export const BOOLEAN = 2
export const INTEGER = 4
/** Numbers that are no integers. */
export const FRACTION = 8
export const STRING = 16
export const OBJECT = 32
export const ARRAY = 64
export const ANY = 127

const MASKS: Record<JsonType, number> = {
  null: NULL,
  boolean: BOOLEAN,
  integer: INTEGER,
  number: INTEGER | FRACTION,
  string: STRING,
  object: OBJECT,
  array: ARRAY,
}

/** Of the keyword `type`: absent, one name or several. */
export function maskOfTypes(type: Json | undefined): number {
  if (type === undefined) return ANY
  const names = Array.isArray(type) ? type : [type]
  return names.reduce<number>((mask, name) => mask | (isType(name) ? MASKS[name] : 0), 0)
}

export function maskOfValue(value: Json): number {
  if (value === null) return NULL
  if (Array.isArray(value)) return ARRAY
  if (typeof value === 'number') return Number.isInteger(value) ? INTEGER : FRACTION
  return MASKS[typeof value as 'boolean' | 'string' | 'object']
}

/** Without null. `number` where numbers that are no integers may occur, else `integer`. */
export function typesOfMask(mask: number): JsonType[] {
  const types: JsonType[] = []
  if (mask & BOOLEAN) types.push('boolean')
  if (mask & FRACTION) types.push('number')
  else if (mask & INTEGER) types.push('integer')
  if (mask & STRING) types.push('string')
  if (mask & OBJECT) types.push('object')
  if (mask & ARRAY) types.push('array')
  return types
}

function isType(name: Json): name is JsonType {
  return typeof name === 'string' && Object.hasOwn(MASKS, name)
}
