/** Makes the notifications of one stretch: groups what the outputs say by who it is about now, and adds what is known at present. */
import { hash } from 'node:crypto'
import type { EntityId, EntityKind } from '../../model/profile/entity.ts'
import type { Identity } from '../../model/profile/event-claims.ts'
import type { NotificationChannel } from '../../model/notification-channel.ts'
import { segmentTypeOf } from '../../model/notification-channel.ts'
import type { StoreReader } from '../../store/store.ts'
import { findLinkedAccount } from '../profiles/reading/linked-account.ts'
import { ProfileLookup } from '../profiles/reading/profile-lookup.ts'
import { accountChange } from './account-change.ts'
import { findUsers, type FoundUser, prefixesOf, prefixOf } from './account-users.ts'
import { BatchedLoads } from './batched-loads.ts'
import type { EntityDiff } from './entity-diff.ts'
import { reportAccount, reportUser, type RulesByKind } from './entity-reports.ts'
import { eventMessage } from './event-message.ts'
import type {
  AccountUpdate,
  EntityDelete,
  Notification,
  SegmentChanges,
  SegmentNotification,
  UserUpdate,
} from './notification.ts'
import { type NotificationFilter, wants, wantsChannel } from './notification-filter.ts'
import { type KnownSegments, reportSegment, SegmentReports } from './segment-reports.ts'
import type { StretchContent } from './stretch-content.ts'
import { groupUsers, type UserGroup } from './user-groups.ts'

export type PageSettings = { identity: Identity; rules: RulesByKind }
type PageStore = Pick<StoreReader, 'load' | 'scan'>

export type PageWorkParts = {
  store: PageStore
  settings: PageSettings
  content: StretchContent
  /** Goes on from page to page. */
  known: KnownSegments
  filter: NotificationFilter
  /** Names the stretch in message ids. */
  span: string
}

type Concerned = { user: EntityId; account: EntityId | undefined; diffs: readonly (EntityDiff | undefined)[] }

export class PageWork {
  readonly #parts: PageWorkParts
  readonly #lookup: ProfileLookup
  readonly #segments: SegmentReports
  #groups: Promise<Map<EntityId, UserGroup>> | undefined

  constructor(parts: PageWorkParts) {
    const loads = new BatchedLoads(parts.store)
    const ended = Array.from(parts.content.segments, ([id, { content }]) => [id, reportSegment(content.segment)] as const)
    this.#parts = parts
    this.#lookup = new ProfileLookup(loads, parts.settings.identity)
    this.#segments = new SegmentReports({ store: loads, known: parts.known, ended: new Map(ended) })
  }

