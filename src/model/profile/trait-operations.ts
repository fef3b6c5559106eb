/**
 * The operations on a trait: how they are read from an event, and how the list of a trait takes them in.
 *
 * **Whatever the order of arrival, the list yields what the order of time yields.** Therefore a `set` of null stays as the mark of
 * a deletion, since an older value may still arrive; and a `setIfNull` that found a value stays as well, since a deletion that
 * happened before it may still arrive. Only a later `set` makes an operation void for good. A list that grows beyond
 * `TRAIT_OPERATIONS_MAX` gives up the oldest of this foresight, never the value that it yields now.
 */
import { invariant } from '../../base/errors.ts'
import { isObject, type Json } from '../../base/json.ts'
import type { Part, TraitOperation, Write } from './entity.ts'
import { compareWrites, type TraitOrder } from './trait-order.ts'
import { increased } from './trait-sum.ts'

/**
 * Of one trait in one part. A counter that every event increases holds so many writes; more would make profiles large, and fewer
 * would make events that arrive very late count wrongly beside a `set`.
 */
export const TRAIT_OPERATIONS_MAX = 32

export type IncomingOperation = { operation: 'set' | 'setIfNull' | 'inc' | 'dec'; value: Json }

/** Both spellings of the field. */
const OPERATIONS = new Map<Json | undefined, IncomingOperation['operation']>([
  ['set', 'set'],
  ['setIfNull', 'setIfNull'],
  ['inc', 'inc'],
  ['increment', 'inc'],
  ['dec', 'dec'],
  ['decrement', 'dec'],
])

/** `{ operation, value }` with a known operation and no other members; everything else is a value that is set. */
export function parseOperation(incoming: Json): IncomingOperation {
  if (!isObject(incoming) || !Object.hasOwn(incoming, 'operation')) return { operation: 'set', value: incoming }
  const { operation, value, ...others } = incoming
  const known = OPERATIONS.get(operation)
  if (known === undefined || value === undefined || Object.keys(others).length > 0) return { operation: 'set', value: incoming }
  return { operation: known, value }
}

export type Ordering = { writes: Part['writes']; order: TraitOrder }

/**
 * Takes an operation into a trait's list, behind those that count before it or have the same write. Returns the operations that
 * stand there no longer: just the new one when it was void already and the list is as before.
 */
export function insertOperation(list: TraitOperation[], operation: TraitOperation, ordering: Ordering): TraitOperation[] {
  const at = placeOf(operation, list, ordering)
  if (at === 0 && list[0]?.[0] === 'set') return [operation]
  if (operation[0] === 'set') return list.splice(0, at, operation)
  list.splice(at, 0, operation)
  return list.length > TRAIT_OPERATIONS_MAX ? shorten(list) : []
}

export function requireWrite(writes: Part['writes'], number: number): Write {
  const write = writes[number]
  invariant(write, `a trait refers to write ${number}, which its part does not have`)
  return write
}

function placeOf(operation: TraitOperation, list: readonly TraitOperation[], { writes, order }: Ordering): number {
  const write = requireWrite(writes, operation[2])
  for (let at = list.length; at > 0; at--) {
    const before = list[at - 1]
    if (before && compareWrites(requireWrite(writes, before[2]), write, order) <= 0) return at
  }
  return 0
}

/** The oldest `setIfNull` that finds a value goes first; when there is none, increases stand side by side. */
function shorten(list: TraitOperation[]): TraitOperation[] {
  const [first, second] = list
  const found = first?.[0] === 'set' && first[1] === null && second?.[0] === 'setIfNull' ? 2 : 1
  const idle = list.findIndex(([operation], i) => operation === 'setIfNull' && i >= found)
  return idle >= 0 ? list.splice(idle, 1) : combineOldest(list)
}

function combineOldest(list: TraitOperation[]): TraitOperation[] {
  const at = list.findIndex(([operation], i) => operation === 'inc' && list[i + 1]?.[0] === 'inc')
  const [earlier, later] = [list[at], list[at + 1]]
  invariant(earlier && later, 'a list of so many operations has increases side by side')
  const sum = increased(Number(earlier[1]), Number(later[1]))
  return list.splice(at, 2, ['inc', sum, later[2]])
}
