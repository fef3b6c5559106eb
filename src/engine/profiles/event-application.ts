/**
 * One tracked event applied: whom it belongs to, what it teaches about identifiers, what it changes, and the lines that it leaves on
 * timelines. An event that only tells what happened, of somebody who is known, reads no profile and changes none.
 */
import { isObject, type JsonObject } from '../../base/json.ts'
import type { Claim, TrackedEvent } from '../../model/event/event.ts'
import type { IdentityNote, TimelineEvent, TraitRefusal } from '../../model/event/timeline-event.ts'
import type { EntityId, EntityKind, Write } from '../../model/profile/entity.ts'
import type { EventClaims } from '../../model/profile/event-claims.ts'
import { ANONYMOUS_ID, EXTERNAL_ID } from '../../model/profile/identity-rules.ts'
import { compareWrites } from '../../model/profile/trait-order.ts'
import { type Identities, requirePart } from './identities.ts'
import { changedEvent, createdEvent, mergedEvent } from './made-events.ts'
import { entityIdAt, type Publication } from './publication.ts'
import type { ProfileState } from './profile-state.ts'
import { type Resolved, resolveEntity } from './resolve-entity.ts'

export type EventInput = { event: TrackedEvent; claims: EventClaims; text: string; position: number; index: number }

/** What of the store must be opened before an event can be applied; empty lists when nothing is missing. */
export type Missing = Record<EntityKind, EntityId[]>

type Outcome = { part: EntityId; refused: readonly TraitRefusal[]; notes: readonly IdentityNote[] }

export class EventApplication {
  readonly #state: ProfileState
  readonly #publication: Publication
  /** They follow the event that caused them. */
  readonly #changed: TimelineEvent[] = []

  constructor(state: ProfileState, publication: Publication) {
    this.#state = state
    this.#publication = publication
  }

  missing({ event, claims }: EventInput): Missing {
    const { user, account } = this.#state.identities
    return {
      user: user.missing(ownersToRead(user, userClaims(user, claims), speaksOfUser(event))),
      account: account.missing(ownersToRead(account, claims.account, event.type === 'group' && event.traits !== undefined)),
    }
  }

  /** Needs what `missing` asks for. */
  apply(input: EventInput): void {
    const { event, claims, text } = input
    const account = this.#applyTo('account', input, event.type === 'group' ? event.traits : undefined)
    const user = this.#applyTo('user', input, event.type === 'identify' ? event.traits : undefined)
    if (event.type === 'group' && user && account) this.#link(user.part, account.part, input)
    if (event.type === 'unalias' && user) this.#takeAway(user.part, claims.takes)
    const remarks = {
      refused: [...(user?.refused ?? []), ...(account?.refused ?? [])],
      notes: [...claims.notes, ...(user?.notes ?? []), ...(account?.notes ?? [])],
    }
    this.#publication.addTracked(this.#keptText(event, text), input, { user: user?.part, account: account?.part }, remarks)
    for (const made of this.#changed.splice(0)) this.#publication.addMade(made)
    this.#state.schema.noteEvent(event, Date.parse(event.receivedAt))
  }

  /** What the catalog hides or forbids is on no timeline either. */
  #keptText(event: TrackedEvent, text: string): string {
    const { traits, context } = event
    const { rules } = this.#state
    const kept = traits && rules[event.type === 'group' ? 'account' : 'user'].kept(traits)
    const inContext = context?.['traits']
    const keptInContext = isObject(inContext) ? rules.user.kept(inContext) : inContext
    if (kept === traits && keptInContext === inContext) return text
    return JSON.stringify({
      ...event,
      ...(kept && { traits: kept }),
      ...(keptInContext !== undefined && { context: { ...context, traits: keptInContext } }),
    })
  }

