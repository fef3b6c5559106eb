/**
 * Apply: reads the log in order, runs the derivations, and commits registers, published documents and positions in one store
 * transaction. The transaction is adaptive: it closes as soon as there is nothing more to read and the previous commit is done,
 * so it is short when idle and grows while a commit is busy or a backlog is worked off.
 *
 * States of a session: reading → (committing while reading on) → …; any failure ends the session, drops what is not committed,
 * and the next session goes on from the committed positions (invariant 1: never lost, never applied twice in effect).
 * A `DerivationStop` ends the session likewise; in the next one that derivation goes no further than the entry before.
 */
import type { Clock } from '../../base/clock.ts'
import type { Doorbell } from '../../base/doorbell.ts'
import type { LogReader, Position } from '../../log/log.ts'
import type { OutputBatch, Store } from '../../store/store.ts'
import { encodeBatch } from '../../model/document-batch.ts'
import { Chunk } from './chunk.ts'
import { DerivationStop } from './derivation-runner.ts'
import { findLanes, type Lane } from './lanes.ts'
import { type ApplyPlan, publishedSources } from './plan.ts'
import { readPublished } from './published.ts'
import type { Changes, Runner, Wants } from './runner.ts'

export type ApplyParts = {
  plan: ApplyPlan
  log: LogReader
  store: Store
  clock: Clock
  /** Partition of the log, for example `0`. */
  partition: string
  /** Rung by others when the log has more to read; apply rings it as well, when a commit is done. */
  bell: Pick<Doorbell, 'ring' | 'wait'>
  /** Called after each commit and each stop. */
  report: (status: ApplyStatus) => void
}

export type ApplyStatus = {
  /** Committed position by derivation. */
  positions: Record<string, Position>
  /** Derivations that a failure holds before an entry of the log. */
  stopped: { derivation: string; position: Position; message: string; hint: string | undefined }[]
  /** What the profiles wait for, as committed: the time at which something is due, and pages of history for segments. */
  wants?: Wants
}

/** Compressed, some 5,000 events: enough to make a chunk's fixed costs small, little enough to keep latency and memory small. */
const CHUNK_BYTES = 100_000
/** Page writes per document fall with the size of the transaction (docs/benchmarks.md); memory sets the end. */
const TRANSACTION_DOCUMENTS = 150_000
/** Profiles may be large: what is changed, and what is being committed, is held in memory. */
const TRANSACTION_CHARACTERS = 100_000_000
/** Under a backlog tables and pushes still follow within seconds. */
const TRANSACTION_MS = 5_000

type OpenTransaction = { outputs: OutputBatch[]; documents: number; openedAt: number }

export class Apply {
  readonly #parts: ApplyParts
  readonly #stops = new Map<string, DerivationStop>()
  #runners: ReadonlyMap<string, Runner> = new Map()
  #positions = new Map<string, Position>()
  #committed = new Map<string, Position>()
  #fence = 0
  #transaction: OpenTransaction = emptyTransaction(0)
  #committing: Promise<void> | undefined
  #commitFailure: { cause: unknown } | undefined
  #isIdle = false
  #laneTurn = 0

  constructor(parts: ApplyParts) {
    this.#parts = parts
  }

