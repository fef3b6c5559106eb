/** An entity, as the rules of segments see it, with what is not committed yet. Opened for one evaluation, and forgotten after it. */
import type { Json } from '../../base/json.ts'
import type { Entity, EntityId, EntityKind, Millis } from '../../model/profile/entity.ts'
import type { TraitRules } from '../../model/profile/trait-rules.ts'
import { findFact } from '../../model/segment/entity-facts.ts'
import type { Owner } from '../../model/segment/predicate.ts'
import type { Membership } from '../../model/segment/membership.ts'
import type { Activity, Counted, PartState, Tally } from '../../model/segment/segment.ts'
import type { Subject } from '../../model/segment/subject.ts'
import { mergeCounted } from '../../model/segment/tally.ts'
import { type Zone, zoneOf } from '../../model/segment/zone.ts'

/** By name of the event: what each part that counted any has counted. */
export type CountedEvents = Map<string, readonly Activity[]>

export type SubjectParts = {
  kind: EntityKind
  id: EntityId
  /** Undefined where only events are asked about. */
  entity: Entity | undefined
  rules: TraitRules
  /** Of all parts. */
  states: readonly (PartState | undefined)[]
  activities: CountedEvents
  membership: Membership | undefined
  keyOf: (tally: Tally) => string | undefined
  now: Millis
}

export class EntitySubject implements Subject {
  zone: Zone = zoneOf('UTC')
  membership: Membership | undefined
  /** Of a user, where anybody asks for it. */
  account: EntitySubject | undefined
  /** What its first part had counted by these keys, in place of what it has. */
  before: ReadonlyMap<string, Counted | undefined> | undefined
  readonly #parts: SubjectParts
  readonly #facts = new Map<string, Json>()

  constructor(parts: SubjectParts) {
    this.#parts = parts
    this.membership = parts.membership
  }

  get kind(): EntityKind {
    return this.#parts.kind
  }

  get id(): EntityId {
    return this.#parts.id
  }

  get partIds(): EntityId[] {
    return (this.#parts.entity?.parts ?? []).map(({ id }) => id)
  }

  /** More may be added. */
  get activities(): CountedEvents {
    return this.#parts.activities
  }

  fact(owner: Owner, key: string): Json {
    if (owner === 'account') return this.account?.fact('self', key) ?? null
    const known = this.#facts.get(key)
    if (known !== undefined) return known
    const { kind, id, entity, rules } = this.#parts
    const value = entity === undefined ? null : findFact(kind, { id, parts: entity.parts }, key, rules)
    this.#facts.set(key, value)
    return value
  }

  counted(tally: Tally): Counted | undefined {
    const { activities, keyOf, now } = this.#parts
    const key = keyOf(tally)
    const counted = key === undefined ? undefined : activities.get(tally.events.name)
    if (key === undefined || counted === undefined) return undefined
    let sum = this.before?.has(key) ? this.before.get(key) : counted[0]?.[key]
    for (let i = 1; i < counted.length; i++) sum = mergeCounted(sum, counted[i]?.[key], tally.keeps, now)
    return sum
  }

  isMember(owner: Owner, segment: string): boolean {
    if (owner === 'account') return this.account?.isMember('self', segment) ?? false
    return this.membership?.has(segment) ?? false
  }

  usersIn(segment: string): number {
    return this.#parts.states.reduce((sum, state) => sum + (state?.users?.[segment] ?? 0), 0)
  }

  /** Whether one of its parts was added by hand. */
  isAdded(segment: string): boolean {
    return this.#parts.states.some((state) => state?.manual?.includes(segment))
  }
}