  /** All but the users whose accounts alone changed; in the order in which the last of each came. */
  async direct(): Promise<Notification[]> {
    const { content } = this.#parts
    const made = [
      ...Array.from(content.segments.values(), ({ order, content }) => ordered(order, this.#segment(content))),
      ...[...content.users.values(), ...content.accounts.values()].map(({ order, content: diff }) =>
        ordered(order, this.#ended(diff)),
      ),
      ...(await Promise.all([
        ...Array.from(content.accounts.values(), async ({ order, content }) => ordered(order, await this.#account(content))),
        ...Array.from((await this.#userGroups()).values(), async (group) => ordered(group.order, await this.#user(group))),
      ])),
    ]
    const wanted = made.flatMap(({ order, made }) => (made && wants(this.#parts.filter, made) ? [{ order, made }] : []))
    return wanted.toSorted((a, b) => a.order - b.order).map(({ made }) => made)
  }

  /** Accounts whose users are to be told, by id. */
  changedAccounts(): EntityId[] {
    if (!this.#wants('user:update')) return []
    const diffs = [...this.#parts.content.accounts.values()].map(({ content }) => content)
    return diffs
      .filter(concernsUsers)
      .map(({ entity }) => entity)
      .toSorted()
  }

  /** Users of one of these accounts, but for those that `direct` tells of. Looks at `limit` candidates behind the key `after`. */
  async usersOf(
    id: EntityId,
    { after, limit }: { after: string; limit: number },
  ): Promise<{ told: Notification[]; next: string | undefined }> {
    const erased = this.#findErased(id)
    const prefixes = erased ? partsOf(erased) : await this.#prefixesOf(id)
    const { found, next } = await findUsers(this.#parts.store, prefixes, { after, limit })
    const made = await Promise.all(found.map((candidate) => this.#userUnder(id, candidate)))
    return { told: made.filter((one) => one !== undefined).filter((one) => wants(this.#parts.filter, one)), next }
  }

  /** What became part of another is told with that one. */
  async #prefixesOf(id: EntityId): Promise<string[]> {
    const account = await this.#lookup.follow('account', id)
    return account?.id === id ? prefixesOf(account) : []
  }

  #findErased(account: EntityId): EntityDiff | undefined {
    const diff = this.#parts.content.accounts.get(account)?.content
    return diff?.isErased ? diff : undefined
  }

  async #userUnder(account: EntityId, { user, prefix }: FoundUser): Promise<UserUpdate | undefined> {
    const placed = await this.#lookup.follow('user', user)
    if (placed?.id !== user || (await this.#userGroups()).has(user)) return undefined
    const link = await findLinkedAccount(placed.entity, this.#lookup, this.#parts.settings.identity)
    const isErased = this.#findErased(account) !== undefined
    if (!isErased && link?.placed.id !== account) return undefined
    if (prefixOf(placed.entity, isErased ? undefined : link) !== prefix) return undefined
    return await this.#user({ placed, events: [], order: 0 })
  }

  #userGroups(): Promise<Map<EntityId, UserGroup>> {
    this.#groups ??= this.#wants('user:update') ? groupUsers(this.#parts.content, this.#lookup) : Promise.resolve(new Map())
    return this.#groups
  }

  async #user({ placed, events, diff }: UserGroup): Promise<UserUpdate | undefined> {
    const { settings, content } = this.#parts
    const link = await findLinkedAccount(placed.entity, this.#lookup, settings.identity)
    const change = accountChange({ user: placed, own: diff, link, diffs: content.accounts })
    if (events.length === 0 && !diff?.hasChanges() && !change) return undefined
    if (!(await this.#mayConcern({ user: placed.id, account: link?.placed.id, diffs: [diff, change?.diff] }))) return undefined
    const [segments, accountSegments] = await Promise.all([
      this.#segments.ofMember('user', placed.id),
      link ? this.#segments.ofMember('account', link.placed.id) : [],
    ])
    const messages = events.toSorted((a, b) => a.order - b.order).map(({ content }) => content)
    const touchedAt = [diff?.at ?? '', ...messages.map(({ receivedAt }) => receivedAt)].reduce((a, b) => (a > b ? a : b))
    const segment_ids = idsOf(segments)
    return {
      message_id: this.#messageId('user:update', placed.id),
      channel: 'user:update',
      user: reportUser(placed, settings.rules, { touchedAt, segments: segment_ids }),
      account: link ? reportAccount(link.placed, settings.rules) : {},
      segments,
      segment_ids,
      account_segments: accountSegments,
      account_segment_ids: idsOf(accountSegments),
      events: messages.map((event) => eventMessage(event, placed.id)),
      changes: {
        user: diff?.facts() ?? {},
        account: change?.facts ?? {},
        segments: await this.#moves('user', diff),
        account_segments: await this.#moves('account', change?.diff),
        is_new: diff?.isNew ?? false,
      },
    }
  }

  async #account(diff: EntityDiff): Promise<AccountUpdate | undefined> {
    if (!this.#wants('account:update') || diff.ending || !diff.hasChanges()) return undefined
    const placed = await this.#lookup.follow('account', diff.entity)
    if (placed?.id !== diff.entity) return undefined
    const segments = await this.#segments.ofMember('account', placed.id)
    return {
      message_id: this.#messageId('account:update', placed.id),
      channel: 'account:update',
      account: reportAccount(placed, this.#parts.settings.rules),
      account_segments: segments,
      account_segment_ids: idsOf(segments),
      changes: { account: diff.facts(), account_segments: await this.#moves('account', diff), is_new: diff.isNew },
    }
  }

  #ended({ kind, entity, ending }: EntityDiff): EntityDelete | undefined {
    if (!ending) return undefined
    const merged_into = ending.mergedInto
    if (kind === 'user')
      return { message_id: this.#messageId('user:delete', entity), channel: 'user:delete', user: { id: entity }, merged_into }
    return {
      message_id: this.#messageId('account:delete', entity),
      channel: 'account:delete',
      account: { id: entity },
      merged_into,
    }
  }

  #segment({
    change,
    segment,
  }: {
    change: 'update' | 'delete'
    segment: Parameters<typeof reportSegment>[0]
  }): SegmentNotification {
    const channel = `${segmentTypeOf(segment.kind)}:${change}` as const
    return { message_id: this.#messageId(channel, segment.id), channel, segment: reportSegment(segment) }
  }

  async #moves(kind: EntityKind, diff: EntityDiff | undefined): Promise<SegmentChanges> {
    const [entered, left] = await Promise.all(
      (['entered', 'left'] as const).map((step) => this.#segments.named(kind, diff?.segments(step) ?? [])),
    )
    return { entered: entered ?? [], left: left ?? [] }
  }

  /** What the filter leaves out anyway is mostly known by ids alone. */
  async #mayConcern({ user, account, diffs }: Concerned): Promise<boolean> {
    const { segments } = this.#parts.filter
    if (segments === undefined) return true
    const moved = diffs.flatMap((diff) => [...(diff?.segments('entered') ?? []), ...(diff?.segments('left') ?? [])])
    const own = await this.#segments.idsOfMember('user', user)
    const ofAccount = account === undefined ? [] : await this.#segments.idsOfMember('account', account)
    return [...moved, ...own, ...ofAccount].some((id) => segments.includes(id))
  }

  #wants(channel: NotificationChannel): boolean {
    return wantsChannel(this.#parts.filter, channel)
  }

  #messageId(channel: NotificationChannel, id: string): string {
    return hash('sha256', JSON.stringify([channel, id, this.#parts.span])).slice(0, 24)
  }
}

function ordered(order: number, made: Notification | undefined): { order: number; made: Notification | undefined } {
  return { order, made }
}

function idsOf(segments: readonly { id: string }[]): string[] {
  return segments.map(({ id }) => id)
}

/** An account that only became part of another is told of with that one. */
function concernsUsers(diff: EntityDiff): boolean {
  return diff.ending ? diff.isErased : diff.hasChanges() || diff.absorbed.length > 0
}

/** Of an account that is gone: users are found under each; in the order of the texts. */
function partsOf({ entity, absorbed }: EntityDiff): EntityId[] {
  return [...new Set([entity, ...absorbed])].toSorted()
}