  /**
   * Runs until `signal` aborts, or, with `untilIdle`, until all that the log holds is applied. What is applied by then is
   * committed. Rejects when the store or the log fails; running again goes on from what is committed.
   */
  async run(signal: AbortSignal, { untilIdle = false } = {}): Promise<void> {
    for (let isDone = false; !isDone;) {
      try {
        await this.#begin()
        while (!signal.aborted && !(untilIdle && this.#isIdle)) await this.#advance(signal, untilIdle)
        await this.#finish()
        isDone = true
      } catch (error) {
        await this.#committing?.catch(() => {})
        if (!(error instanceof DerivationStop)) throw error
        this.#stops.set(error.collection, error)
      }
    }
  }

  async #begin(): Promise<void> {
    const { plan, store, clock, partition } = this.#parts
    const { fence, checkpoints } = await store.acquire(partition)
    this.#fence = fence
    this.#positions = new Map(plan.members.map(({ name }) => [name, checkpoints.get(name) ?? 0]))
    this.#committed = new Map(this.#positions)
    this.#runners = new Map(plan.members.map(({ name, open }) => [name, open(store)]))
    for (const runner of this.#runners.values()) await runner.open?.()
    this.#transaction = emptyTransaction(clock.now())
    this.#committing = undefined
    this.#commitFailure = undefined
    this.#isIdle = false
    this.#report()
  }

  async #advance(signal: AbortSignal, untilIdle: boolean): Promise<void> {
    if (this.#commitFailure) throw this.#commitFailure.cause
    const lane = await this.#nextLane()
    if (lane) await this.#applyLane(lane)
    if (this.#isDue(lane !== undefined)) this.#commit()
    this.#isIdle = lane === undefined && this.#committing === undefined
    if (lane === undefined) {
      if (!(this.#isIdle && untilIdle)) await this.#parts.bell.wait(signal)
    } else if (this.#isFull() && this.#committing) await this.#committing
    else await new Promise((resolve) => setImmediate(resolve))
  }

  /** Lanes take turns, so that a derivation that works off its history does not hold up the live ones, nor they it. */
  async #nextLane(): Promise<Lane | undefined> {
    const limits = new Map([...this.#stops].map(([name, stop]) => [name, stop.position - 1]))
    const head = await this.#parts.log.head()
    const [positions, committed] = [this.#positions, this.#committed]
    const lanes = findLanes({ plan: this.#parts.plan.members, positions, committed, limits, head })
    return lanes[this.#laneTurn++ % Math.max(1, lanes.length)]
  }

  async #applyLane(lane: Lane): Promise<void> {
    const { log, store, plan } = this.#parts
    const entries = await log.read(lane.after, { maxBytes: CHUNK_BYTES, through: lane.through })
    const chunk = new Chunk(lane.after, entries, plan.collections)
    for (const source of publishedSources(plan, lane.members)) {
      chunk.fill(source, await readPublished(store, source, chunk.after, chunk.through))
    }
    for (const name of lane.members) {
      const published = (await this.#runners.get(name)?.run(chunk, { committed: async () => await this.#committing })) ?? []
      for (const section of published) {
        if (section.documents.length === 0) continue
        this.#transaction.outputs.push(outputBatch(chunk, section.collection, encodeBatch([section])))
      }
      this.#positions.set(name, chunk.through)
    }
    this.#transaction.documents += chunk.sizeDocuments
  }

  #isDue(isMoreReady: boolean): boolean {
    if (this.#committing || !this.#hasUncommittedPositions()) return false
    return !isMoreReady || this.#isFull() || this.#parts.clock.now() - this.#transaction.openedAt >= TRANSACTION_MS
  }

  #isFull(): boolean {
    if (this.#transaction.documents >= TRANSACTION_DOCUMENTS) return true
    let characters = 0
    for (const { changedCharacters } of this.#runners.values()) characters += changedCharacters
    return characters >= TRANSACTION_CHARACTERS
  }

  #hasUncommittedPositions(): boolean {
    for (const [name, position] of this.#positions) if (this.#committed.get(name) !== position) return true
    return false
  }

  #commit(): void {
    const { store, clock, partition } = this.#parts
    const positions = new Map(this.#positions)
    const all = Array.from(this.#runners.values(), (runner) => runner.close())
    const transaction = {
      documents: all.flatMap(({ documents }) => documents),
      outputs: this.#transaction.outputs.map((output) => redacted(output, all)),
      prunedOutputs: all.flatMap(({ prunedOutputs = [] }) => prunedOutputs),
      replacedOutputs: all.flatMap(({ replacedOutputs = [] }) => replacedOutputs),
      checkpoints: [...positions].map(([task, position]) => ({ task, position })),
    }
    this.#transaction = emptyTransaction(clock.now())
    const committing = store.commit(partition, this.#fence, transaction).then(() => {
      this.#committed = positions
      this.#committing = undefined
      this.#report()
      this.#parts.bell.ring()
    })
    this.#committing = committing
    committing.catch((cause: unknown) => {
      this.#commitFailure = { cause }
      this.#parts.bell.ring()
    })
  }

  async #finish(): Promise<void> {
    await this.#committing
    if (!this.#hasUncommittedPositions()) return
    this.#commit()
    await this.#committing
  }

  #report(): void {
    const [wants] = [...this.#runners.values()].flatMap((runner) => runner.wants ?? [])
    this.#parts.report({
      ...(wants && { wants }),
      positions: Object.fromEntries(this.#committed),
      stopped: [...this.#stops].map(([derivation, { position, message, cause }]) => ({
        derivation,
        position,
        message,
        hint: cause.hint,
      })),
    })
  }
}

function emptyTransaction(openedAt: number): OpenTransaction {
  return { outputs: [], documents: 0, openedAt }
}

function redacted(output: OutputBatch, changes: readonly Changes[]): OutputBatch {
  let { payload } = output
  for (const { redact } of changes) payload = redact?.(payload) ?? payload
  return payload === output.payload ? output : { ...output, payload }
}

function outputBatch({ after, through, appendedAt }: Chunk, collection: string, payload: Uint8Array): OutputBatch {
  return { collection, after, through, appendedAt, payload }
}
