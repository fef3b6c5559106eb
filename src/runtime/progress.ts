/**
 * How far the parts of the engine have come, in documents and in time: counts what was accepted by position, so that a position
 * alone tells how many documents are applied, and how long the oldest one that is not has been waiting.
 */
import type { Position } from '../log/log.ts'

type Append = { position: Position; documents: number; at: number }

export class Progress {
  /** Documents accepted and documents behind `reached`, since the process started. */
  accepted = 0
  done = 0
  #reached: Position = -1
  #pending: Append[] = []
  #first = 0

  accept(position: Position, documents: number, at: number): void {
    this.accepted += documents
    // It may have been applied before its own append was answered.
    if (position <= this.#reached) this.done += documents
    else this.#pending.push({ position, documents, at })
  }

  /** Everything up to `position` is done. */
  reach(position: Position): void {
    this.#reached = Math.max(this.#reached, position)
    for (; this.#first < this.#pending.length; this.#first++) {
      const append = this.#pending[this.#first] as Append
      if (append.position > position) break
      this.done += append.documents
    }
    if (this.#first * 2 > this.#pending.length) {
      this.#pending = this.#pending.slice(this.#first)
      this.#first = 0
    }
  }

  /** Milliseconds for which the oldest document that is not done has waited; 0 when all is done. */
  lagMs(now: number): number {
    const oldest = this.#pending[this.#first]
    return oldest === undefined ? 0 : Math.max(0, now - oldest.at)
  }
}