  #applyTo(kind: EntityKind, input: EventInput, traits: JsonObject | undefined): Outcome | undefined {
    const identities = this.#state.identities[kind]
    const claims = kind === 'user' ? userClaims(identities, input.claims) : input.claims.account
    if (claims.length === 0) return undefined
    const known = traits === undefined ? onlyOwner(identities, claims) : undefined
    if (known !== undefined) return { part: known, refused: [], notes: [] }
    const write = writeOf(input)
    const resolved = resolveEntity({
      identities,
      claims,
      write,
      rules: this.#state.identity.rules[kind],
      newId: entityIdAt(kind, input, write.receivedAt),
    })
    return this.#applyResolved(kind, resolved, { traits, write })
  }

  #applyResolved(kind: EntityKind, resolved: Resolved, { traits, write }: Writing): Outcome {
    const { part, placed, isNew, merges, notes } = resolved
    const cause = { kind, part: part.id, write }
    for (const merged of merges) this.#publication.addMade(mergedEvent(cause, merged))
    const before = merges[0] && this.#state.traitsOf(kind, merges[0].survivor.entity)
    const { refused, changes } = this.#state.writeTraits({ kind, placed, part, traits: traits ?? {}, write, before })
    if (isNew) this.#publication.addMade(createdEvent(cause, this.#state.traitsOf(kind, placed.entity)))
    else if (changes.length > 0) {
      this.#changed.push(changedEvent(cause, changes, this.#state.signedUpAt(kind, placed.entity)))
    }
    return { part: part.id, refused, notes }
  }

  #link(userPart: EntityId, account: EntityId, input: EventInput): void {
    const users = this.#state.identities.user
    const placed = users.require(userPart)
    const part = requirePart(placed.entity, userPart)
    const at = writeOf(input)
    if (part.link !== undefined && compareWrites(part.link.at, at, 'newest') > 0) return
    part.link = { account, at }
    users.touch(placed)
  }

  /** An external id is for good. */
  #takeAway(userPart: EntityId, value: string | undefined): void {
    if (value === undefined) return
    const users = this.#state.identities.user
    const claim = { kind: ANONYMOUS_ID, value }
    const owner = users.owner(claim)
    if (owner === undefined) return
    const placed = users.require(owner)
    if (placed.id !== users.require(userPart).id) return
    const part = requirePart(placed.entity, owner)
    part.identifiers = part.identifiers.filter(({ kind, value: other }) => kind !== claim.kind || other !== value)
    users.setOwner(claim, undefined)
    users.touch(placed)
  }
}

type Writing = { traits: JsonObject | undefined; write: Write }

/** True when more than its identifiers is to be read or written of the user. */
function speaksOfUser({ type, traits }: TrackedEvent): boolean {
  return (type === 'identify' && isObject(traits)) || type === 'group' || type === 'unalias'
}

/** With what an alias joins; an external id, when somebody is known by it. */
function userClaims(users: Identities, { user, joins }: EventClaims): readonly Claim[] {
  if (joins === undefined) return user
  const external = { kind: EXTERNAL_ID, value: joins }
  return [...user, users.owner(external) === undefined ? { kind: ANONYMOUS_ID, value: joins } : external]
}

/** The one part that owns all of the claims. */
function onlyOwner(identities: Identities, claims: readonly Claim[]): EntityId | undefined {
  const first = claims[0] && identities.owner(claims[0])
  if (first === undefined) return undefined
  for (let i = 1; i < claims.length; i++) if (identities.owner(claims[i] as Claim) !== first) return undefined
  return first
}

function ownersToRead(identities: Identities, claims: readonly Claim[], needsEntity: boolean): EntityId[] {
  if (!needsEntity && onlyOwner(identities, claims) !== undefined) return []
  return claims.flatMap((claim) => identities.owner(claim) ?? [])
}

function writeOf({ event, position, index }: EventInput): Write {
  const { source, id, occurredAt, receivedAt } = event
  return { source, event: id, occurredAt: Date.parse(occurredAt), receivedAt: Date.parse(receivedAt), position, index }
}
