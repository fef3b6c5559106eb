/**
 * Segments at work on the inputs of the log, one after the other, in the transaction of the profiles. What the profiles do with an
 * input is noted; when the input is done, `settle` counts its events, looks at the accounts that users belong to, and evaluates the
 * segments that all this can affect, until nothing changes any more. `advance` does what time has made due before an input.
 */
import type { Section } from '../../model/document-batch.ts'
import { eventName, propertiesOf } from '../../model/event/event-report.ts'
import type { TimelineEvent } from '../../model/event/timeline-event.ts'
import type { EntityId, EntityKind, Millis } from '../../model/profile/entity.ts'
import type { FillPage } from '../../model/profile/command.ts'
import { activityKey, type SegmentDefinition, type SegmentOwner } from '../../model/segment/segment.ts'
import type { DocumentChange, Store } from '../../store/store.ts'
import { domainKey, relinkUser, usersUnder } from './account-links.ts'
import { ChangeRecords, type EntityNote } from './change-records.ts'
import { fanOut, followSegments } from './consequences.ts'
import { endEntity, joinParts } from './entity-parts.ts'
import { evaluateEntity, openEntities } from './evaluation.ts'
import { changeManualMembers } from './manual-members.ts'
import { applyFillPage } from './filling/apply-fill-page.ts'
import { SegmentDocuments, setPart } from './segment-documents.ts'
import type { LiveSegment } from './segment-index.ts'
import type { LogPlace } from './segment-registry.ts'
import { type SegmentWork, TouchedEntities } from './segment-work.ts'
import { type TalliedEvent, tallyEvent } from './tallying.ts'

export type SegmentParts = Pick<SegmentWork, 'identity' | 'identities' | 'rules' | 'signedUpAt'>

/** "Segments changed" may be asked about by segments. Who asks in a circle is not followed further for one input. */
const ROUNDS_MAX = 10
/** Of what is due, before one input: some 100 ms. The rest follows before the next ones. */
const DUE_MAX = 1_000

const ENTITY_KINDS = ['user', 'account'] as const

type Ended = { kind: EntityKind; id: EntityId; parts: readonly EntityId[]; into: EntityId | undefined }

export class Segments {
  readonly #work: SegmentWork
  #events: TalliedEvent[] = []
  /** Users whose account is to be looked at anew. */
  readonly #links = new Set<EntityId>()
  /** Accounts whose facts changed: by which keys. */
  readonly #accounts = new Map<EntityId, Set<LiveSegment>>()
  readonly #domains = new Set<string>()
  readonly #joined: { kind: EntityKind; part: EntityId }[] = []
  readonly #ended: Ended[] = []
  #publish: (event: TimelineEvent) => void = () => {}

