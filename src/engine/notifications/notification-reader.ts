/**
 * Notifications, read by cursor: a view over what `apply` published, so that nothing is stored twice and every reader has its own pace.
 * A page folds all that was published between two cursors, one notification for each entity. Hence `changes` are relative to what this
 * reader was last told, and who lags gets fewer, larger notifications; nothing is lost or told twice, wherever pages are cut.
 *
 * Reports are the latest that is known, `changes` say exactly what changed between the cursors. At the head both agree: how far is
 * committed is read first, then the outputs up to there, then the reports.
 */
import { MillraceError } from '../../base/errors.ts'
import type { Position } from '../../log/log.ts'
import type { Catalog } from '../../model/catalog.ts'
import { compileIdentity } from '../../model/profile/event-claims.ts'
import { TraitRules } from '../../model/profile/trait-rules.ts'
import { EVENTS } from '../../model/system-collections.ts'
import type { StoreReader } from '../../store/store.ts'
import { DecodedOutputs } from './decoded-outputs.ts'
import { keptSince } from './kept-outputs.ts'
import type { Notification } from './notification.ts'
import {
  type FanOut,
  lastWholePosition,
  neededAfter,
  type NotificationCursor,
  writeNotificationCursor,
} from './notification-cursor.ts'
import type { NotificationFilter } from './notification-filter.ts'
import { type Outputs, readStretch, readStretchAgain, type Stretch } from './output-lines.ts'
import { type PageSettings, PageWork } from './page-work.ts'
import type { KnownSegments } from './segment-reports.ts'
import { StretchContent } from './stretch-content.ts'

export type NotificationPage = {
  notifications: Notification[]
  /** Where the next page begins. */
  cursor: NotificationCursor
  /** There may be more already. */
  hasMore: boolean
  /** How far the log was applied when the page was made. */
  head: Position
}

export type PageRequest = { limit: number; filter?: NotificationFilter }

export type NotificationStore = Pick<StoreReader, 'load' | 'scan' | 'readOutputs' | 'checkpoints'>

export type PageLimits = {
  /** Of what a page tells, as it was published: one entity may have many events. */
  characters: number
  /** Of events and of changes each, compressed: some 5,000 events, so that a page costs milliseconds and a few MB of memory. */
  readBytes: number
  /** Users of changed accounts that one page looks at, most of which may belong elsewhere by now. */
  candidates: number
}

const PAGE_LIMITS: PageLimits = { characters: 4_000_000, readBytes: 100_000, candidates: 2_000 }

export class NotificationReader {
  readonly #store: NotificationStore
  readonly #settings: PageSettings
  readonly #limits: PageLimits
  readonly #outputs: Outputs
  readonly #known: KnownSegments = new Map()

  constructor(
    store: NotificationStore,
    { identity, traits }: Pick<Catalog, 'identity' | 'traits'>,
    limits: Partial<PageLimits> = {},
  ) {
    this.#store = store
    this.#outputs = { store, decoded: new DecodedOutputs() }
    this.#limits = { ...PAGE_LIMITS, ...limits }
    this.#settings = {
      identity: compileIdentity(identity),
      rules: { user: new TraitRules(traits.user), account: new TraitRules(traits.account) },
    }
  }

  /** `now`: what comes from now on. `start`: all that is kept. */
  async begin(where: 'now' | 'start'): Promise<NotificationCursor> {
    return { at: { position: where === 'now' ? await this.#head() : await keptSince(this.#store) } }
  }

  /**
   * At most `limit` notifications; none does not mean that there is nothing more. Repeatable: the same cursor again tells the same
   * changes, and perhaps more. Rejects with `cursor_expired`, and as the store does.
   */
  async read(cursor: NotificationCursor, { limit, filter = {} }: PageRequest): Promise<NotificationPage> {
    const head = await this.#head()
    const from = cursor.fanOut?.from ?? cursor.at
    const stretch = await this.#readStretch(cursor, head, limit)
    await this.#requireKept(cursor)
    const content = new StretchContent(stretch.lines)
    const span = `${writeNotificationCursor({ at: from })} ${writeNotificationCursor({ at: stretch.end })}`
    const work = new PageWork({ store: this.#store, settings: this.#settings, content, known: this.#known, filter, span })
    const direct = cursor.fanOut ? [] : await work.direct()
    const begin = cursor.fanOut ?? { from, account: '', after: '' }
    const { told, next } = await fanOut(work, begin, { room: limit - direct.length, candidates: this.#limits.candidates })
    return {
      notifications: [...direct, ...told],
      cursor: { at: stretch.end, ...(next && { fanOut: next }) },
      hasMore: next !== undefined || lastWholePosition(stretch.end) < head,
      head,
    }
  }

  async #head(): Promise<Position> {
    return (await this.#store.checkpoints()).get(EVENTS) ?? 0
  }

  async #readStretch({ at, fanOut }: NotificationCursor, head: Position, limit: number): Promise<Stretch> {
    if (fanOut) return await readStretchAgain(this.#outputs, fanOut.from, at)
    // A machine's crash may have undone what was told: it comes again, the same.
    if (head <= lastWholePosition(at)) return { lines: [], end: at }
    return await readStretch(this.#outputs, at, { head, limits: { ...this.#limits, keys: limit } })
  }

  /** After the outputs were read: pruning tells what it took in the same commit. */
  async #requireKept(cursor: NotificationCursor): Promise<void> {
    const since = await keptSince(this.#store)
    if (neededAfter(cursor) >= since) return
    throw new MillraceError(
      'cursor_expired',
      `The cursor stands at position ${neededAfter(cursor)} of the log; notifications are kept from position ${since} on.`,
      {
        hint: 'Go on with the cursor "start" (all that is kept) or "now", and read the users and accounts that you mirror anew.',
      },
    )
  }
}

type Room = { room: number; candidates: number }

/** Users of changed accounts, until the page is full or has looked at enough. */
async function fanOut(
  work: PageWork,
  { from, account, after }: FanOut,
  { room, candidates: candidatesMax }: Room,
): Promise<{ told: Notification[]; next?: FanOut }> {
  const told: Notification[] = []
  let candidates = candidatesMax
  for (const id of work.changedAccounts().filter((id) => id >= account)) {
    for (let key: string | undefined = id === account ? after : ''; key !== undefined;) {
      const limit = Math.min(room - told.length, candidates)
      if (limit <= 0) return { told, next: { from, account: id, after: key } }
      const page = await work.usersOf(id, { after: key, limit })
      told.push(...page.told)
      candidates -= limit
      key = page.next
    }
  }
  return { told }
}
