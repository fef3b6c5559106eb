/** Appends that share one transaction, in a form that crosses threads as one block of memory. */
import type { AppendReceipt, AppendRequest } from '../log.ts'

export type AppendGroup = {
  /** When the group was closed, milliseconds since the epoch. */
  now: number
  /** All payloads, one after the other. */
  payloads: Uint8Array<ArrayBuffer>
  /** Per append, the size of its payload and its idempotency key. */
  sizes: number[]
  keys: (string | undefined)[]
}

export type AppendOutcome = AppendReceipt | { isKeyReused: true }

/** Copies the payloads: they stay the callers', who may append them again after a failure. */
export function packGroup(requests: readonly AppendRequest[], now: number): AppendGroup {
  const sizes = requests.map(({ payload }) => payload.byteLength)
  const payloads = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0))
  let start = 0
  for (const { payload } of requests) {
    payloads.set(payload, start)
    start += payload.byteLength
  }
  return { now, payloads, sizes, keys: requests.map(({ idempotencyKey }) => idempotencyKey) }
}
