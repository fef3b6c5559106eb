/**
 * Pushes the documents of collections to an endpoint that keeps nothing for us, such as a webhook: combined per key and
 * transaction, in order of their first arrival, at least once, and the same body always under the same idempotency key.
 * While a body is on its way, what arrives waits in the stream and is combined into the next: a slow receiver gets fewer bodies.
 */
import type { Clock } from '../../base/clock.ts'
import { MillraceError } from '../../base/errors.ts'
import type { Random } from '../../base/random.ts'
import type { PushEndpoint } from '../../endpoint/endpoint.ts'
import type { DocumentStream } from '../document-stream.ts'
import type { DocumentRules } from './document-rules.ts'
import type { MaterializationStatus } from './materialization-status.ts'
import { PushBinding, type PushLimits } from './push-binding.ts'
import { loadPushCursor, type CursorStore } from './push-cursor.ts'

export type MaterializePushOptions = {
  /** Of the materialization; cursors are kept under it. */
  name: string
  bindings: readonly (DocumentRules & { table: string; stream: DocumentStream })[]
  endpoint: PushEndpoint
  store: CursorStore
  clock: Clock
  random: Random
  /** Resolves when there may be more to read, or when the signal aborts. */
  waitForMore: (signal: AbortSignal) => Promise<void>
  /** Called at the start, after each advance, and when the endpoint refuses a body. */
  report: (status: MaterializationStatus) => void
  limits?: Partial<PushLimits>
}

const LIMITS: PushLimits = {
  /** Of one body: what a receiver can be expected to take at once. */
  documents: 5_000,
  bytes: 4_000_000,
  /** Combined at once, and so held in memory. */
  combinedBytes: 32_000_000,
  /** Compressed. */
  readBytes: 1_000_000,
}

/** At once, as most failures are of the moment; then as seldom as a receiver that is down for hours calls for. */
const PAUSES_MS = [0, 100, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000, 10_000]

/** Runs until `signal` aborts, or with `untilIdle` until everything that can be read was received. */
export async function materializePush(
  options: MaterializePushOptions,
  signal: AbortSignal,
  { untilIdle = false } = {},
): Promise<void> {
  const task = new PushTask(options)
  await task.open()
  while (!signal.aborted) {
    const hasPushed = await task.pushNext(signal)
    if (hasPushed || signal.aborted) continue
    if (untilIdle) return
    await options.waitForMore(signal)
  }
}

class PushTask {
  readonly #options: MaterializePushOptions
  #bindings: PushBinding[] = []
  #reported = ''
  #documentCount = 0

  constructor(options: MaterializePushOptions) {
    this.#options = options
  }

  async open(): Promise<void> {
    const { name, bindings, store, random, limits } = this.#options
    for (const binding of bindings) {
      const cursorName = `push/${name}/${binding.table}`
      const cursor = await loadPushCursor(store, cursorName, random)
      const { stream } = binding
      this.#bindings.push(
        new PushBinding({ rules: binding, stream, store, cursorName, cursor, limits: { ...LIMITS, ...limits } }),
      )
    }
    this.#report()
  }

  /** One body of each binding that has one; false when none has. */
  async pushNext(signal: AbortSignal): Promise<boolean> {
    let hasPushed = false
    for (const [i, binding] of this.#bindings.entries()) {
      const body = await binding.prepare()
      if (body === undefined) continue
      const table = this.#options.bindings[i]?.table ?? ''
      const isReceived = await this.#pushUntilReceived({ binding: table, ...body, signal })
      if (!isReceived) return false
      await binding.received()
      this.#documentCount += body.documents.length
      hasPushed = true
      this.#report()
    }
    this.#report()
    return hasPushed
  }

  /** False when `signal` aborted first. */
  async #pushUntilReceived(message: Parameters<PushEndpoint['push']>[0]): Promise<boolean> {
    const { endpoint, clock } = this.#options
    for (let attempts = 0; !message.signal.aborted; attempts++) {
      try {
        await endpoint.push(message)
        return true
      } catch (error) {
        if (message.signal.aborted) return false
        if (!(error instanceof MillraceError && error.retryable)) throw error
        this.#report({ attempts: attempts + 1, message: error.message })
      }
      await clock.sleep(PAUSES_MS[Math.min(attempts, PAUSES_MS.length - 1)] ?? 0, message.signal)
    }
    return false
  }

  /** Says nothing when nothing has changed. */
  #report(retrying?: MaterializationStatus['retrying']): void {
    const status: MaterializationStatus = {
      bindings: this.#options.bindings.map(({ table, collection }, i) => ({
        table,
        source: collection,
        position: this.#bindings[i]?.position ?? 0,
      })),
      documentCount: this.#documentCount,
      ...(retrying === undefined ? {} : { retrying }),
    }
    const text = JSON.stringify(status)
    if (text === this.#reported) return
    this.#reported = text
    this.#options.report(status)
  }
}
