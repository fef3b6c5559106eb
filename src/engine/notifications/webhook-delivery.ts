/**
 * Delivers notifications to one webhook: in order, at least once, and the same body always under the same key; so exactly once to a
 * receiver that answers 2xx to a key that it knows. While a body is on its way, what comes is coalesced into the next: a slow receiver
 * gets fewer, larger notifications.
 *
 *   state    | something to tell           | 2xx                | 408, 429, 5xx, no answer | any other answer    | somebody was erased
 *   idle     | body remembered → sending   | –                  | –                        | –                   | –
 *   sending  | –                           | remembered → idle  | again, later             | forgotten → stopped | forgotten → idle
 *   stopped  | –                           | –                  | –                        | –                   | –
 *
 * What it is to be told next may be no longer kept: then it stops as well, since only people can know what a gap means to the receiver.
 * A stopped webhook goes on, with a body of its own, when it is told to (`webhook-orders.ts`), or Millrace is started again.
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
import { neededAfter } from './notification-cursor.ts'
import type { NotificationFilter } from './notification-filter.ts'
import type { NotificationReader } from './notification-reader.ts'
import { notificationsIn, subjectsOf } from './webhook-body.ts'
import { findResumeOrder, forgettingOrdered } from './webhook-orders.ts'
import { postWebhook, type WebhookTarget } from './webhook-request.ts'
import { type Gap, newStream, type WebhookBody, WebhookMemory, type WebhookState, withReplaced } from './webhook-state.ts'

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
  /** Of a stopped one: what it needs. */
  stopped?: { code: 'webhook_refused' | 'cursor_expired'; hint: string }
  /** What it was not told when it was made to go on, until a body that says so is received. */
  missed?: Gap
  /** Nothing that was made before this position is on its way; once somebody was erased. */
  erasedThrough?: Position
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
const STOPPED_HINTS = {
  webhook_refused: (name: string) =>
    `Mend what is wrong, then let it go on where it stands: millrace notifications resume ${name}`,
  cursor_expired: (name: string) =>
    `Let it go on, and the receiver read anew what it mirrors: millrace notifications resume ${name} --from start (all that is kept) or --from now`,
} as const

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
  /** Of bodies in a row that did not arrive. */
  #attempts = 0
  #notBefore: number | undefined
  #status: WebhookStatus = { state: 'running', position: 0, lag: 0, notifications: 0 }

  constructor(options: WebhookOptions) {
    this.#options = options
    this.#memory = new WebhookMemory(options.store, options.name)
  }

  get position(): Position {
    return neededAfter(this.#state.cursor)
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
    await this.#obeyResuming()
    this.#report({})
  }

  /** One attempt to tell a body, one pause, or nothing to do. */
  async next(signal: AbortSignal): Promise<'told' | 'idle' | 'stopped'> {
    await this.#obeyForgetting()
    if (this.#status.state === 'stopped' && !(await this.#obeyResuming())) {
      await this.#lookAhead()
      this.#report({})
      return 'stopped'
    }
    if (this.#notBefore !== undefined) {
      await this.#pause(this.#notBefore, signal)
      return 'told'
    }
    try {
      this.#body ??= await this.#prepare(signal)
    } catch (error) {
      if (!(error instanceof MillraceError && error.code === 'cursor_expired')) throw error
      return this.#stop('cursor_expired', this.#error(error.message, 0))
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

  #stop(code: 'webhook_refused' | 'cursor_expired', lastError: NonNullable<WebhookStatus['lastError']>): 'stopped' {
    this.#report({ state: 'stopped', lastError, stopped: { code, hint: STOPPED_HINTS[code](this.#options.name) } })
    return 'stopped'
  }

  /** True when it was told to go on. */
  async #obeyResuming(): Promise<boolean> {
    const { store, name, reader } = this.#options
    const order = await findResumeOrder(store, name)
    if (order === undefined || order.id === this.#state.resumed) return false
    const { id, from } = order
    const cursor = from === undefined ? this.#state.cursor : await reader.begin(from)
    const gap = { after: this.#state.missed?.after ?? this.position, through: neededAfter(cursor) }
    const isMissing = gap.through > this.position
    // What it would have told is told from elsewhere.
    if (this.#body && from !== undefined) await this.#drop(this.#body, { mayHaveArrived: true })
    await this.#settle({ ...this.#state, cursor, resumed: id, ...(isMissing && { missed: gap }) })
    const { stopped: _, ...status } = this.#status
    this.#status = { ...status, state: 'running' }
    this.#attempts = 0
    return true
  }

  /** What was made before somebody was erased is made anew; then it says that nothing of the kind is left. */
  async #obeyForgetting(): Promise<void> {
    const through = await forgettingOrdered(this.#options.store)
    if (through <= (this.#state.erasedThrough ?? 0)) return
    if (this.#body && this.#body.head < through) await this.#drop(this.#body, { mayHaveArrived: true })
    if (this.#hasOldBody) await this.#forgetBody()
    await this.#settle({ ...this.#state, erasedThrough: through })
    this.#report({})
  }

  /** Remembers the next body before anything of it is sent; undefined when there is nothing to tell. */
  async #prepare(signal: AbortSignal): Promise<WebhookBody | undefined> {
    const { reader, batch: limit, filter, clock } = this.#options
    while (!signal.aborted) {
      const { notifications, cursor, hasMore, head } = await reader.read(this.#state.cursor, { limit, filter })
      this.#head = head
      if (notifications.length > 0) {
        const body = { sequence: this.#state.sequence + 1, cursor, text: this.#textOf(notifications), head }
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

  /** `replaces`: keys of bodies that may have arrived, and are told again by this one without who was erased meanwhile. */
  #textOf(notifications: readonly Notification[]): string {
    const { sequence, replaced, missed } = this.#state
    return JSON.stringify({
      notification_id: this.#key(sequence + 1),
      ...(replaced && { replaces: replaced.map((number) => this.#key(number)) }),
      ...(missed && { missed }),
      notifications,
    })
  }

  /** One attempt. */
  async #send(body: WebhookBody, signal: AbortSignal): Promise<'told' | 'idle' | 'stopped'> {
    const { target, clock, fetch, timeoutMs } = this.#options
    if (await this.#holdsErased(body)) {
      await this.#drop(body, { mayHaveArrived: true })
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
    const lastError = this.#error(answer.message, ++this.#attempts)
    if (answer.kind === 'refused') {
      await this.#drop(body, { mayHaveArrived: false })
      return this.#stop('webhook_refused', lastError)
    }
    const pauseMs = PAUSES_MS[Math.min(this.#attempts, PAUSES_MS.length) - 1] ?? 0
    this.#notBefore = clock.now() + Math.max(pauseMs, answer.afterMs ?? 0)
    this.#report({ state: 'retrying', lastError })
    return 'told'
  }

  /** Leaves the receiver alone until it is time for another attempt; ends earlier, to go on later, when somebody was erased. */
  async #pause(until: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const over = new AbortController()
    const waiting = AbortSignal.any([signal, over.signal])
    const isOver = clock.sleep(Math.max(0, until - clock.now()), waiting).then(() => !waiting.aborted)
    const ended = Promise.race([isOver, this.#untilForgetting(waiting)]).finally(() => over.abort())
    if (await ended) this.#notBefore = undefined
  }

  /** Resolves with false then. */
  async #untilForgetting(signal: AbortSignal): Promise<boolean> {
    const { store, waitForMore } = this.#options
    while (!signal.aborted) {
      await waitForMore(this.#head + 1, signal)
      if (signal.aborted || (await forgettingOrdered(store)) > (this.#state.erasedThrough ?? 0)) break
      await this.#lookAhead()
      this.#report({})
    }
    return false
  }

  async #lookAhead(): Promise<void> {
    this.#head = (await this.#options.reader.begin('now')).at.position
  }

  async #received({ sequence, cursor, text }: WebhookBody): Promise<void> {
    durabilityPoint('body-received')
    const { missed: _missed, replaced: _replaced, ...state } = this.#state
    await this.#settle({ ...state, sequence, cursor })
    this.#body = undefined
    this.#attempts = 0
    this.#hasOldBody = true
    const { lastError: _, ...status } = this.#status
    this.#status = { ...status, state: 'running', notifications: status.notifications + notificationsIn(text).length }
    this.#report({})
  }

  /** What it would have told is told by another body, under another key. `mayHaveArrived`: the receiver has not said no. */
  async #drop({ sequence }: WebhookBody, { mayHaveArrived }: { mayHaveArrived: boolean }): Promise<void> {
    await this.#settle(mayHaveArrived ? withReplaced(this.#state, sequence) : { ...this.#state, sequence })
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
    const { missed, erasedThrough } = this.#state
    const { missed: _, ...before } = this.#status
    const told = {
      position,
      lag: Math.max(0, this.#head - position),
      ...(erasedThrough !== undefined && { erasedThrough }),
      ...(missed && { missed }),
    }
    const status = { ...before, ...told, ...news }
    const text = JSON.stringify(status)
    this.#status = status
    if (text === this.#reported) return
    this.#reported = text
    this.#options.report(status)
  }
}
