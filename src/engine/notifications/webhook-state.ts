/**
 * What a webhook remembers in the store, as two cursors: how far it was told, which is small and read by others, and the body that is on
 * its way, which is a copy of what people are known by and is removed when it has arrived.
 */
import type { Random } from '../../base/random.ts'
import type { Position } from '../../log/log.ts'
import type { StoreReader } from '../../store/store.ts'
import { neededAfter, type NotificationCursor, readNotificationCursor, writeNotificationCursor } from './notification-cursor.ts'

export type CursorStore = Pick<StoreReader, 'loadCursor' | 'saveCursor'>

export type WebhookState = {
  /** Chosen once, at random: a workspace that starts over must not repeat the keys of its former life. */
  stream: string
  /** Number of the last body that is settled. */
  sequence: number
  /** Everything up to here was received. */
  cursor: NotificationCursor
}

export type WebhookBody = {
  /** One more than that of the state; any other is settled. */
  sequence: number
  /** Where to go on when it was received. */
  cursor: NotificationCursor
  text: string
}

type StoredState = Omit<WebhookState, 'cursor'> & { cursor: string }
type StoredBody = Omit<WebhookBody, 'cursor'> & { cursor: string }

export class WebhookMemory {
  readonly #store: CursorStore
  readonly #name: string

  constructor(store: CursorStore, name: string) {
    this.#store = store
    this.#name = name
  }

  async loadState(): Promise<WebhookState | undefined> {
    return await loadState(this.#store, this.#name)
  }

  async saveState({ cursor, ...state }: WebhookState): Promise<void> {
    const stored: StoredState = { ...state, cursor: writeNotificationCursor(cursor) }
    await this.#store.saveCursor(stateName(this.#name), JSON.stringify(stored))
  }

  async loadBody(): Promise<WebhookBody | undefined> {
    const text = await this.#store.loadCursor(bodyName(this.#name))
    if (text === undefined || text === '') return undefined
    const stored = JSON.parse(text) as StoredBody
    return { ...stored, cursor: readNotificationCursor(stored.cursor) }
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
  const states = await Promise.all(names.map((name) => loadState(store, name)))
  const positions = states.flatMap((state) => (state ? [neededAfter(state.cursor)] : []))
  return positions.length === 0 ? undefined : Math.min(...positions)
}

async function loadState(store: CursorStore, name: string): Promise<WebhookState | undefined> {
  const text = await store.loadCursor(stateName(name))
  if (text === undefined) return undefined
  // Only the webhook's own delivery wrote it.
  const stored = JSON.parse(text) as StoredState
  return { ...stored, cursor: readNotificationCursor(stored.cursor) }
}

function stateName(webhook: string): string {
  return `notifications/${webhook}`
}

/** No webhook's name holds a slash. */
function bodyName(webhook: string): string {
  return `notifications/${webhook}/body`
}
