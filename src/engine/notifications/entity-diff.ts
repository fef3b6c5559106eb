/** What changed about one entity over a stretch of the outputs: the first `from`, the last `to`; what ends as it began is no change. */
import type { Json } from '../../base/json.ts'
import type { Instant } from '../../model/event/event.ts'
import type { EntityId, EntityKind } from '../../model/profile/entity.ts'
import { isSameValue } from '../../model/profile/trait-value.ts'
import type { EntityChange } from '../../model/segment/entity-change.ts'
import { isInternalSegment } from './segment-reports.ts'

type Step = 'entered' | 'left'

export class EntityDiff {
  readonly kind: EntityKind
  readonly entity: EntityId
  isNew = false
  /** These became part of it; of an account that was erased, all that it consisted of. */
  readonly absorbed: EntityId[] = []
  /** How it ended, unless it lived on after that. */
  ending: { mergedInto: EntityId | null } | undefined
  /** When the last change came. */
  at: Instant = ''
  readonly #facts = new Map<string, [from: Json, to: Json]>()
  readonly #segments = new Map<string, { first: Step; last: Step }>()
  #account: [from: EntityId | null, to: EntityId | null] | undefined

  constructor({ kind, entity }: Pick<EntityChange, 'kind' | 'entity'>) {
    this.kind = kind
    this.entity = entity
  }

  get isErased(): boolean {
    return this.ending !== undefined && this.ending.mergedInto === null
  }

  /** In the order of the outputs. */
  add({ at, isNew, facts = {}, entered = [], left = [], account, absorbed = [], mergedInto, isErased }: EntityChange): void {
    this.at = at
    this.isNew ||= isNew === true
    for (const [key, [from, to]] of Object.entries(facts)) this.#facts.set(key, [firstOf(this.#facts.get(key), from), to])
    for (const id of entered) this.#step(id, 'entered')
    for (const id of left) this.#step(id, 'left')
    if (account) this.#account = [firstOf(this.#account, account[0]), account[1]]
    this.absorbed.push(...absorbed)
    this.ending = mergedInto === undefined && !isErased ? undefined : { mergedInto: mergedInto ?? null }
  }

  #step(id: string, step: Step): void {
    this.#segments.set(id, { first: this.#segments.get(id)?.first ?? step, last: step })
  }

  facts(): Record<string, [from: Json, to: Json]> {
    return Object.fromEntries([...this.#facts].filter(([, [from, to]]) => !isSameValue(from, to)))
  }

  /** Ids of segments, internal ones left out. */
  segments(step: Step): string[] {
    return [...this.#segments].flatMap(([id, { first, last }]) =>
      first === step && last === step && !isInternalSegment(id) ? [id] : [],
    )
  }

  /** Of a user that came to another account. */
  account(): [from: EntityId | null, to: EntityId | null] | undefined {
    return this.#account?.[0] === this.#account?.[1] ? undefined : this.#account
  }

  hasChanges(): boolean {
    return (
      this.isNew ||
      this.account() !== undefined ||
      Object.keys(this.facts()).length > 0 ||
      this.segments('entered').length > 0 ||
      this.segments('left').length > 0
    )
  }
}

/** Null is a value like others: nothing was there. */
function firstOf<Value>(known: readonly [from: Value, to: Value] | undefined, from: Value): Value {
  return known === undefined ? from : known[0]
}
