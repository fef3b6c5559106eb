/** A user or account as rules see it, from what the store holds: not what is still on its way, and with where each value came from. */
import type { Json } from '../../../base/json.ts'
import type { EntityId, EntityKind, Millis, Write } from '../../../model/profile/entity.ts'
import type { Placed } from '../../../model/profile/survivor.ts'
import type { TraitRules } from '../../../model/profile/trait-rules.ts'
import { traitValue } from '../../../model/profile/trait-value.ts'
import { CREATED_AT, findFact, isIdentifierFact, traitsBehind } from '../../../model/segment/entity-facts.ts'
import { zoneFor } from '../../../model/segment/evaluate.ts'
import { answeringTally, tallyFamily } from '../../../model/segment/tally-cover.ts'
import type { Owner } from '../../../model/segment/predicate.ts'
import {
  type Activity,
  activityKey,
  activitySpace,
  type Counted,
  membershipSpace,
  partSpace,
  type PartState,
  type SegmentDefinition,
  type Tally,
  type TallyState,
} from '../../../model/segment/segment.ts'
import { Membership } from '../../../model/segment/membership.ts'
import type { Subject } from '../../../model/segment/subject.ts'
import { mergeCounted } from '../../../model/segment/tally.ts'
import type { Zone } from '../../../model/segment/zone.ts'
import { findLinkedAccount } from '../../profiles/reading/linked-account.ts'
import type { ProfileReader } from '../../profiles/reading/profile-reader.ts'
import { ALWAYS, type Since } from './held-since.ts'
import { loadTallyStates, type SegmentStore } from './segment-store.ts'

type Known = { placed: Placed; rules: TraitRules; kind: EntityKind; membership: Membership | undefined }

type Loaded = {
  self: Known
  account: (Known & { since: Since }) | undefined
  parts: readonly EntityId[]
  states: readonly PartState[]
  /** By `activityKey`. */
  activities: ReadonlyMap<string, Activity>
  /** By `tallyFamily`. */
  tallies: ReadonlyMap<string, TallyState[]>
  now: Millis
}

export class StoredSubject implements Subject {
  readonly zone: Zone
  readonly #loaded: Loaded

  private constructor(definition: SegmentDefinition, loaded: Loaded) {
    this.#loaded = loaded
    this.zone = zoneFor(definition, (key) => this.fact('self', key))
  }

  /** As the segment's rule sees it. `now`: of events that are said to happen in the future. */
  static async load(
    { store, profiles }: { store: SegmentStore; profiles: ProfileReader },
    { definition, placed, now }: { definition: SegmentDefinition; placed: Placed; now: Millis },
  ): Promise<StoredSubject> {
    const { kind } = definition
    const link = kind === 'user' ? await findLinkedAccount(placed.entity, profiles.lookup, profiles.identity) : undefined
    const know = async (kind: EntityKind, placed: Placed): Promise<Known> => {
      const [text] = await store.load(membershipSpace(kind), [placed.id])
      const membership = text === undefined ? undefined : Membership.read(text)
      return { placed, rules: profiles.rules[kind], kind, membership }
    }
    const parts = placed.entity.parts.map(({ id }) => id)
    const states = await loadAll<PartState>(store, partSpace(kind), parts)
    const keys = parts.flatMap((part) => states.get(part)?.events?.map((event) => activityKey(part, event)) ?? [])
    const tallies = await loadTallyStates(store)
    return new StoredSubject(definition, {
      self: await know(kind, placed),
      account: link && {
        ...(await know('account', link.placed)),
        since: link.by === 'link' ? link.at.occurredAt : undefined,
      },
      parts,
      states: [...states.values()],
      activities: await loadAll<Activity>(store, activitySpace(kind), keys),
      tallies: Map.groupBy(tallies, (state) => tallyFamily(state.tally)),
      now,
    })
  }

  /** Of a user: whether there is an account that it belongs to. */
  get hasAccount(): boolean {
    return this.#loaded.account !== undefined
  }

  /** Since when the user belongs to the account; always to none. Not known where the domain of an email led to it. */
  get linkedSince(): Since {
    const { account } = this.#loaded
    return account ? account.since : ALWAYS
  }

  fact(owner: Owner, key: string): Json {
    const known = this.#of(owner)
    return known === undefined ? null : findFact(known.kind, identified(known), key, known.rules)
  }

  counted(tally: Tally): Counted | undefined {
    const { tallies, parts, activities, now } = this.#loaded
    const key = answeringTally(tallies.get(tallyFamily(tally)) ?? [], tally)?.key
    if (key === undefined) return undefined
    const counted = parts.map((part) => activities.get(activityKey(part, tally.events.name))?.[key])
    return counted.reduce((sum, one) => mergeCounted(sum, one, tally.keeps, now), undefined)
  }

  isMember(owner: Owner, segment: string): boolean {
    return this.memberSince(owner, segment) !== undefined
  }

  usersIn(segment: string): number {
    return this.#loaded.states.reduce((sum, { users }) => sum + (users?.[segment] ?? 0), 0)
  }

  memberSince(owner: Owner, segment: string): Millis | undefined {
    return this.#of(owner)?.membership?.since(segment)
  }

  /** Who wrote the value that a fact has now, or deleted it; undefined where nobody ever wrote one. */
  writeOf(owner: Owner, key: string): Write | undefined {
    const known = this.#of(owner)
    return known && findWrite(known, key)
  }

  #of(owner: Owner): Known | undefined {
    return owner === 'self' ? this.#loaded.self : this.#loaded.account
  }
}

/** Those that there are, by key. Written by the engine of segments and by nobody else. */
async function loadAll<Value>(store: SegmentStore, space: string, keys: readonly string[]): Promise<Map<string, Value>> {
  const texts = await store.load(space, keys)
  return new Map(
    keys.flatMap((key, i): [string, Value][] => (texts[i] === undefined ? [] : [[key, JSON.parse(texts[i]) as Value]])),
  )
}

function identified({ placed: { id, entity } }: Known) {
  return { id, parts: entity.parts }
}

/** Looks where `findFact` looks, in the same order. */
function findWrite(known: Known, key: string): Write | undefined {
  const { parts } = known.placed.entity
  if (isIdentifierFact(key)) {
    const value = findFact(known.kind, identified(known), key, known.rules)
    const identifiers = parts.flatMap((part) => part.identifiers)
    return identifiers.find((one) => one.value === value)?.since
  }
  const written = traitsBehind(key).flatMap((trait) => {
    const { visibility, order } = known.rules.ruleOf(trait)
    return visibility === 'hidden' ? [] : (traitValue(parts, trait, order) ?? [])
  })
  const shown = written.find(({ value }) => value !== null) ?? written[0]
  if (shown || key !== CREATED_AT) return shown?.write
  return parts.map(({ created }) => created).toSorted((a, b) => a.occurredAt - b.occurredAt)[0]
}
