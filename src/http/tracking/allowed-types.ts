/** Keys that may send some types of events only: a key that stands in a page should not be able to merge people. */
import { isObject, type Json } from '../../base/json.ts'
import type { Rejection, TrackingReceipt } from '../../engine/tracking/tracking.ts'
import type { EventType } from '../../model/event/event.ts'
import { typeNamed } from '../../model/event/event-type.ts'
import { quoted } from '../../model/event/item-reading.ts'
import { findMessageId } from '../../model/event/message-id.ts'

export type Sifted = {
  /** What may go on. */
  items: Json[]
  /** The index that each of them had. */
  indexes: number[]
  denied: Rejection[]
}

/**
 * An item goes on only when each type that it could be taken for is allowed: the one that it names, and that of the path. What
 * is no object can become no event, so it goes on, to be set aside.
 */
export function siftTypes(items: readonly Json[], types: readonly EventType[], pathType: string | undefined): Sifted {
  const isAllowed = (text: string) => {
    const type = typeNamed(text)
    return type !== undefined && types.includes(type)
  }
  const sifted: Sifted = { items: [], indexes: [], denied: [] }
  items.forEach((item, index) => {
    const said = isObject(item) ? item['type'] : undefined
    // The path speaks where the body says nothing, be that an empty text.
    const named = typeof said === 'string' && said !== '' ? said : undefined
    const candidates = [named, pathType].filter((type) => type !== undefined)
    if (isObject(item) && (candidates.length === 0 || !candidates.every(isAllowed))) {
      sifted.denied.push(denial(item, index, { type: named ?? pathType, types }))
      return
    }
    sifted.items.push(item)
    sifted.indexes.push(index)
  })
  return sifted
}

function denial(
  { messageId }: { [name: string]: Json },
  index: number,
  { type, types }: { type: string | undefined; types: readonly EventType[] },
): Rejection {
  const subject = type === undefined ? 'events without a type' : quoted(type)
  return {
    index,
    messageId: findMessageId(messageId) ?? null,
    code: 'access_denied',
    message: `The write key may not send ${subject}, only ${types.join(', ')}.`,
  }
}

/** The receipt of all items: what was denied, and what became of the others under their own indexes. */
export function withDenied(receipt: TrackingReceipt, { indexes, denied }: Sifted): TrackingReceipt {
  const others = receipt.rejected.map((rejection) => ({ ...rejection, index: indexes[rejection.index] ?? rejection.index }))
  return { ...receipt, rejected: [...denied, ...others].toSorted((a, b) => a.index - b.index) }
}
