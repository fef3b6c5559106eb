/**
 * What a webhook remembers in the store, as two cursors: how far it was told, which is small and read by others, and the body that is on
 * its way, which is a copy of what people are known by and is removed when it has arrived. Only the webhook's own delivery writes them;
 * those of a webhook that the catalog no longer has, whoever finds them.
 */
import type { Random } from '../../base/random.ts'
import type { Position } from '../../log/log.ts'
import type { StoreReader } from '../../store/store.ts'
import { neededAfter, type NotificationCursor, readNotificationCursor, writeNotificationCursor } from './notification-cursor.ts'

export type CursorStore = Pick<StoreReader, 'loadCursor' | 'saveCursor'>

/** What happened behind `after` and up to `through` was not told, and will not be. */
export type Gap = { after: Position; through: Position }

export type WebhookState = {
  /** Chosen once, at random: a workspace that starts over must not repeat the keys of its former life. */
  stream: string
  /** Number of the last body that is settled. */
  sequence: number
  /** Everything up to here was received. */
  cursor: NotificationCursor
  /** Nothing that was made before this position is on its way: who was erased up to here is in no body. */
  erasedThrough?: Position
  /** The last order to go on that was obeyed. */
  resumed?: string
  /** Told with the next body, and kept until one is received. */
  missed?: Gap
  /** Numbers of bodies that may have been received, though they will not be sent again; until another one is. */
  replaced?: number[]
}

export type WebhookBody = {
  /** One more than that of the state; any other is settled. */
  sequence: number
  /** Where to go on when it was received. */
  cursor: NotificationCursor
  text: string
  /** How far the log was applied before it was made: of whoever was erased up to here it tells nothing. */
  head: Position
}

type StoredState = Omit<WebhookState, 'cursor'> & { cursor: string }
type StoredBody = Omit<WebhookBody, 'cursor' | 'head'> & { cursor: string; head?: Position }

export class WebhookMemory {
  readonly #store: CursorStore
  readonly #name: string

  constructor(store: CursorStore, name: string) {
    this.#store = store
    this.#name = name
  }

  async loadState(): Promise<WebhookState | undefined> {
    return await loadWebhookState(this.#store, this.#name)
  }

  async saveState({ cursor, ...state }: WebhookState): Promise<void> {
    const stored: StoredState = { ...state, cursor: writeNotificationCursor(cursor) }
    await this.#store.saveCursor(stateName(this.#name), JSON.stringify(stored))
  }

  async loadBody(): Promise<WebhookBody | undefined> {
    const text = await this.#store.loadCursor(bodyName(this.#name))
    if (text === undefined || text === '') return undefined
    const stored = JSON.parse(text) as StoredBody
    return { head: 0, ...stored, cursor: readNotificationCursor(stored.cursor) }
  }

  async saveBody(body: WebhookBody | undefined): Promise<void> {
    const stored = body && ({ ...body, cursor: writeNotificationCursor(body.cursor) } satisfies StoredBody)
    await this.#store.saveCursor(bodyName(this.#name), stored === undefined ? '' : JSON.stringify(stored))
  }
}

export function newStream(random: Random): string {
  return Array.from({ length: 4 }, () => random.nextUint32().toString(16).padStart(8, '0')).join('')
}

/** Outputs behind this position are still to be told to one of these webhooks; undefined when none of them has begun. */
export async function slowestTold(store: CursorStore, names: readonly string[]): Promise<Position | undefined> {
  const states = await Promise.all(names.map((name) => loadWebhookState(store, name)))
  const positions = states.flatMap((state) => (state ? [neededAfter(state.cursor)] : []))
  return positions.length === 0 ? undefined : Math.min(...positions)
}

/** Undefined when it has never begun, and so has no body either. */
export async function loadWebhookState(store: Pick<CursorStore, 'loadCursor'>, name: string): Promise<WebhookState | undefined> {
  const text = await store.loadCursor(stateName(name))
  if (text === undefined) return undefined
  // Only the webhook's own delivery wrote it.
  const stored = JSON.parse(text) as StoredState
  return { ...stored, cursor: readNotificationCursor(stored.cursor) }
}

const PREFIX = 'notifications/'
const BODY_NAME = /^notifications\/([^/]+)\/body$/

function stateName(webhook: string): string {
  return `${PREFIX}${webhook}`
}

/** No webhook's name holds a slash. */
function bodyName(webhook: string): string {
  return `${PREFIX}${webhook}/body`
}

/**
 * Deletes the bodies that were on their way to webhooks which are not among `names`: nobody sends them, and they tell of people. How far
 * such a webhook was told stays, so that it goes on there when it comes back. May be repeated.
 */
export async function dropRemovedBodies(
  store: CursorStore & Pick<StoreReader, 'cursorNames'>,
  names: readonly string[],
): Promise<void> {
  for (const cursor of await store.cursorNames(PREFIX)) {
    const [, name] = BODY_NAME.exec(cursor) ?? []
    if (name === undefined || names.includes(name)) continue
    const memory = new WebhookMemory(store, name)
    const [state, body] = [await memory.loadState(), await memory.loadBody()]
    if (body === undefined) continue
    // Its key is never given to another body.
    if (state && body.sequence > state.sequence) await memory.saveState(withReplaced(state, body.sequence))
    await memory.saveBody(undefined)
  }
}

/** So many are named at most: a receiver that is away for long may have seen the latest of them only. */
const REPLACED_MAX = 100

/** The body of this number is settled without an answer: another one tells it again. */
export function withReplaced(state: WebhookState, sequence: number): WebhookState {
  return { ...state, sequence, replaced: [...(state.replaced ?? []), sequence].slice(-REPLACED_MAX) }
}
