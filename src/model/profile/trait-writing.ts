/**
 * Applying the traits of an event to a profile: each is named, cast and taken into its list, or refused with a reason that the
 * event keeps. Station of a tracked event between identity and the timeline. What comes out depends on the part, the frozen types
 * and the input alone, so that a replay gives the same profile.
 */
import type { ErrorCode } from '../../base/error-codes.ts'
import type { Json, JsonObject } from '../../base/json.ts'
import type { TraitRefusal } from '../event/timeline-event.ts'
import { castTrait, type TraitCast, type Value } from './cast-trait.ts'
import type { Part, TraitOperation, Write } from './entity.ts'
import { TRAITS_MAX, type TraitRule, type TraitType } from './trait.ts'
import { type IncomingOperation, insertOperation, parseOperation } from './trait-operations.ts'
import type { TraitRules, TraitTarget } from './trait-rules.ts'
import { isSameValue, operationsOf, type TraitChange, traitValue } from './trait-value.ts'

/** What knows the types of the traits of users, or of accounts, and keeps count (engine/profiles/schema-registry.ts). */
export interface TraitRegistry {
  /** The type that the first value froze; undefined before it. */
  typeOf(name: string): TraitType | undefined
  /** A value comes, and freezes `type` when it is the first; `type` undefined: a deletion. False: there is no room for the name. */
  noteValue(name: string, type: TraitType | undefined, write: Write): boolean
  noteRefusal(name: string, code: ErrorCode, write: Write): void
  /** A value came that the catalog hides. */
  noteHidden(name: string, write: Write): void
}

export type TraitWriting = {
  /** All parts of the entity. */
  parts: readonly Part[]
  /** The one of them that the event belongs to; it is changed. */
  part: Part
  write: Write
  rules: TraitRules
  registry: TraitRegistry
}

export type TraitOutcome = {
  /** Whether the part is another than before, and must be saved. */
  isChanged: boolean
  /** Values that the entity is shown with and that are other than before, in the order of the event's traits. */
  changes: TraitChange[]
  refusals: TraitRefusal[]
}

/** Of one event: one more says how many there were beyond. An event of 32 KB could yield half a megabyte of them. */
export const REFUSALS_MAX = 100

/**
 * Takes the traits in the order of the object. Operations of the same write on one trait (`a.b` and `a/b`) apply one after the
 * other. The part may have `TRAITS_MAX` traits, deleted ones included; those of other parts do not count, so that undoing a merge
 * leaves what would have been without it.
 */
export function applyTraits(traits: JsonObject, writing: TraitWriting): TraitOutcome {
  const application = new TraitApplication(writing)
  for (const name in traits) application.take(name, traits[name] ?? null)
  return application.finish()
}

type Before = { value: Json; rule: TraitRule }

class TraitApplication {
  readonly #writing: TraitWriting
  /** What the traits that were touched were shown with. */
  readonly #before = new Map<string, Before>()
  readonly #refusals: TraitRefusal[] = []
  #refusedBeyond = 0
  /** Numbers of writes that an operation referred to which is gone. */
  readonly #released = new Set<number>()
  #isChanged = false
  /** The number of this write in the part, once an operation needs it. */
  #number: number | undefined
  /** Traits of the part, counted when the first new one comes. */
  #size: number | undefined

  constructor(writing: TraitWriting) {
    this.#writing = writing
  }

  take(sentName: string, incoming: Json): void {
    const { rules, registry, write } = this.#writing
    const target = rules.targetOf(sentName)
    if (target.refusal) this.#refuse(target.name, target.refusal.code, target.refusal.message)
    else if (target.isHidden) registry.noteHidden(target.name, write)
    else this.#takeOperation(target, incoming)
  }

