/**
 * Delivers notifications to one webhook: in order, at least once, and the same body always under the same key; so exactly once to a
 * receiver that answers 2xx to a key that it knows. While a body is on its way, what comes is coalesced into the next: a slow receiver
 * gets fewer, larger notifications.
 *
 *   state    | something to tell           | 2xx                | 408, 429, 5xx, no answer | any other answer   | somebody in the body is erased
 *   idle     | body remembered → sending   | –                  | –                        | –                  | –
 *   sending  | –                           | remembered → idle  | again, later             | forgotten → stopped| forgotten → idle
 *   stopped  | –                           | –                  | –                        | –                  | –
 *
 * A stopped webhook begins anew where it stood when Millrace is started again, with a body of its own: nothing is lost unless it waits
 * for longer than notifications are kept.
 */
import type { Clock } from '../../base/clock.ts'
import { durabilityPoint } from '../../base/durability-point.ts'
import { invariant, MillraceError } from '../../base/errors.ts'
import type { Random } from '../../base/random.ts'
import type { Position } from '../../log/log.ts'
import type { NotificationWebhook } from '../../model/catalog.ts'
import { entitySpace } from '../../model/profile/entity.ts'
import type { StoreReader } from '../../store/store.ts'
import type { Notification } from './notification.ts'
import { lastWholePosition } from './notification-cursor.ts'
import type { NotificationFilter } from './notification-filter.ts'
import type { NotificationReader } from './notification-reader.ts'
import { postWebhook, type WebhookTarget } from './webhook-request.ts'
import { newStream, type WebhookBody, WebhookMemory, type WebhookState } from './webhook-state.ts'

export type WebhookOptions = {
  /** Its cursors are kept under it. */
  name: string
  target: WebhookTarget
  filter: NotificationFilter
  /** Of one body. */
  batch: number
  /** Where one begins that was never told anything. */
  begin: 'now' | 'start'
  reader: NotificationReader
  store: Pick<StoreReader, 'load' | 'loadCursor' | 'saveCursor'>
  clock: Clock
  random: Random
  fetch: typeof globalThis.fetch
  /** Resolves when the log is applied up to this position, or may be, or when the signal aborts. */
  waitForMore: (position: Position, signal: AbortSignal) => Promise<void>
  /** Called at the start, and whenever the status has changed. */
  report: (status: WebhookStatus) => void
  timeoutMs?: number
}

export type WebhookStatus = {
  state: 'running' | 'retrying' | 'stopped'
  /** Everything up to this position of the log was received. */
  position: Position
  /** How many entries of the log that are applied come after it. */
  lag: number
  /** Received since the start. */
  notifications: number
  /** Why the present body was not received, after so many attempts; stays until one is. */
  lastError?: { at: string; message: string; attempts: number }
}

/** What the catalog says of a webhook. */
export function webhookSettings({
  name,
  url,
  headers,
  secret,
  channels,
  segments,
  batch,
  begin,
}: NotificationWebhook): Pick<WebhookOptions, 'name' | 'target' | 'filter' | 'batch' | 'begin'> {
  return {
    name,
    target: { url, headers, ...(secret !== undefined && { secret }) },
    filter: { ...(channels && { channels }), ...(segments && { segments }) },
    batch,
    begin,
  }
}

/** Most failures are of the moment; a receiver that is down for hours is asked once a minute. */
const PAUSES_MS = [1_000, 2_000, 5_000, 10_000, 30_000, 60_000]
/** A stretch of which the filter leaves nothing is remembered so often: what it needs must not be kept for ever. */
const REMEMBERED_EVERY_MS = 60_000

