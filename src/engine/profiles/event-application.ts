/**
 * One tracked event applied: whom it belongs to, what it teaches about identifiers, what it changes, and the lines that it leaves on
 * timelines. An event that only tells what happened, of somebody who is known, reads no profile and changes none.
 */
import { isObject, type JsonObject } from '../../base/json.ts'
import type { TrackedEvent } from '../../model/event/event.ts'
import type { IdentityNote, TimelineEvent, TraitRefusal } from '../../model/event/timeline-event.ts'
import type { EntityId, EntityKind, Write } from '../../model/profile/entity.ts'
import { eventName } from '../../model/event/event-report.ts'
import { compareWrites } from '../../model/profile/trait-order.ts'
import { changeDocument } from '../apply/documents.ts'
import { type Identities, requirePart } from './identities.ts'
import type { OpenClaim, OpenClaims } from './open-claims.ts'
import { changedEvent, createdEvent, mergedEvent } from './made-events.ts'
import { entityIdAt, type Publication } from './publication.ts'
import type { ProfileState } from './profile-state.ts'
import { type Resolved, resolveEntity } from './resolve-entity.ts'
import { noteMerge, noteResolved, watchFacts } from './note-changes.ts'

export type EventInput = { event: TrackedEvent; claims: OpenClaims; text: string; position: number; index: number; at: number }

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

  /** Whether all that it reads is open. */
  isReady(input: EventInput): boolean {
    const { user, account } = this.#state.identities
    return isRead(user, usersRead(input)) && isRead(account, accountsRead(input))
  }

  /** The parts whose entities it reads. */
  partsRead(input: EventInput): Record<EntityKind, readonly EntityId[]> {
    return { user: usersRead(input), account: accountsRead(input) }
  }

  /** The event must be ready. */
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
    this.#noteEvent(input, user?.part, account?.part)
    for (const made of this.#changed.splice(0)) this.#publication.addMade(made)
    this.#state.schema.noteEvent(event, Date.parse(event.receivedAt))
  }

  #noteEvent({ event, position, index }: EventInput, user: EntityId | undefined, account: EntityId | undefined): void {
    if (!this.#state.segments.asksAbout(eventName(event))) return
    const owners = { ...(user !== undefined && { user }), ...(account !== undefined && { account }) }
    this.#state.segments.noteEvent({ ...event, ...owners, position, index })
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
    const claims = kind === 'user' ? userClaims(input.claims) : input.claims.account
    if (claims.length === 0) return undefined
    const known = traits === undefined ? onlyOwner(claims) : undefined
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
    for (const merged of merges) {
      this.#publication.addMade(mergedEvent(cause, merged))
      noteMerge(this.#state, kind, merged)
    }
    const partsBefore = merges.find(({ survivor }) => survivor.id === placed.id)?.survivor.entity.parts
    const { refused, changes } = this.#state.writeTraits({ kind, placed, part, traits: traits ?? {}, write, partsBefore })
    const tracked = changes.filter(({ isTracked }) => isTracked)
    if (isNew) this.#publication.addMade(createdEvent(cause, this.#state.traitsOf(kind, placed.entity)))
    else if (tracked.length > 0) {
      this.#changed.push(changedEvent(cause, tracked, this.#state.signedUpAt(kind, placed.entity)))
    }
    noteResolved(this.#state, { kind, resolved, changes })
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
    this.#state.segments.noteLink(placed.id)
  }

  /** An external id is for good. */
  #takeAway(userPart: EntityId, taken: OpenClaim | undefined): void {
    const owner = taken?.document.value
    if (taken === undefined || owner === undefined) return
    const users = this.#state.identities.user
    const placed = users.require(owner)
    if (placed.id !== users.require(userPart).id) return
    const part = requirePart(placed.entity, owner)
    const end = watchFacts(this.#state, 'user', placed)
    part.identifiers = part.identifiers.filter(({ kind, value }) => kind !== taken.kind || value !== taken.value)
    changeDocument(taken.document, undefined)
    users.touch(placed)
    end(placed)
  }
}

type Writing = { traits: JsonObject | undefined; write: Write }

/** True when more than its identifiers is to be read or written of the user. */
function speaksOfUser({ type, traits }: TrackedEvent): boolean {
  return (type === 'identify' && isObject(traits)) || type === 'group' || type === 'unalias'
}

/** With what an alias joins; an external id, when somebody is known by it. */
function userClaims({ user, joins }: OpenClaims): readonly OpenClaim[] {
  if (joins === undefined) return user
  return [...user, joins.external.document.value === undefined ? joins.anonymous : joins.external]
}

/** The one part that owns all of the claims. */
function onlyOwner(claims: readonly OpenClaim[]): EntityId | undefined {
  const first = claims[0]?.document.value
  if (first === undefined) return undefined
  for (const { document } of claims) if (document.value !== first) return undefined
  return first
}

const NONE: readonly EntityId[] = []

function usersRead({ event, claims }: EventInput): readonly EntityId[] {
  const users = ownersRead(userClaims(claims), speaksOfUser(event))
  const taken = claims.takes?.document.value
  return taken === undefined ? users : [...users, taken]
}

function accountsRead({ event, claims: { account } }: EventInput): readonly EntityId[] {
  return ownersRead(account, event.type === 'group' && event.traits !== undefined)
}

/** Nobody, when all that is to be known is whose it is, and that is clear. */
function ownersRead(claims: readonly OpenClaim[], needsEntity: boolean): readonly EntityId[] {
  if (claims.length === 0 || (!needsEntity && onlyOwner(claims) !== undefined)) return NONE
  return claims.flatMap(({ document }) => document.value ?? [])
}

function isRead(identities: Identities, parts: readonly EntityId[]): boolean {
  for (const part of parts) if (!identities.isOpen(part)) return false
  return true
}

function writeOf({ event, position, index }: EventInput): Write {
  const { source, id, occurredAt, receivedAt } = event
  return { source, event: id, occurredAt: Date.parse(occurredAt), receivedAt: Date.parse(receivedAt), position, index }
}
