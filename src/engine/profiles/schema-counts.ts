/** Counting for the schema: how often, since when and until when, and from where. */
import type { Millis } from '../../model/profile/entity.ts'
import { type BySource, type Sightings, SOURCES_MAX } from './schema-documents.ts'

/** When something was first and last seen. What is never seen is never written. */
export class SeenTimes {
  #first: Millis
  #last: Millis

  constructor({ firstSeenAt, lastSeenAt }: Partial<Sightings> = {}) {
    this.#first = firstSeenAt ?? Number.POSITIVE_INFINITY
    this.#last = lastSeenAt ?? Number.NEGATIVE_INFINITY
  }

  /** Receipts may come in any order: a clock that is set back does not matter. */
  see(at: Millis): void {
    if (at < this.#first) this.#first = at
    if (at > this.#last) this.#last = at
  }

  document(): Pick<Sightings, 'firstSeenAt' | 'lastSeenAt'> {
    return { firstSeenAt: this.#first, lastSeenAt: this.#last }
  }
}

export class SourceCounts {
  readonly #counts: Map<string, number>
  #others: number

  constructor({ sources, otherSources }: Partial<BySource> = {}) {
    this.#counts = new Map(Object.entries(sources ?? {}))
    this.#others = otherSources ?? 0
  }

  count(source: string): void {
    const known = this.#counts.get(source)
    if (known !== undefined) this.#counts.set(source, known + 1)
    else if (this.#counts.size < SOURCES_MAX) this.#counts.set(source, 1)
    else this.#others++
  }

  document(): BySource {
    return { sources: Object.fromEntries(this.#counts), ...(this.#others > 0 && { otherSources: this.#others }) }
  }
}
