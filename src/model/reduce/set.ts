/**
 * The `set` strategy. A value is a change of a set: `intersect` or `remove` first, then `add`; its terms are objects
 * (members by name) or arrays (members by key). As functions on sets, changes compose as the table says:
 *
 *   earlier          later            add              other term
 *   intersect LI, LA intersect RI, RA (LA n RI) u RA   intersect LI n RI
 *   intersect LI, LA remove RR, RA    (LA - RR) u RA   intersect LI - RR
 *   remove LR, LA    intersect RI, RA (LA n RI) u RA   intersect RI - LR
 *   remove LR, LA    remove RR, RA    (LA - RR) u RA   remove LR u RR
 *
 * A full reduction leaves `add` alone: the set itself.
 */
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import type { KeyedArrays } from './keyed-array.ts'
import { describe, ownMember, ReductionFault, rethrowAt, type Reducer } from './reducer.ts'

type Term = JsonObject | Json[]

/** The three terms of a change; at most one of `intersect` and `remove`. */
type Change = { add?: Term; intersect?: Term; remove?: Term }

/** Reduction of the terms as a whole, by name of the term; `union` of two members of one key is the reduction of their schema. */
export type SetTerms = {
  /** Both sides' members, equal ones reduced; with `left` undefined the normal form of `right`. */
  union: Reducer
  /** Of array terms. */
  arrays: KeyedArrays
}

export function setReducer(terms: SetTerms): Reducer {
  return (left, right, isFull) => {
    if (right === null) return left ?? null
    const later = readChange(right)
    const earlier = left === undefined || left === null ? {} : readChange(left)
    return isFull ? apply(terms, earlier, later) : compose(terms, earlier, later)
  }
}

/** The set that `change` makes of the set `base.add`. */
function apply(terms: SetTerms, base: Change, change: Change): JsonObject {
  const add = addTerm(terms, base, change, true)
  return add === undefined ? {} : { add }
}

function compose(terms: SetTerms, earlier: Change, later: Change): JsonObject {
  const composed: JsonObject = {}
  const add = addTerm(terms, earlier, later, false)
  if (add !== undefined) composed['add'] = add
  const intersect = intersectTerm(terms, earlier, later)
  if (intersect !== undefined) composed['intersect'] = intersect
  else if (earlier.remove !== undefined || later.remove !== undefined) {
    composed['remove'] = latestMembers(terms, earlier.remove, later.remove)
  }
  return composed
}

function addTerm(terms: SetTerms, earlier: Change, later: Change, isFull: boolean): Term | undefined {
  let kept = earlier.add
  if (kept !== undefined && later.intersect !== undefined) kept = select(terms, kept, later.intersect, true)
  if (kept !== undefined && later.remove !== undefined) kept = select(terms, kept, later.remove, false)
  if (later.add === undefined) return kept
  if (kept !== undefined) requireSameKind(kept, later.add)
  try {
    return terms.union(kept, later.add, isFull) as Term
  } catch (error) {
    return rethrowAt(error, 'add')
  }
}

function intersectTerm(terms: SetTerms, earlier: Change, later: Change): Term | undefined {
  if (later.intersect !== undefined) {
    if (earlier.intersect !== undefined) return select(terms, earlier.intersect, later.intersect, true)
    return earlier.remove === undefined ? normal(terms, later.intersect) : select(terms, later.intersect, earlier.remove, false)
  }
  if (earlier.intersect === undefined || later.remove === undefined) return earlier.intersect
  return select(terms, earlier.intersect, later.remove, false)
}

/** Of members that are removed only the keys count; the later ones are kept. */
function latestMembers(terms: SetTerms, left: Term | undefined, right: Term | undefined): Term {
  if (left === undefined || right === undefined) return normal(terms, left ?? right ?? [])
  requireSameKind(left, right)
  if (Array.isArray(left) && Array.isArray(right)) return normal(terms, [...terms.arrays.select(left, right, false), ...right])
  return Object.fromEntries([...Object.entries(left), ...Object.entries(right)])
}

function normal(terms: SetTerms, term: Term): Term {
  return Array.isArray(term) ? terms.arrays.select(term, [], false) : term
}

/** The members of `left` whose keys occur in `right` (or, with `isIn` false, do not). */
function select(terms: SetTerms, left: Term, right: Term, isIn: boolean): Term {
  requireSameKind(left, right)
  if (Array.isArray(left) && Array.isArray(right)) return terms.arrays.select(left, right, isIn)
  const entries = Object.entries(left).filter(([name]) => Object.hasOwn(right, name) === isIn)
  return Object.fromEntries(entries)
}

function requireSameKind(left: Term, right: Term): void {
  if (Array.isArray(left) === Array.isArray(right)) return
  throw new ReductionFault('the terms of a set must be all objects or all arrays')
}

function readChange(value: Json): Change {
  if (!isObject(value)) throw new ReductionFault(`set needs an object, but has ${describe(value)}`)
  for (const name of Object.keys(value)) {
    if (name === 'add' || name === 'intersect' || name === 'remove') continue
    throw new ReductionFault(`a set has the members "add", "intersect" and "remove", but here is "${name}"`)
  }
  const [add, intersect, remove] = [readTerm(value, 'add'), readTerm(value, 'intersect'), readTerm(value, 'remove')]
  if (intersect !== undefined && remove !== undefined) throw new ReductionFault('a set has "intersect" or "remove", not both')
  return { ...(add && { add }), ...(intersect && { intersect }), ...(remove && { remove }) }
}

function readTerm(value: JsonObject, name: string): Term | undefined {
  const term = ownMember(value, name)
  if (term === undefined || isObject(term) || Array.isArray(term)) return term
  throw new ReductionFault(`the term "${name}" of a set must be an object or an array, but is ${describe(term)}`)
}
