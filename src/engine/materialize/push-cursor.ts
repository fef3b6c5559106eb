/** What a push binding remembers in the store: enough to send, after a crash, the very body again that may have been sent before. */
import type { Random } from '../../base/random.ts'
import type { Position } from '../../log/log.ts'
import type { Store } from '../../store/store.ts'

export type PushCursor = {
  /** Chosen once, at random: a workspace that starts over must not repeat the idempotency keys of its former life. */
  stream: string
  /** All documents up to here were received. */
  position: Position
  /** The body that is being sent: documents `from` (included) to `to` (excluded) of those combined from `position` through `through`. */
  prepared?: PreparedBody
}

export type PreparedBody = { through: Position; from: number; to: number }

/** The same for the same body only. */
export function idempotencyKey({ stream, position }: PushCursor, { through, from, to }: PreparedBody): string {
  return `${stream}-${position}-${through}-${from}-${to}`
}

export type CursorStore = Pick<Store, 'loadCursor' | 'saveCursor'>

export async function loadPushCursor(store: CursorStore, name: string, random: Random): Promise<PushCursor> {
  const text = await store.loadCursor(name)
  if (text !== undefined) return JSON.parse(text) as PushCursor
  const words = Array.from({ length: 4 }, () => random.nextUint32().toString(16).padStart(8, '0'))
  return { stream: words.join(''), position: 0 }
}
