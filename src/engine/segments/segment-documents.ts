/** What the store keeps for segments, during a session of `apply`: overlaid with what is not yet committed. */
import type { EntityId, EntityKind, Millis } from '../../model/profile/entity.ts'
import type { Identity } from '../../model/profile/event-claims.ts'
import { Membership } from '../../model/segment/membership.ts'
import {
  ACCOUNT_USER_SPACE,
  type Activity,
  activityKey,
  activitySpace,
  membershipSpace,
  partSpace,
  type PartState,
} from '../../model/segment/segment.ts'
import type { DocumentChange, Store } from '../../store/store.ts'
import { changeDocument, Documents, type OpenDocument } from '../apply/documents.ts'
import { Deadlines } from './deadlines.ts'
import { OrderedKeys } from './ordered-keys.ts'
import { SegmentRegistry } from './segment-registry.ts'

/** Of each space: some 100,000 of those who were active lately. */
const RECENT_CHARACTERS = 20_000_000

export type OpenPart = OpenDocument<PartState>
export type OpenActivity = OpenDocument<Activity>
/** An entity's own part. */
export type OwnPart = { kind: EntityKind; part: EntityId; document: OpenPart }

const KINDS = ['user', 'account'] as const

export class SegmentDocuments {
  readonly registry: SegmentRegistry
  readonly deadlines: Deadlines
  /** Keys: `account-user` (model/segment/segment.ts). */
  readonly accountUsers: OrderedKeys
  readonly parts: Record<EntityKind, Documents<PartState>>
  readonly activities: Record<EntityKind, Documents<Activity>>
  readonly memberships: Record<EntityKind, Documents<Membership>>

  private constructor(store: Pick<Store, 'load' | 'scan'>, registry: SegmentRegistry, deadlines: Deadlines) {
    this.registry = registry
    this.deadlines = deadlines
    this.accountUsers = new OrderedKeys(store, ACCOUNT_USER_SPACE)
    const open = <Value>(spaceOf: (kind: EntityKind) => string): Record<EntityKind, Documents<Value>> => {
      const documents = (kind: EntityKind) =>
        new Documents<Value>(store, {
          space: spaceOf(kind),
          // Written as JSON by this class and by nobody else. Not frozen, as they are changed in place.
          revive: (text) => JSON.parse(text) as Value,
          recentCharacters: RECENT_CHARACTERS,
        })
      return { user: documents('user'), account: documents('account') }
    }
    this.parts = open<PartState>(partSpace)
    this.activities = open<Activity>(activitySpace)
    const memberships = (kind: EntityKind) =>
      new Documents<Membership>(store, {
        space: membershipSpace(kind),
        revive: (text) => Membership.read(text),
        write: (membership) => membership.write(),
        recentCharacters: RECENT_CHARACTERS,
      })
    this.memberships = { user: memberships('user'), account: memberships('account') }
  }

  static async open(store: Pick<Store, 'load' | 'scan'>, identity: Identity): Promise<SegmentDocuments> {
    return new SegmentDocuments(store, await SegmentRegistry.open(store, identity), await Deadlines.open(store))
  }

  part(kind: EntityKind, part: EntityId): OpenPart | Promise<OpenPart> {
    return this.parts[kind].openOne(part)
  }

  activity(kind: EntityKind, part: EntityId, event: string): OpenActivity | Promise<OpenActivity> {
    return this.activities[kind].openOne(activityKey(part, event))
  }

  membership(kind: EntityKind, entity: EntityId): OpenDocument<Membership> | Promise<OpenDocument<Membership>> {
    return this.memberships[kind].openOne(entity)
  }

