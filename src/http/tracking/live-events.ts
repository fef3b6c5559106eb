/**
 * What comes in, as it comes in, for people who watch: accepted events and refusals with their reasons. Watching costs nothing
 * when nobody does, and a slow watcher misses events rather than holding up anybody.
 */
import type { ServerResponse } from 'node:http'
import type { Clock } from '../../base/clock.ts'
import { MillraceError } from '../../base/errors.ts'
import type { TrackingObserver } from '../../engine/tracking/tracking.ts'
import type { TrackedEvent } from '../../model/event/event.ts'
import type { QuarantinedItem } from '../../model/event/quarantine.ts'
import { type LiveFilter, wantsEvent, wantsItem, wantsRefusal } from './live-filter.ts'

/** A request, or a part of it, that was not taken and is kept nowhere. */
export type LiveRefusal = { at: string; source?: string; path?: string; code: string; message: string }

/** What a watcher may have waiting: about a thousand events. */
const BUFFER_BYTES_MAX = 1024 * 1024
const WATCHERS_MAX = 100
/** Proxies of the field drop connections that are silent for a minute. */
const HEARTBEAT_MS = 15_000

export class LiveEvents {
  readonly #clock: Clock
  readonly #watchers = new Set<Watcher>()
  readonly #closing = new AbortController()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** For `Tracking`: called when events are on disk. */
  readonly observe: TrackingObserver = ({ events, quarantined }) => {
    if (this.#watchers.size === 0) return
    for (const event of events) this.#tell('accepted', event, (filter) => wantsEvent(filter, event))
    for (const item of quarantined) this.#tell('quarantined', item, (filter) => wantsItem(filter, item))
  }

  refuse(refusal: LiveRefusal): void {
    if (this.#watchers.size === 0) return
    this.#tell('refused', refusal, (filter) => wantsRefusal(filter, refusal))
  }

  /** Throws `server_busy` when there are as many watchers as may be. */
  requireRoom(): void {
    if (this.#watchers.size < WATCHERS_MAX && !this.#closing.signal.aborted) return
    throw new MillraceError('server_busy', 'No more watchers are taken at the moment.', { retryable: true })
  }

  /** Sends what the filter lets through until the client leaves or the hub closes. */
  watch(response: ServerResponse, filter: LiveFilter): void {
    const watcher = new Watcher(response, filter)
    this.#watchers.add(watcher)
    const left = new AbortController()
    response.on('close', () => {
      this.#watchers.delete(watcher)
      left.abort()
    })
    void this.#beat(watcher, AbortSignal.any([left.signal, this.#closing.signal]))
  }

  /** Ends what every watcher sees. */
  close(): void {
    this.#closing.abort()
    for (const watcher of this.#watchers) watcher.end()
  }

  async #beat(watcher: Watcher, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.sleep(HEARTBEAT_MS, signal)
      if (!signal.aborted) watcher.beat()
    }
  }

  #tell(kind: string, what: TrackedEvent | QuarantinedItem | LiveRefusal, isWanted: (filter: LiveFilter) => boolean): void {
    let text: string | undefined
    for (const watcher of this.#watchers) {
      if (!isWanted(watcher.filter) || watcher.isFull()) continue
      text ??= message(kind, what)
      watcher.send(text)
    }
  }
}

/** One connection. */
class Watcher {
  readonly filter: LiveFilter
  readonly #response: ServerResponse
  #dropped = 0
  #hasWaited = false

  constructor(response: ServerResponse, filter: LiveFilter) {
    this.filter = filter
    this.#response = response
    response.on('drain', () => this.#tellDropped())
    response.write(': watching\n\n')
  }

  /** True when the next message must be dropped; it is counted. */
  isFull(): boolean {
    if (this.#response.writableLength <= BUFFER_BYTES_MAX) return false
    this.#dropped++
    return true
  }

  send(text: string): void {
    this.#tellDropped()
    this.#response.write(text)
  }

  /** A client that has taken nothing between two beats is gone. */
  beat(): void {
    const isWaiting = this.#response.writableNeedDrain
    if (isWaiting && this.#hasWaited) return void this.#response.destroy()
    this.#hasWaited = isWaiting
    if (!isWaiting) this.#response.write(': beat\n\n')
  }

  end(): void {
    this.#response.end()
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return
    const count = this.#dropped
    this.#dropped = 0
    this.#response.write(message('dropped', { count }))
  }
}

function message(kind: string, what: object): string {
  return `event: ${kind}\ndata: ${JSON.stringify(what)}\n\n`
}