  private constructor(documents: SegmentDocuments, parts: SegmentParts) {
    this.#work = {
      ...parts,
      documents,
      changes: new ChangeRecords(),
      publish: (event) => {
        this.#publish(event)
        this.noteEvent(event)
      },
      touched: new TouchedEntities(),
      place: { position: 0, index: 0, at: 0 },
    }
  }

  static async open(store: Pick<Store, 'load' | 'scan'>, parts: SegmentParts): Promise<Segments> {
    return new Segments(await SegmentDocuments.open(store, parts.identity), parts)
  }

  /** Where events that segments make are published; for a chunk. */
  publishTo(publish: (event: TimelineEvent) => void): void {
    this.#publish = publish
  }

  /** When something is due. */
  get next(): Millis {
    return this.#work.documents.deadlines.next
  }

  /** A segment waits for pages of history. */
  get isFilling(): boolean {
    return this.#work.documents.registry.isFilling
  }

  get isInUse(): boolean {
    return !this.#work.documents.registry.isEmpty
  }

  /** Every input begins so. */
  begin(place: LogPlace): void {
    this.#work.place = place
  }

  /** Whether anybody asks about events of this name. */
  asksAbout(name: string): boolean {
    const { tallies } = this.#work.documents.registry.index
    return tallies.user.has(name) || tallies.account.has(name)
  }

  /** Opens what these events of users will be counted in, at once, and what their being counted may change. */
  async openActivities(events: readonly { user: EntityId; name: string }[]): Promise<void> {
    const { activities, parts, memberships, registry } = this.#work.documents
    const users = events.map(({ user }) => user)
    await activities.user.open(events.map(({ user, name }) => activityKey(user, name)))
    const states = await parts.user.open(users)
    await memberships.user.open(users)
    const counting = events.flatMap(({ name }, i) => {
      const account = states[i]?.value?.account
      return account !== undefined && registry.index.tallies.account.has(name) ? [{ account, name }] : []
    })
    await parts.account.open(counting.map(({ account }) => account))
    await activities.account.open(counting.map(({ account, name }) => activityKey(account, name)))
  }

  /** On a timeline, tracked or made. */
  noteEvent(event: TimelineEvent): void {
    const name = eventName(event)
    if (!this.asksAbout(name)) return
    const { user, account, occurredAt, context = {} } = event
    this.#events.push({
      ...(user !== undefined && { user }),
      ...(account !== undefined && { account }),
      occurredAt: Date.parse(occurredAt),
      facts: { name, properties: propertiesOf(event), context },
    })
  }

  /** Something about an entity is otherwise than before the input. */
  noteEntity(kind: EntityKind, id: EntityId, note: EntityNote): void {
    const { index } = this.#work.documents.registry
    const { facts = {} } = note
    this.#work.changes.add(kind, id, note)
    for (const key in facts) {
      const [from = null, to = null] = facts[key] ?? []
      for (const { passes, deciding, others } of index.byFact[kind].get(key) ?? []) {
        if (passes !== undefined && passes(from) === passes(to)) continue
        this.#work.touched.add(kind, id, deciding)
        if (!others.isEmpty) this.#work.touched.addList(kind, id, others)
      }
    }
    if (note.isNew && !index.initial[kind].isEmpty) this.#work.touched.addList(kind, id, index.initial[kind])
    if (kind === 'account') this.#noteAccount(id, Object.keys(facts))
  }

  /** The user's link, or its emails, are others. */
  noteLink(user: EntityId): void {
    this.#links.add(user)
  }

  /** An account has this domain now, or has it no more. */
  noteDomain(domain: string): void {
    this.#domains.add(domain)
  }

  /** `loser` is part of `survivor` from now on. */
  noteMerged(kind: EntityKind, survivor: EntityId, loser: { id: EntityId; parts: readonly EntityId[] }): void {
    this.#ended.push({ kind, ...loser, into: survivor })
    this.noteParts(kind, survivor)
  }

  /** The entity has other parts than before. */
  noteParts(kind: EntityKind, id: EntityId): void {
    const { index } = this.#work.documents.registry
    this.#joined.push({ kind, part: id })
    this.#work.touched.add(kind, id, index.all[kind])
    if (kind === 'user') this.#links.add(id)
    else this.#dependents(id, [...index.byAccountFact.values(), ...index.byAccountSegment.values()].flat())
  }

  noteErased(kind: EntityKind, entity: { id: EntityId; parts: readonly EntityId[] }): void {
    this.#ended.push({ kind, ...entity, into: undefined })
  }

  define(definition: SegmentDefinition, owner: SegmentOwner, isEmpty: boolean): void {
    const { documents, changes, place } = this.#work
    const outcome = documents.registry.define({ definition, owner, place, isEmpty })
    const state = documents.registry.find(definition.id)
    if (outcome && state) changes.addSegment(state, 'update', place)
  }

  delete(id: string): void {
    const { documents, changes, place } = this.#work
    const deleted = documents.registry.delete(id, place)
    if (deleted) changes.addSegment(deleted, 'delete', place)
  }

  async changeMembers(
    segment: string,
    { add, remove }: { add: readonly EntityId[]; remove: readonly EntityId[] },
  ): Promise<void> {
    await changeManualMembers(this.#work, segment, { add, remove })
  }

  async fill(page: FillPage): Promise<void> {
    await applyFillPage(this.#work, page)
  }

  /** What somebody's fillings have read of history may not be there any more. */
  restartFillings(): void {
    this.#work.documents.registry.restartFillings(this.#work.place)
  }

  /** What is due by the time of the input, in the order of time, each at its own instant. */
  async advance(place: LogPlace): Promise<void> {
    const { documents } = this.#work
    if (this.next > place.at) return
    const due = await documents.deadlines.due(place.at, DUE_MAX)
    for (const kind of ENTITY_KINDS)
      await openEntities(
        this.#work,
        kind,
        due.flatMap((one) => (one.kind === kind ? [one.part] : [])),
      )
    for (const { at, kind, part } of due) {
      const own = await documents.part(kind, part)
      if (own.value?.wake !== at) continue
      const { wake: _, ...rest } = own.value
      setPart(own, rest)
      this.begin({ ...place, at })
      this.#work.touched.addList(kind, part, documents.registry.index.waking[kind])
      await this.settle()
    }
  }

  /** Whether the input has left something to `settle`. */
  get isUnsettled(): boolean {
    return this.#ended.length > 0 || this.#joined.length > 0 || !this.#work.changes.isFlushed || this.#isMoving()
  }

  /** Ends an input. */
  async settle(): Promise<void> {
    const work = this.#work
    await this.#endEntities()
    for (let round = 0; round < ROUNDS_MAX && this.#isMoving(); round++) {
      for (const event of this.#events.splice(0)) await tallyEvent(work, event)
      await this.#followAccounts()
      for (let next = work.touched.take(); next; next = work.touched.take()) {
        const evaluated = await evaluateEntity(work, next)
        if (evaluated) await followSegments(work, evaluated)
      }
    }
    work.changes.flush(work.place)
  }

  get changedCharacters(): number {
    return this.#work.documents.changedCharacters
  }

  seal(): void {
    this.#work.documents.seal()
  }

  /** What was published under `millrace/changes` since it was taken last. */
  takeChanges(): Section {
    return this.#work.changes.take()
  }

  close(): DocumentChange[] {
    return this.#work.documents.close()
  }

  #isMoving(): boolean {
    return (
      this.#events.length > 0 ||
      this.#links.size > 0 ||
      this.#accounts.size > 0 ||
      this.#domains.size > 0 ||
      !this.#work.touched.isEmpty
    )
  }

  #noteAccount(id: EntityId, keys: readonly string[]): void {
    const { index } = this.#work.documents.registry
    this.#dependents(
      id,
      keys.flatMap((key) => index.byAccountFact.get(key) ?? []),
    )
  }

  #dependents(account: EntityId, segments: readonly LiveSegment[]): void {
    if (segments.length === 0) return
    const known = this.#accounts.get(account) ?? new Set()
    for (const segment of segments) known.add(segment)
    this.#accounts.set(account, known)
  }

  async #endEntities(): Promise<void> {
    for (const ended of this.#ended.splice(0)) {
      for (const user of await endEntity(this.#work, ended)) this.#links.add(user)
    }
    for (const { kind, part } of this.#joined.splice(0)) await joinParts(this.#work, kind, part)
  }

  async #followAccounts(): Promise<void> {
    const work = this.#work
    for (const domain of take(this.#domains)) {
      for await (const users of usersUnder(work, [domainKey(domain)])) for (const user of users) this.#links.add(user)
    }
    for (const id of take(this.#links)) {
      const user = await work.identities.user.locate(id)
      if (user) await relinkUser(work, user)
    }
    for (const [account, segments] of this.#accounts) {
      this.#accounts.delete(account)
      await fanOut(work, account, segments)
    }
  }
}

function take<Value>(values: Set<Value>): Value[] {
  const taken = [...values]
  values.clear()
  return taken
}
