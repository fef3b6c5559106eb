/**
 * What is kept of the outputs for readers of notifications, and what may go. Outputs go when all of this holds:
 *
 *   the lake has filed the events                        | always
 *   older than the window                                | unless the outputs together are larger than the limit
 *   told by the slowest webhook                          | unless the outputs together are larger than the limit
 *
 * Time is that of the log: when nothing comes, nothing goes. How far outputs are gone is a document of the same commit, so a reader that
 * looks at the document after it has read outputs knows whether it has missed any.
 */
import type { Position } from '../../log/log.ts'
import type { Millis } from '../../model/profile/entity.ts'
import { CHANGES, EVENTS } from '../../model/system-collections.ts'
import type { DocumentChange, PrunedOutputs, StoreReader } from '../../store/store.ts'

const KEPT_SPACE = 'notification'
const KEPT_KEY = 'kept'
const HOUR_MS = 3_600_000

/** Before compression; on disk a sixth of it or so. */
const KEPT_CHARACTERS_MAX = 6_000_000_000
/** Outputs go in stretches of this part of the window or of the size: the document stays small and is seldom written. */
const STRETCHES = 64

export type KeptLimits = { hours: number; characters?: number }

/** Outputs up to `through` from where the stretch before ended; `until`: when the last was appended. */
type Kept = { through: Position; until: Millis; characters: number }
type KeptDocument = { since: Position; stretches: Kept[] }

export type Progress = {
  /** The lake has filed the events up to here. */
  filed: Position
  /** What the slowest webhook was told; undefined when there is none. A stopped one counts. */
  told: Position | undefined
}

/** Outputs up to this position may be gone. */
export async function keptSince(store: Pick<StoreReader, 'load'>): Promise<Position> {
  return (await loadKept(store)).since
}

async function loadKept(store: Pick<StoreReader, 'load'>): Promise<KeptDocument> {
  const [text] = await store.load(KEPT_SPACE, [KEPT_KEY])
  return text === undefined ? { since: 0, stretches: [] } : (JSON.parse(text) as KeptDocument)
}

/** For whoever publishes the outputs, in its transactions. After a crash open it anew, together with what is committed. */
export class KeptOutputs {
  readonly #windowMs: number
  readonly #charactersMax: number
  readonly #stretches: Kept[]
  #since: Position
  /** Not yet in the document; lost with a crash, and then part of the next one. */
  #open: (Kept & { from: Millis }) | undefined

  private constructor({ since, stretches }: KeptDocument, { hours, characters = KEPT_CHARACTERS_MAX }: KeptLimits) {
    this.#windowMs = hours * HOUR_MS
    this.#charactersMax = characters
    this.#since = since
    this.#stretches = stretches
  }

  static async open(store: Pick<StoreReader, 'load'>, limits: KeptLimits): Promise<KeptOutputs> {
    return new KeptOutputs(await loadKept(store), limits)
  }

  /** Outputs of inputs up to `through`, the last of which was appended then. In the order of the log. */
  add(through: Position, appendedAt: Millis, characters: number): void {
    const { from = appendedAt, characters: before = 0 } = this.#open ?? {}
    this.#open = { through, from, until: appendedAt, characters: before + characters }
  }

  /** Closes the transaction: what goes with it, and the document that says so. */
  close(progress: Progress): { documents: DocumentChange[]; prunedOutputs: PrunedOutputs[] } {
    const isSealed = this.#seal()
    const through = this.#pruneThrough(progress)
    const isPruned = through > this.#since
    if (isPruned) {
      this.#since = through
      while ((this.#stretches[0]?.through ?? Number.POSITIVE_INFINITY) <= through) this.#stretches.shift()
    }
    const value = JSON.stringify({ since: this.#since, stretches: this.#stretches } satisfies KeptDocument)
    return {
      documents: isSealed || isPruned ? [{ space: KEPT_SPACE, key: KEPT_KEY, value }] : [],
      // Named in each commit, since one commit prunes a part only where there is much.
      prunedOutputs: this.#since === 0 ? [] : [EVENTS, CHANGES].map((collection) => ({ collection, through: this.#since })),
    }
  }

  #seal(): boolean {
    const { from, ...stretch } = this.#open ?? {}
    if (!isStretch(stretch) || from === undefined) return false
    const isLarge = stretch.characters >= this.#charactersMax / STRETCHES
    if (!isLarge && stretch.until - from < this.#windowMs / STRETCHES) return false
    this.#stretches.push(stretch)
    this.#open = undefined
    return true
  }

  /** At most up to the end of a stretch that may go. */
  #pruneThrough({ filed, told = Number.POSITIVE_INFINITY }: Progress): Position {
    const all = [...this.#stretches, ...(this.#open ? [this.#open] : [])]
    const now = all.at(-1)?.until ?? 0
    let characters = all.reduce((sum, stretch) => sum + stretch.characters, 0)
    let through = this.#since
    for (const stretch of this.#stretches) {
      const isOver = stretch.until <= now - this.#windowMs && stretch.through <= told
      if (!isOver && characters <= this.#charactersMax) break
      characters -= stretch.characters
      through = stretch.through
    }
    return Math.max(this.#since, Math.min(through, filed))
  }
}

function isStretch(stretch: Partial<Kept>): stretch is Kept {
  return stretch.through !== undefined
}