  finish(): TraitOutcome {
    this.#dropWrites()
    if (this.#refusedBeyond > 0) {
      const message = `${this.#refusedBeyond} more traits of this event were refused.`
      this.#refusals.push({ trait: '', code: 'trait_limit', message })
    }
    return { isChanged: this.#isChanged, changes: this.#changes(), refusals: this.#refusals }
  }

  #takeOperation({ name, rule }: TraitTarget, incoming: Json): void {
    const { part, registry, write } = this.#writing
    if (operationsOf(part, name) === undefined && this.#sizeOf(part) >= TRAITS_MAX)
      return this.#refuse(name, 'trait_limit', `The profile has ${TRAITS_MAX} traits already.`)
    const { operation, value } = parseOperation(incoming)
    if (value === null) return this.#takeNull(name, rule, operation)
    const type = rule.type ?? registry.typeOf(name)
    const isIncrease = operation === 'inc' || operation === 'dec'
    const cast = isIncrease ? castAmount(value, name, type) : castTrait(value, { name, type })
    if (cast.kind === 'refused') return this.#refuse(name, cast.code, cast.message)
    if (!registry.noteValue(name, cast.type, write))
      return this.#refuse(name, 'trait_limit', 'The workspace has no room for further names of traits.')
    const number = this.#requireNumber()
    if (operation === 'dec') this.#insert(name, rule, ['inc', 0 - Number(cast.value), number])
    else this.#insert(name, rule, [operation, cast.value, number])
  }

  /** Deletes; `setIfNull` of null does nothing. */
  #takeNull(name: string, rule: TraitRule, operation: IncomingOperation['operation']): void {
    if (operation === 'inc' || operation === 'dec')
      return this.#refuse(name, 'trait_type_mismatch', `${name} cannot be increased by null.`)
    if (operation === 'setIfNull') return
    this.#writing.registry.noteValue(name, undefined, this.#writing.write)
    this.#insert(name, rule, ['set', null, this.#requireNumber()])
  }

  #insert(name: string, rule: TraitRule, operation: TraitOperation): void {
    const { parts, part } = this.#writing
    const { order } = rule
    if (!this.#before.has(name)) this.#before.set(name, { value: traitValue(parts, name, order)?.value ?? null, rule })
    const list = operationsOf(part, name)
    if (list === undefined) {
      part.traits[name] = [operation]
      this.#size = (this.#size ?? 0) + 1
      this.#isChanged = true
      return
    }
    const gone = insertOperation(list, operation, { writes: part.writes, order })
    this.#isChanged ||= gone.length !== 1 || gone[0] !== operation
    for (const [, , number] of gone) this.#released.add(number)
  }

  #refuse(name: string, code: ErrorCode, message: string): void {
    this.#writing.registry.noteRefusal(name, code, this.#writing.write)
    if (this.#refusals.length < REFUSALS_MAX) this.#refusals.push({ trait: name, code, message })
    else this.#refusedBeyond++
  }

  #changes(): TraitChange[] {
    const changes: TraitChange[] = []
    for (const [name, { value: from, rule }] of this.#before) {
      const to = traitValue(this.#writing.parts, name, rule.order)?.value ?? null
      if (!isSameValue(from, to)) changes.push({ name, from, to, isTracked: rule.visibility === 'tracked' })
    }
    return changes
  }

  #sizeOf({ traits }: Part): number {
    this.#size ??= Object.keys(traits).length
    return this.#size
  }

  /** The smallest that is free, so that profiles do not grow with their age. */
  #requireNumber(): number {
    if (this.#number !== undefined) return this.#number
    const { part, write } = this.#writing
    let number = 0
    while (Object.hasOwn(part.writes, number)) number++
    part.writes[number] = write
    this.#number = number
    return number
  }

  #dropWrites(): void {
    const { traits, writes } = this.#writing.part
    const unused = this.#released
    for (const name in traits) {
      if (unused.size === 0) return
      for (const [, , number] of operationsOf(this.#writing.part, name) ?? []) unused.delete(number)
    }
    for (const number of unused) delete writes[number]
  }
}

/** Increases make a trait a number, and only numbers can be increased. */
function castAmount(value: Value, name: string, type: TraitType | undefined): TraitCast {
  if (type !== undefined && type !== 'number')
    return { kind: 'refused', code: 'trait_type_mismatch', message: `${name} is no number and cannot be increased.` }
  const cast = castTrait(value, { name, type: 'number' })
  if (cast.kind === 'refused' || Math.abs(Number(cast.value)) <= Number.MAX_SAFE_INTEGER) return cast
  return { kind: 'refused', code: 'trait_too_large', message: `${name} can be increased by at most 2^53 − 1 at once.` }
}
