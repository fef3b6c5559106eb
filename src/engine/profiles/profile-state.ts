/** All that the profiles know, during a session of `apply`: what the store holds, overlaid with what is not yet committed. */
import { invariant } from '../../base/errors.ts'
import type { Json, JsonObject } from '../../base/json.ts'
import type { Catalog } from '../../model/catalog.ts'
import type { TrackedEvent } from '../../model/event/event.ts'
import type { QuarantinedItem } from '../../model/event/quarantine.ts'
import type { TraitRefusal } from '../../model/event/timeline-event.ts'
import type { Entity, EntityKind, Part, Write } from '../../model/profile/entity.ts'
import type { Identity } from '../../model/profile/event-claims.ts'
import type { Placed } from '../../model/profile/survivor.ts'
import { TraitRules } from '../../model/profile/trait-rules.ts'
import {
  entityTraits,
  type TraitChange,
  traitChanges,
  traitNames,
  type TraitValue,
  traitValue,
} from '../../model/profile/trait-value.ts'
import { applyTraits } from '../../model/profile/trait-writing.ts'
import type { DocumentChange, Store } from '../../store/store.ts'
import { Segments } from '../segments/segments.ts'
import { EventCounts } from './event-counts.ts'
import { Forgotten } from './forgotten.ts'
import { Identities } from './identities.ts'
import { MessageIndex } from './message-index.ts'
import { QuarantineShelf } from './quarantine-shelf.ts'
import { SchemaRegistry } from './schema-registry.ts'

export type ProfileSettings = {
  identity: Identity
  traits: Catalog['traits']
  /** How long message ids are remembered. */
  daysKept: number
}

type TraitInput = {
  kind: EntityKind
  placed: Placed
  /** Of the entity; it is changed. */
  part: Part
  traits: JsonObject
  write: Write
  /** The parts that were the entity before the same event merged others into it, where it did. */
  partsBefore: readonly Part[] | undefined
}

export type TraitResult = {
  refused: TraitRefusal[]
  /** Traits that are shown otherwise than before. */
  changes: TraitChange[]
}

/** The trait that tells since when somebody is there, where it is a date. */
const SIGNED_UP_TRAIT = 'created_at'

export class ProfileState {
  readonly identity: Identity
  readonly identities: Record<EntityKind, Identities>
  readonly rules: Record<EntityKind, TraitRules>
  readonly schema: SchemaRegistry
  readonly quarantine: QuarantineShelf
  readonly forgotten: Forgotten
  readonly #messages: MessageIndex
  readonly #counts: EventCounts
  #segments: Segments | undefined
  #isEmpty: boolean

  private constructor(
    settings: ProfileSettings,
    identities: Record<EntityKind, Identities>,
    opened: { schema: SchemaRegistry; quarantine: QuarantineShelf; messages: MessageIndex; counts: EventCounts },
  ) {
    this.identity = settings.identity
    this.identities = identities
    this.rules = { user: new TraitRules(settings.traits.user), account: new TraitRules(settings.traits.account) }
    this.schema = opened.schema
    this.quarantine = opened.quarantine
    this.forgotten = new Forgotten(settings.identity)
    this.#messages = opened.messages
    this.#counts = opened.counts
    this.#isEmpty = opened.counts.applied === 0
  }

  static async open(store: Pick<Store, 'load' | 'scan'>, settings: ProfileSettings): Promise<ProfileState> {
    const identities = { user: new Identities(store, 'user'), account: new Identities(store, 'account') }
    const state = new ProfileState(settings, identities, {
      schema: await SchemaRegistry.open(store),
      quarantine: await QuarantineShelf.open(store),
      messages: await MessageIndex.open(store, settings.daysKept),
      counts: await EventCounts.open(store),
    })
    state.#segments = await Segments.open(store, {
      identity: settings.identity,
      identities,
      rules: state.rules,
      signedUpAt: (kind, entity) => state.signedUpAt(kind, entity),
    })
    return state
  }

  get segments(): Segments {
    invariant(this.#segments, 'segments were opened with the state')
    return this.#segments
  }

  /** No event has been applied yet: nobody is there. (Counts run ahead of it, as repeats are known for a stretch of inputs at once.) */
  get isEmpty(): boolean {
    return this.#isEmpty
  }

  noteApplied(): void {
    this.#isEmpty = false
  }

  /** False for a repeat, which is counted. */
  isNewMessage({ source, id, receivedAt }: TrackedEvent): boolean {
    const isNew = this.#messages.add(source, id, Date.parse(receivedAt))
    this.#counts.add(isNew ? 'applied' : 'repeated')
    return isNew
  }

  async setAside(item: QuarantinedItem, text: string): Promise<void> {
    this.#counts.add('setAside')
    await this.quarantine.add(item, text)
  }

  traitsOf(kind: EntityKind, { parts }: Entity): Map<string, TraitValue> {
    return entityTraits(parts, this.rules[kind])
  }

  writeTraits({ kind, placed, part, traits, write, partsBefore }: TraitInput): TraitResult {
    const rules = this.rules[kind]
    const { parts } = placed.entity
    // Before the event's own traits change what was shown.
    const changesByMerge = partsBefore && this.watchMerge(kind, partsBefore, parts)
    const registry = this.schema.traits[kind]
    const { isChanged, changes, refusals } = applyTraits(traits, { parts, part, write, rules, registry })
    if (isChanged) this.identities[kind].touch(placed)
    // What came with a merge is told of the whole of it.
    const byName = new Map([...changes, ...(changesByMerge?.() ?? [])].map((change) => [change.name, change]))
    return { refused: refusals, changes: [...byName.values()] }
  }

  /** Tells later what is shown otherwise than before parts joined others. Only their traits can be. */
  watchMerge(kind: EntityKind, before: readonly Part[], after: readonly Part[]): () => TraitChange[] {
    const rules = this.rules[kind]
    const names = traitNames(after.filter((part) => !before.includes(part)))
    const shownBefore = entityTraits(before, rules, names)
    return () => traitChanges(shownBefore, entityTraits(after, rules, names), rules)
  }

  signedUpAt(kind: EntityKind, { parts }: Entity): number {
    const { order } = this.rules[kind].ruleOf(SIGNED_UP_TRAIT)
    const stated = millisOf(traitValue(parts, SIGNED_UP_TRAIT, order)?.value)
    return stated ?? Math.min(...parts.map(({ created }) => created.occurredAt))
  }

  get changedCharacters(): number {
    return this.identities.user.changedCharacters + this.identities.account.changedCharacters + this.segments.changedCharacters
  }

  /** Ends a chunk. */
  seal(): void {
    this.identities.user.seal()
    this.identities.account.seal()
    this.segments.seal()
  }

  /** Closes the transaction. */
  close(): DocumentChange[] {
    return [
      ...this.identities.user.close(),
      ...this.identities.account.close(),
      ...this.schema.changes(),
      ...this.quarantine.changes(),
      ...this.#messages.changes(),
      ...this.#counts.changes(),
      ...this.segments.close(),
    ]
  }
}

function millisOf(value: Json | undefined): number | undefined {
  const millis = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(millis) ? undefined : millis
}