  /** What these parts have counted of events of these names, where they have counted any. */
  async activitiesOf(
    kind: EntityKind,
    parts: readonly EntityId[],
    events: ReadonlySet<string>,
  ): Promise<Map<string, Activity[]>> {
    const states = await this.parts[kind].open(parts)
    const names: string[] = []
    const keys: string[] = []
    parts.forEach((part, i) => {
      for (const event of states[i]?.value?.events ?? []) {
        if (!events.has(event)) continue
        names.push(event)
        keys.push(activityKey(part, event))
      }
    })
    const counted = new Map<string, Activity[]>()
    const documents = await this.activities[kind].open(keys)
    documents.forEach(({ value }, i) => {
      const name = names[i]
      if (value === undefined || name === undefined) return
      const known = counted.get(name)
      if (known) known.push(value)
      else counted.set(name, [value])
    })
    return counted
  }

  /** What a part counts of events of this name. */
  async putActivity(
    { kind, part, event }: { kind: EntityKind; part: EntityId; event: string },
    activity: Activity,
  ): Promise<void> {
    const document = await this.activity(kind, part, event)
    changeDocument(document, activity)
    noteEvent(await this.part(kind, part), event)
  }

  /** What a part has counted of events of other names than these is kept no more. */
  async keepOnly(events: ReadonlySet<string>, kind: EntityKind, part: EntityId): Promise<void> {
    const state = await this.part(kind, part)
    const known = state.value?.events ?? []
    const kept = known.filter((event) => events.has(event))
    if (kept.length === known.length) return
    for (const event of known) if (!events.has(event)) changeDocument(await this.activity(kind, part, event), undefined)
    const { events: _, ...rest } = state.value ?? {}
    setPart(state, kept.length > 0 ? { ...rest, events: kept } : rest)
  }

  /** Nothing of the part is kept any more. */
  async dropPart(kind: EntityKind, part: EntityId): Promise<void> {
    const state = await this.part(kind, part)
    for (const event of state.value?.events ?? []) changeDocument(await this.activity(kind, part, event), undefined)
    setPart(state, {})
  }

  /** A deadline at `until`, unless there is an earlier one. */
  wakeAt(until: Millis, { kind, part, document }: OwnPart): void {
    const wake = document.value?.wake
    if (until >= (wake ?? Number.POSITIVE_INFINITY)) return
    if (wake !== undefined) this.deadlines.cancel(wake, kind, part)
    this.deadlines.schedule(until, kind, part)
    changePart(document, { wake: until })
  }

  /** No deadline any more. */
  sleep({ kind, part, document }: OwnPart): void {
    const { wake, ...rest } = document.value ?? {}
    if (wake === undefined) return
    this.deadlines.cancel(wake, kind, part)
    setPart(document, rest)
  }

  get changedCharacters(): number {
    const changedKeys = this.deadlines.changedKeys + this.accountUsers.changedKeys
    return this.#all().reduce((sum, documents) => sum + documents.changedCharacters, KEY_CHARACTERS * changedKeys)
  }

  seal(): void {
    for (const documents of this.#all()) documents.seal()
  }

  close(): DocumentChange[] {
    return [
      ...this.#all().flatMap((documents) => documents.close()),
      ...this.registry.changes(),
      ...this.deadlines.close(),
      ...this.accountUsers.close(),
    ]
  }

  #all(): Pick<Documents<never>, 'changedCharacters' | 'seal' | 'close'>[] {
    return KINDS.flatMap((kind) => [this.parts[kind], this.activities[kind], this.memberships[kind]])
  }
}

/** Of a deadline, or of a user of an account. */
const KEY_CHARACTERS = 50

/** Its activities are known by name. */
export function noteEvent(part: OpenPart, event: string): void {
  const events = part.value?.events ?? []
  if (!events.includes(event)) changePart(part, { events: [...events, event] })
}

/** With these members; made when there is none. */
export function changePart(document: OpenPart, change: Partial<PartState>): void {
  setPart(document, { ...document.value, ...change })
}

/** One that says nothing is not kept. */
export function setPart(document: OpenPart, state: PartState): void {
  changeDocument(document, Object.keys(state).length === 0 ? undefined : state)
}
