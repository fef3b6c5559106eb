/** What the operations on traits yield: the values that an entity is shown with, and which write decided each. */
import type { Json } from '../../base/json.ts'
import { compareValues } from '../reduce/value-order.ts'
import type { Part, TraitOperation, Write } from './entity.ts'
import { requireWrite } from './trait-operations.ts'
import { compareWrites, type TraitOrder } from './trait-order.ts'
import type { TraitRules } from './trait-rules.ts'
import { increased } from './trait-sum.ts'

/**
 * `write` is that of the last operation that had an effect, so a value that is set again counts as written then. `value` is null
 * for a trait that was deleted.
 */
export type TraitValue = { value: Json; write: Write }

/** Null where there is no value. */
export type TraitChange = { name: string; from: Json; to: Json; isTracked: boolean }

type Step = { operation: TraitOperation; write: Write }

/**
 * The result of all operations of all parts, in their order: the same, whichever parts they lie in. Undefined when none had an
 * effect. An increase has none on what is no number, as can be after the catalog changed a type.
 */
export function traitValue(parts: readonly Part[], name: string, order: TraitOrder): TraitValue | undefined {
  if (parts.length > 1) return resultOf(stepsOf(parts, name).toSorted((a, b) => compareWrites(a.write, b.write, order)))
  const [part] = parts
  const list = part && operationsOf(part, name)
  const first = list?.[0]
  if (part === undefined || first === undefined) return undefined
  if (list?.length === 1 && first[0] !== 'inc') return { value: first[1], write: requireWrite(part.writes, first[2]) }
  return resultOf(stepsOf(parts, name))
}

/** The traits that an entity has, by name: neither deleted ones nor those that the catalog hides; of these names, when they are given. */
export function entityTraits(parts: readonly Part[], rules: TraitRules, names = traitNames(parts)): Map<string, TraitValue> {
  const shown = new Map<string, TraitValue>()
  for (const name of names) {
    const { visibility, order } = rules.ruleOf(name)
    if (visibility === 'hidden') continue
    const found = traitValue(parts, name, order)
    if (found && found.value !== null) shown.set(name, found)
  }
  return shown
}

/** Of traits that any of the parts has or had, in the order in which they came. */
export function traitNames(parts: readonly Part[]): Set<string> {
  const names = new Set<string>()
  for (const { traits } of parts) for (const name in traits) names.add(name)
  return names
}

/** What is different between two states of an entity, such as before and after a merge, by name. */
export function traitChanges(
  before: ReadonlyMap<string, TraitValue>,
  after: ReadonlyMap<string, TraitValue>,
  rules: TraitRules,
): TraitChange[] {
  const names = new Set([...before.keys(), ...after.keys()])
  return [...names].toSorted().flatMap((name): TraitChange[] => {
    const [from, to] = [before.get(name)?.value ?? null, after.get(name)?.value ?? null]
    return isSameValue(from, to) ? [] : [{ name, from, to, isTracked: rules.ruleOf(name).visibility === 'tracked' }]
  })
}

/** The order of an object's members does not count. */
export function isSameValue(a: Json, b: Json): boolean {
  return a === b || compareValues(a, b) === 0
}

/** Of names like `constructor`, too, only what is the part's own. */
export function operationsOf({ traits }: Part, name: string): TraitOperation[] | undefined {
  return Object.hasOwn(traits, name) ? traits[name] : undefined
}

function stepsOf(parts: readonly Part[], name: string): Step[] {
  return parts.flatMap((part) =>
    (operationsOf(part, name) ?? []).map((operation) => ({ operation, write: requireWrite(part.writes, operation[2]) })),
  )
}

function resultOf(steps: readonly Step[]): TraitValue | undefined {
  let value: Json = null
  let write: Write | undefined
  for (const step of steps) {
    const next = valueAfter(value, step.operation)
    if (next === undefined) continue
    value = next
    write = step.write
  }
  return write && { value, write }
}

/** Undefined when the operation has no effect. */
function valueAfter(value: Json, [operation, operand]: TraitOperation): Json | undefined {
  switch (operation) {
    case 'set':
      return operand
    case 'setIfNull':
      return value === null ? operand : undefined
    case 'inc':
      return value === null || typeof value === 'number' ? increased(value ?? 0, Number(operand)) : undefined
  }
}
