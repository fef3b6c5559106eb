/**
 * Casting: the first value of a trait gives its type, which is then frozen; later values are brought into it when that loses
 * nothing, else refused. Without this a trait would be a number in one profile and a text in the next, and no segment could
 * compare it.
 */
import type { ErrorCode } from '../../base/error-codes.ts'
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import { isDate } from '../schema/date-time.ts'
import { isDeeperThan } from '../schema/nesting.ts'
import { castDate, isBrokenDate, isDateName, isLikelyUnixTime } from './cast-date.ts'
import { TRAIT_DEPTH_MAX, TRAIT_VALUE_BYTES_MAX, type TraitType } from './trait.ts'

export type CastRefusal = {
  kind: 'refused'
  code: Extract<ErrorCode, 'trait_type_mismatch' | 'trait_too_large' | 'trait_nested_too_deep'>
  /** Says nothing of the value: the event itself holds it, and messages are kept where persons are not looked for. */
  message: string
}

/** Null deletes a trait and has no type. */
export type Value = NonNullable<Json>
export type TraitCast = { kind: 'cast'; type: TraitType; value: Value } | CastRefusal

/** `type` undefined: the value is the first one. Arrays have no limit of length of their own. Any depth is safe to pass. */
export function castTrait(value: Value, { name, type }: { name: string; type: TraitType | undefined }): TraitCast {
  if (isDeeperThan(value, TRAIT_DEPTH_MAX))
    return refusal('trait_nested_too_deep', `The value is nested more than ${TRAIT_DEPTH_MAX} levels deep.`)
  const into = type ?? typeAtFirstSight(value, name)
  const cast = into && coerce(value, into)
  if (into === undefined || cast === undefined)
    return refusal(
      'trait_type_mismatch',
      `${name} is ${NOUNS[into ?? 'date']}; the ${kindOf(value)} that came cannot become one without loss.`,
    )
  if (isTooLarge(cast)) return refusal('trait_too_large', `The value has more than ${TRAIT_VALUE_BYTES_MAX} bytes as JSON.`)
  return { kind: 'cast', type: into, value: cast }
}

const NOUNS: Record<TraitType, string> = {
  string: 'a string',
  number: 'a number',
  boolean: 'a boolean',
  date: 'a date',
  array: 'an array of scalars',
  geo_point: 'a geo point',
  json: 'JSON',
}

/** Undefined: it is meant as a date but is none, and must not make a text of all dates to come. */
function typeAtFirstSight(value: Value, name: string): TraitType | undefined {
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'number') return isLikelyUnixTime(value) && isDateName(name) ? 'date' : 'number'
  if (Array.isArray(value)) return value.every(isScalar) ? 'array' : 'json'
  if (typeof value === 'object') return geoPointOf(value) ? 'geo_point' : 'json'
  if (!isDateName(name)) return 'string'
  if (castDate(value) !== undefined) return 'date'
  return isBrokenDate(value) ? undefined : 'string'
}

function coerce(value: Value, type: TraitType): Value | undefined {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : typeof value === 'object' ? undefined : String(value)
    case 'number':
      return numberOf(value)
    case 'boolean':
      return booleanOf(value)
    case 'date':
      return dateOf(value)
    case 'array':
      if (Array.isArray(value)) return value.every(isScalar) ? value : undefined
      return isScalar(value) ? [value] : undefined
    case 'geo_point':
      return isObject(value) ? geoPointOf(value) : undefined
    case 'json':
      return value
  }
}

/** A text is a number when the number would be written just so: `"42"`, but not `"042"`, `"4.20"`, `"1e3"` or `" 42"`. */
function numberOf(value: Value): number | undefined {
  // `+ 0` makes 0 of -0, which JSON cannot tell apart.
  if (typeof value === 'number') return value + 0
  if (typeof value !== 'string') return undefined
  const number = Number(value)
  return Number.isFinite(number) && String(number) === value ? number : undefined
}

/** A day alone stays one: it means that day on every calendar, where an instant would be of the day before west of it. */
function dateOf(value: Value): string | undefined {
  if (typeof value === 'string' && isDate(value)) return value
  return typeof value === 'string' || typeof value === 'number' ? castDate(value) : undefined
}

function booleanOf(value: Value): boolean | undefined {
  if (value === true || value === 'true' || value === 1) return true
  return value === false || value === 'false' || value === 0 ? false : undefined
}

function isScalar(value: Json): boolean {
  return typeof value !== 'object' || value === null
}

const GEO_MEMBERS = [
  ['lat', 'lon'],
  ['lat', 'lng'],
  ['latitude', 'longitude'],
] as const

/** `{lat, lon}`; an object with further members is none, since they would be lost. */
function geoPointOf(value: JsonObject): JsonObject | undefined {
  if (Object.keys(value).length !== 2) return undefined
  for (const [latitude, longitude] of GEO_MEMBERS) {
    const [lat, lon] = [value[latitude], value[longitude]]
    const isOnEarth = typeof lat === 'number' && typeof lon === 'number' && Math.abs(lat) <= 90 && Math.abs(lon) <= 180
    if (isOnEarth) return { lat: lat + 0, lon: lon + 0 }
  }
  return undefined
}

/** A character of a string makes at most six bytes of JSON. */
const CHARACTERS_SURELY_SMALL = Math.floor((TRAIT_VALUE_BYTES_MAX - 2) / 6)

function isTooLarge(value: Value): boolean {
  if (typeof value === 'number' || typeof value === 'boolean') return false
  if (typeof value === 'string' && value.length <= CHARACTERS_SURELY_SMALL) return false
  return Buffer.byteLength(JSON.stringify(value)) > TRAIT_VALUE_BYTES_MAX
}

function kindOf(value: Value): string {
  return Array.isArray(value) ? 'array' : typeof value
}

function refusal(code: CastRefusal['code'], message: string): CastRefusal {
  return { kind: 'refused', code, message }
}
