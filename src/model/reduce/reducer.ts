/** What every strategy compiles to, and how one reports that it cannot apply. */
import type { Json, JsonObject } from '../../base/json.ts'

/**
 * Reduces one location. `left` undefined: nothing is there yet; then the result is `right` in normal form (arrays with a key
 * sorted, and after a full reduction no tombstones). Result undefined: the location is deleted. Changes neither side.
 */
export type Reducer = (left: Json | undefined, right: Json, isFull: boolean) => Json | undefined

/** A location of a schema, compiled. Recursive schemas refer to a location before its members are set. */
export type Location = {
  reduce: Reducer
  /** False when `reduce(undefined, right)` is always `right` itself, so that the call can be spared. */
  changesAlone: boolean
}

/** Thrown inside of reducers; containers on the way out add their part of the path. */
export class ReductionFault extends Error {
  readonly path: (string | number)[] = []
}

/** Adds the name or index of a member that failed, and goes on throwing. */
export function rethrowAt(error: unknown, part: string | number): never {
  if (error instanceof ReductionFault) error.path.unshift(part)
  throw error
}

/** For messages: `an object`, `null`, `the number 5`. */
export function describe(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `the ${typeof value} ${shorten(JSON.stringify(value))}`
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** A member of its own; what objects inherit does not count. */
export function ownMember(object: JsonObject, name: string): Json | undefined {
  const value = object[name]
  // No JSON value is a function, and `__proto__` is the only inherited member that is not one.
  if (value === undefined || (typeof value !== 'function' && name !== '__proto__')) return value
  return Object.hasOwn(object, name) ? value : undefined
}

/** Sets a member of its own, whatever it is called. */
export function setMember(object: JsonObject, name: string, value: Json): void {
  if (name === '__proto__') Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
  else object[name] = value
}
