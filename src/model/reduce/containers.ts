/**
 * Reduction into objects and arrays: what `merge` does, and what minimize and maximize with a key do in a tie.
 * An absent side and null are neutral, so that any grouping of the reductions comes to the same.
 */
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import { KeyedArrays } from './keyed-array.ts'
import { describe, ownMember, ReductionFault, rethrowAt, setMember, type Location, type Reducer } from './reducer.ts'

/** The locations below one location. */
export type Container = {
  /** Of a property; undefined: the last one wins. */
  member: (name: string) => Location | undefined
  /** Of an item by its index; undefined: the last one wins. */
  item: (index: number) => Location | undefined
  /** False when neither members nor items can change alone. */
  changesAlone: boolean
}

/** Objects property by property; arrays by `keyed`, or index by index. Anything else than null is a fault. */
export function mergeReducer(container: Container, keyed: KeyedArrays | undefined): Reducer {
  return (left, right, isFull) => {
    if (left === undefined || left === null) return aloneIn(container, keyed, right, isFull)
    if (right === null) return left
    if (isObject(left) && isObject(right)) return mergeObjects(container, left, right, isFull)
    if (Array.isArray(left) && Array.isArray(right)) {
      return keyed === undefined ? mergeItems(container, left, right, isFull) : keyed.merge(left, right, isFull)
    }
    throw new ReductionFault(`merge needs two objects or two arrays, but has ${describe(left)} and ${describe(right)}`)
  }
}

/** As merge, but of two scalars the later one is taken: what is left to do when the keys of minimize or maximize tie. */
export function tieReducer(container: Container): Reducer {
  const merge = mergeReducer(container, undefined)
  return (left, right, isFull) => (isScalar(left) && isScalar(right) ? right : merge(left, right, isFull))
}

function isScalar(value: Json | undefined): boolean {
  return typeof value !== 'object'
}

function aloneIn(container: Container, keyed: KeyedArrays | undefined, right: Json, isFull: boolean): Json {
  if (Array.isArray(right)) {
    if (keyed !== undefined) return keyed.alone(right, isFull)
    return container.changesAlone ? mergeItems(container, [], right, isFull) : right
  }
  return container.changesAlone && isObject(right) ? membersAlone(container, right, isFull) : right
}

function mergeObjects(container: Container, left: JsonObject, right: JsonObject, isFull: boolean): JsonObject {
  let merged: JsonObject | undefined
  for (const name in right) {
    const before = ownMember(left, name)
    const value = right[name] as Json
    const after = reducePart(container.member(name), name, [before, value], isFull)
    if (after === before) continue
    merged ??= { ...left }
    if (after === undefined) delete merged[name]
    else setMember(merged, name, after)
  }
  return merged ?? left
}

/** `part`: the name of a member, or the index of an item. */
function reducePart(
  location: Location | undefined,
  part: string | number,
  [left, right]: [Json | undefined, Json],
  isFull: boolean,
): Json | undefined {
  if (location === undefined || (left === undefined && !location.changesAlone)) return right
  try {
    return location.reduce(left, right, isFull)
  } catch (error) {
    return rethrowAt(error, part)
  }
}

function membersAlone(container: Container, right: JsonObject, isFull: boolean): JsonObject {
  let changed: JsonObject | undefined
  for (const name in right) {
    const value = right[name] as Json
    const result = reducePart(container.member(name), name, [undefined, value], isFull)
    if (result === value) continue
    changed ??= { ...right }
    if (result === undefined) delete changed[name]
    else setMember(changed, name, result)
  }
  return changed ?? right
}

function mergeItems(container: Container, left: readonly Json[], right: readonly Json[], isFull: boolean): Json[] {
  const merged: Json[] = []
  for (let i = 0; i < right.length; i++) {
    const location = container.item(i)
    const result = reducePart(location, i, [left[i], right[i] as Json], isFull)
    if (result !== undefined) merged.push(result)
  }
  for (let i = right.length; i < left.length; i++) merged.push(left[i] as Json)
  return merged
}
