/** Whether a document is what a test expects, and if not, where they differ. */
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import { formatPointer, type JsonPointer } from '../../base/json-pointer.ts'

/** A location whose value is not the expected one; undefined stands for "does not exist". */
export type ValueDifference = { pointer: JsonPointer; expected: Json | undefined; actual: Json | undefined }

/**
 * Every difference, in the order of the expected document.
 * As a subset (`isExact` false), `actual` may have more: further properties in any object, further items at the end of any array,
 * and a number with a fraction need only be equal up to rounding. Exactly, the two must be equal, save the order of properties.
 */
export function compareDocuments(expected: Json, actual: Json, { isExact }: { isExact: boolean }): ValueDifference[] {
  const differences: ValueDifference[] = []
  const path: (string | number)[] = []

  const compareAt = (part: string | number, expected: Json | undefined, actual: Json | undefined) => {
    path.push(part)
    compare(expected, actual)
    path.pop()
  }
  const compare = (expected: Json | undefined, actual: Json | undefined): void => {
    if (Array.isArray(expected) && Array.isArray(actual)) {
      const length = isExact ? Math.max(expected.length, actual.length) : expected.length
      for (let i = 0; i < length; i++) compareAt(i, expected[i], actual[i])
    } else if (isObject(expected) && isObject(actual)) {
      for (const name of namesOf(expected, isExact ? actual : {}))
        compareAt(name, ownValue(expected, name), ownValue(actual, name))
    } else if (!isSameScalar(expected, actual, isExact)) {
      differences.push({ pointer: formatPointer(path), expected, actual })
    }
  }
  compare(expected, actual)
  return differences
}

function namesOf(...objects: JsonObject[]): Set<string> {
  return new Set(objects.flatMap(Object.keys))
}

/** `__proto__` and the like are data too. */
function ownValue(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

function isSameScalar(expected: Json | undefined, actual: Json | undefined, isExact: boolean): boolean {
  if (expected === actual) return true
  if (isExact || typeof expected !== 'number' || typeof actual !== 'number') return false
  if (Number.isInteger(expected) && Number.isInteger(actual)) return false
  return Math.abs(expected - actual) <= ROUNDING * Math.max(1, Math.abs(expected), Math.abs(actual))
}

/** Thousands of additions stay below it (each may err by 1e-16 of the sum), and nobody writes a thirteenth digit on purpose. */
const ROUNDING = 1e-12