/** Runs until `signal` aborts, or with `untilIdle` until everything is told or nothing can be. Rejects as the store does. */
export async function deliverNotifications(
  options: WebhookOptions,
  signal: AbortSignal,
  { untilIdle = false } = {},
): Promise<void> {
  const delivery = new WebhookDelivery(options)
  await delivery.open()
  while (!signal.aborted) {
    const outcome = await delivery.next(signal)
    if (outcome === 'told' || signal.aborted) continue
    if (untilIdle) break
    await options.waitForMore(Math.max(delivery.position, delivery.head) + 1, signal)
  }
  await delivery.remember()
}

class WebhookDelivery {
  readonly #options: WebhookOptions
  readonly #memory: WebhookMemory
  #state: WebhookState = { stream: '', sequence: 0, cursor: { at: { position: 0 } } }
  #body: WebhookBody | undefined
  #hasOldBody = false
  #remembered: WebhookState | undefined
  #rememberedAt = 0
  #head: Position = 0
  #reported = ''
  #status: WebhookStatus = { state: 'running', position: 0, lag: 0, notifications: 0 }

  constructor(options: WebhookOptions) {
    this.#options = options
    this.#memory = new WebhookMemory(options.store, options.name)
  }

  get position(): Position {
    return lastWholePosition(this.#state.cursor.at)
  }

  /** How far the log was applied when it was looked at last. */
  get head(): Position {
    return this.#head
  }

  async open(): Promise<void> {
    const { reader, begin, random } = this.#options
    const known = await this.#memory.loadState()
    this.#state = known ?? { stream: newStream(random), sequence: 0, cursor: await reader.begin(begin) }
    if (known) this.#remembered = known
    else await this.#settle(this.#state)
    const body = await this.#memory.loadBody()
    if (body?.sequence === this.#state.sequence + 1) this.#body = body
    this.#hasOldBody = body !== undefined && this.#body === undefined
    this.#head = this.position
    this.#report({})
  }

  /** Tells one body, or says why not. */
  async next(signal: AbortSignal): Promise<'told' | 'idle' | 'stopped'> {
    if (this.#status.state === 'stopped') {
      this.#head = (await this.#options.reader.begin('now')).at.position
      this.#report({})
      return 'stopped'
    }
    try {
      this.#body ??= await this.#prepare(signal)
    } catch (error) {
      if (!(error instanceof MillraceError && error.code === 'cursor_expired')) throw error
      const hint = 'Give the webhook another name in the catalog: it then begins anew.'
      this.#report({ state: 'stopped', lastError: this.#error(`${error.message} ${hint}`, 0) })
      return 'stopped'
    }
    if (this.#body) return await this.#send(this.#body, signal)
    if (this.#hasOldBody) await this.#forgetBody()
    this.#report({})
    return 'idle'
  }

  /** Where it stands, for the next start. */
  async remember(): Promise<void> {
    if (this.#body === undefined && this.#remembered !== this.#state) await this.#settle(this.#state)
    if (this.#hasOldBody) await this.#forgetBody()
  }

  /** Remembers the next body before anything of it is sent; undefined when there is nothing to tell. */
  async #prepare(signal: AbortSignal): Promise<WebhookBody | undefined> {
    const { reader, batch: limit, filter, clock } = this.#options
    while (!signal.aborted) {
      const { notifications, cursor, hasMore, head } = await reader.read(this.#state.cursor, { limit, filter })
      this.#head = head
      if (notifications.length > 0) {
        const sequence = this.#state.sequence + 1
        const text = JSON.stringify({ notification_id: this.#key(sequence), notifications })
        const body = { sequence, cursor, text }
        await this.#memory.saveBody(body)
        durabilityPoint('body-prepared')
        this.#hasOldBody = false
        return body
      }
      this.#state = { ...this.#state, cursor }
      if (clock.now() - this.#rememberedAt >= REMEMBERED_EVERY_MS) await this.#settle(this.#state)
      if (!hasMore) return undefined
    }
    return undefined
  }

  async #send(body: WebhookBody, signal: AbortSignal): Promise<'told' | 'idle' | 'stopped'> {
    const { target, clock, fetch, timeoutMs } = this.#options
    for (let attempts = 1; !signal.aborted; attempts++) {
      if (await this.#holdsErased(body)) {
        await this.#drop(body)
        return 'told'
      }
      const post = { key: this.#key(body.sequence), body: body.text, at: clock.now(), signal }
      const answer = await postWebhook(target, post, { fetch, timeoutMs }).catch((error: unknown) => {
        if (signal.aborted) return undefined
        throw error
      })
      if (answer === undefined) return 'idle'
      if (answer.kind === 'received') {
        await this.#received(body)
        return 'told'
      }
      const lastError = this.#error(answer.message, attempts)
      if (answer.kind === 'refused') {
        await this.#drop(body)
        this.#report({ state: 'stopped', lastError })
        return 'stopped'
      }
      this.#report({ state: 'retrying', lastError })
      const pause = PAUSES_MS[Math.min(attempts, PAUSES_MS.length) - 1] ?? 0
      await clock.sleep(Math.max(pause, answer.afterMs ?? 0), signal)
    }
    return 'idle'
  }

  async #received({ sequence, cursor, text }: WebhookBody): Promise<void> {
    durabilityPoint('body-received')
    await this.#settle({ ...this.#state, sequence, cursor })
    this.#body = undefined
    this.#hasOldBody = true
    const { lastError: _, ...status } = this.#status
    this.#status = { ...status, state: 'running', notifications: status.notifications + notificationsIn(text).length }
    this.#report({})
  }

  /** What it would have told is told by another body, under another key. */
  async #drop({ sequence }: WebhookBody): Promise<void> {
    await this.#settle({ ...this.#state, sequence })
    this.#body = undefined
    await this.#forgetBody()
  }

  /** Whoever is erased while a receiver is away is not sent to it afterwards. */
  async #holdsErased({ text }: WebhookBody): Promise<boolean> {
    const { store } = this.#options
    const subjects = notificationsIn(text).map(subjectsOf)
    for (const kind of ['user', 'account'] as const) {
      const ids = [...new Set(subjects.flatMap((one) => one[kind]))]
      if ((await store.load(entitySpace(kind), ids)).includes(undefined)) return true
    }
    return false
  }

  async #settle(state: WebhookState): Promise<void> {
    await this.#memory.saveState(state)
    this.#state = state
    this.#remembered = state
    this.#rememberedAt = this.#options.clock.now()
  }

  async #forgetBody(): Promise<void> {
    await this.#memory.saveBody(undefined)
    this.#hasOldBody = false
  }

  #key(sequence: number): string {
    const { stream } = this.#state
    invariant(stream !== '', 'a webhook is opened before it sends')
    return `${stream}-${sequence}`
  }

  #error(message: string, attempts: number): NonNullable<WebhookStatus['lastError']> {
    return { at: new Date(this.#options.clock.now()).toISOString(), message, attempts }
  }

  #report(news: Partial<WebhookStatus>): void {
    const { position } = this
    const status = { ...this.#status, position, lag: Math.max(0, this.#head - position), ...news }
    const text = JSON.stringify(status)
    this.#status = status
    if (text === this.#reported) return
    this.#reported = text
    this.#options.report(status)
  }
}

function notificationsIn(text: string): Notification[] {
  return (JSON.parse(text) as { notifications: Notification[] }).notifications
}

/** Whom the reports of a notification are about. */
function subjectsOf(notification: Notification): Record<'user' | 'account', string[]> {
  switch (notification.channel) {
    case 'user:update':
      return { user: [notification.user.id], account: notification.account ? [notification.account.id] : [] }
    case 'account:update':
      return { user: [], account: [notification.account.id] }
    case 'user:delete':
    case 'account:delete':
    case 'users_segment:update':
    case 'users_segment:delete':
    case 'accounts_segment:update':
    case 'accounts_segment:delete':
      return { user: [], account: [] }
  }
}
