import type { Section } from '../../model/document-batch.ts'
import type { Transaction } from '../../store/store.ts'
import type { Chunk } from './chunk.ts'

/** What a runner adds to a transaction beside what it publishes. */
export type Changes = Pick<Transaction, 'documents' | 'prunedOutputs' | 'replacedOutputs'> & {
  /** What the open transaction has published, without what must be forgotten; undefined when that is all of it. */
  redact?: (payload: Uint8Array) => Uint8Array | undefined
}

/** `dueAt`: when something is due though nothing comes, in milliseconds, infinite when nothing is; an input is wanted then. */
export type Wants = { dueAt: number; isFilling: boolean; hasSegments: boolean }

export type RunContext = {
  /** Resolves when the transaction before is committed. */
  committed: () => Promise<void>
}

/**
 * A member of a lane at work: a derivation, or the profiles. What it does with an input depends on the inputs before and on
 * nothing else, so that a replay gives the same results at the same places, however transactions are cut.
 */
export interface Runner {
  /** Once, before everything else: from then on `wants` is known, though no input may come. Absent where there is nothing to open. */
  open?(): Promise<void>
  /** Works off a chunk; returns what it publishes, a section for each collection. A `DerivationStop` holds it before an entry. */
  run(chunk: Chunk, context: RunContext): Promise<Section[]>
  /** Characters that the open transaction holds so far: memory, which bounds it. */
  readonly changedCharacters: number
  /** What it waits for; absent for those that never wait. */
  readonly wants?: Wants
  /** Closes the transaction; the next call of `run` belongs to the next one, while this one is being committed. */
  close(): Changes
}
