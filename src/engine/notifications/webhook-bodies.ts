/** What is on its way to webhooks, as an erasure sees it: bodies that deliveries hold, in memory and in the store. */
import type { Position } from '../../log/log.ts'
import type { StoreReader } from '../../store/store.ts'
import type { BodiesEraser } from '../erasure/erasure.ts'
import { orderForgetting } from './webhook-orders.ts'
import { dropRemovedBodies, loadWebhookState } from './webhook-state.ts'

export type WebhookBodiesParts = {
  store: Pick<StoreReader, 'loadCursor' | 'saveCursor' | 'cursorNames'>
  /** Those of the catalog. */
  webhooks: readonly string[]
  /** Has their deliveries look for orders. */
  wake: () => void
}

export class WebhookBodies implements BodiesEraser {
  readonly #parts: WebhookBodiesParts

  constructor(parts: WebhookBodiesParts) {
    this.#parts = parts
  }

  /**
   * Only a delivery knows what it holds, so each must have said that it holds nothing of the kind. One that was never told anything has
   * nothing, and will make nothing of a state that was committed before.
   */
  async forget(through: Position): Promise<boolean> {
    const { store, webhooks, wake } = this.#parts
    await dropRemovedBodies(store, webhooks)
    if (webhooks.length === 0) return true
    await orderForgetting(store, through)
    const states = await Promise.all(webhooks.map((name) => loadWebhookState(store, name)))
    if (states.every((state) => state === undefined || (state.erasedThrough ?? 0) >= through)) return true
    wake()
    return false
  }
}
