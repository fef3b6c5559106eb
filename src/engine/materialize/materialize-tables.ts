/**
 * Keeps tables of a SQL endpoint up to date with their collections: follows each stream by its position, combines documents per
 * key, reduces them onto the stored rows, and commits rows and positions in one transaction of the target (exactly once).
 * The transaction is adaptive: it takes what is ready, so it is short when idle, and grows with what arrives during the one before.
 *
 *   idle → gathering (while more is ready and limits allow) → writing → committed → gathering …
 *
 * Any failure ends the run and drops the open transaction; the next run goes on from the positions that the target holds.
 */
import type { TableEndpoint, TableSpec } from '../../endpoint/endpoint.ts'
import type { Position } from '../../log/log.ts'
import type { DocumentStream } from '../document-stream.ts'
import { CombinedDocuments } from './combined-documents.ts'
import type { DocumentRules } from './document-rules.ts'
import type { MaterializationStatus } from './materialization-status.ts'
import { TableRows } from './table-rows.ts'

export type TableBinding = DocumentRules & { spec: TableSpec; stream: DocumentStream }

export type MaterializeTablesOptions = {
  bindings: readonly TableBinding[]
  /** Not open yet; who made it closes it. */
  endpoint: TableEndpoint
  /** Resolves when there may be more to read, or when the signal aborts. */
  waitForMore: (signal: AbortSignal) => Promise<void>
  /** Called at the start and after each advance. */
  report: (status: MaterializationStatus) => void
  limits?: Partial<TransactionLimits>
}

export type TransactionLimits = { documents: number; bytes: number; scannedBytes: number; readBytes: number }

const LIMITS: TransactionLimits = {
  /** Rows per page written fall no further with larger ones, and a repeat after a crash stays a matter of seconds. */
  documents: 600_000,
  /** Of the documents, which stay the bytes that they came as; with their numbers a transaction takes a third more. */
  bytes: 110_000_000,
  /** So much of the log without a document of ours is not read again after a restart: then the positions alone are committed. */
  scannedBytes: 64_000_000,
  /** Compressed; bindings take turns after each such step, so that one that fills its table from the start holds up no other. */
  readBytes: 500_000,
}

/** Runs until `signal` aborts, or with `untilIdle` until everything that can be read is committed. */
export async function materializeTables(
  options: MaterializeTablesOptions,
  signal: AbortSignal,
  { untilIdle = false } = {},
): Promise<void> {
  const task = new TableTask(options)
  await task.open()
  while (!signal.aborted) {
    const isMoreReady = await task.gather(signal)
    await task.settle(signal)
    if (isMoreReady || signal.aborted) continue
    if (untilIdle) return
    await options.waitForMore(signal)
  }
}

type Followed = {
  binding: TableBinding
  rows: TableRows
  pending: CombinedDocuments
  /** Read up to here; committed is what `open` or the last commit said. */
  position: Position
}

class TableTask {
  readonly #options: MaterializeTablesOptions
  readonly #limits: TransactionLimits
  #followed: Followed[] = []
  #scannedBytes = 0
  #documentCount = 0
  #hasAdvanced = false

  constructor(options: MaterializeTablesOptions) {
    this.#options = options
    this.#limits = { ...LIMITS, ...options.limits }
  }

  async open(): Promise<void> {
    const { bindings, endpoint } = this.#options
    const positions = await endpoint.open(bindings.map(({ spec }) => spec))
    this.#followed = bindings.map((binding, tableIndex) => ({
      binding,
      rows: new TableRows({ endpoint, tableIndex, spec: binding.spec, rules: binding }),
      pending: new CombinedDocuments(binding),
      position: positions[tableIndex] ?? 0,
    }))
    this.#report()
  }

  /** Reads until nothing is ready or a limit is reached; true when more may be ready. */
  async gather(signal: AbortSignal): Promise<boolean> {
    for (;;) {
      let hasAdvanced = false
      for (const followed of this.#followed) {
        if (signal.aborted || this.#isFull()) return true
        if (await this.#readOn(followed)) hasAdvanced = true
      }
      if (!hasAdvanced) return false
    }
  }

  /** Writes what was gathered, if there is any, and tells how far it is. */
  async settle(signal: AbortSignal): Promise<void> {
    const isNothingToWrite = this.#sum(({ documentCount }) => documentCount) === 0
    if (isNothingToWrite && this.#scannedBytes < this.#limits.scannedBytes) {
      if (this.#hasAdvanced) this.#report()
      return
    }
    for (const { rows, pending } of this.#followed) {
      const isComplete = await rows.write(pending, signal)
      if (!isComplete) return
    }
    await this.#options.endpoint.commit(this.#followed.map(({ position }) => position))
    this.#documentCount += this.#sum(({ documentCount }) => documentCount)
    for (const { pending } of this.#followed) pending.clear()
    this.#scannedBytes = 0
    this.#report()
  }

  async #readOn(followed: Followed): Promise<boolean> {
    const { sections, through, scannedBytes } = await followed.binding.stream.read(followed.position, {
      maxBytes: this.#limits.readBytes,
    })
    if (through === followed.position) return false
    for (const section of sections) followed.pending.add(section)
    followed.position = through
    this.#scannedBytes += scannedBytes
    this.#hasAdvanced = true
    return true
  }

  #isFull(): boolean {
    const { documents, bytes, scannedBytes } = this.#limits
    if (this.#scannedBytes >= scannedBytes) return true
    return this.#sum(({ documentCount }) => documentCount) >= documents || this.#sum(({ sizeBytes }) => sizeBytes) >= bytes
  }

  #sum(sizeOf: (pending: CombinedDocuments) => number): number {
    return this.#followed.reduce((sum, { pending }) => sum + sizeOf(pending), 0)
  }

  #report(): void {
    this.#hasAdvanced = false
    this.#options.report({
      bindings: this.#followed.map(({ binding, position }) => ({
        table: binding.spec.table,
        source: binding.collection,
        position,
      })),
      documentCount: this.#documentCount,
    })
  }
}
