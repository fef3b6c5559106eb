/**
 * Keeps the columns up to date: opens the file, takes in what is committed, and makes everything anew where that is needed. Whoever dies in
 * between goes on where the last transaction ended.
 */
import type { Clock } from '../../base/clock.ts'
import { MillraceError } from '../../base/errors.ts'
import type { Position } from '../../log/log.ts'
import type { EntityId, EntityKind } from '../../model/profile/entity.ts'
import type { TraitRules } from '../../model/profile/trait-rules.ts'
import { EVENTS } from '../../model/system-collections.ts'
import type { StoreReader } from '../../store/store.ts'
import { ColumnDatabase, isDamage, removeColumns, unavailable } from './column-database.ts'
import type { ColumnState } from './column-state.ts'
import { CHANGES_THROUGH, EntityIntake, type Scan, SCAN } from './entity-intake.ts'
import type { PlacedEntity } from './entity-row.ts'
import { EVENTS_THROUGH, EventIntake } from './event-intake.ts'
import { inTransaction, saveMeta } from './transaction.ts'

export type ColumnsOptions = {
  /** Of the DuckDB file. */
  path: string
  /** A folder of its own for what does not fit into memory; emptied at every opening. */
  temporaryFolder: string
  lake: { directory: string; manifestPath: string }
  store: Pick<StoreReader, 'load' | 'scan' | 'readOutputs' | 'checkpoints'>
  traitRules: Readonly<Record<EntityKind, TraitRules>>
  /** Ids of the accounts that these users belong to now, in their order; undefined where there is none. */
  accountsOf: (users: readonly PlacedEntity[]) => Promise<(EntityId | undefined)[]>
  /** Changes up to here may be gone from the store. When that is more than were read, everybody is looked at anew. */
  changesPrunedThrough?: () => Promise<Position>
  clock: Clock
  /** The rest of the machine is for events that come in: 1 GB and 2 threads when absent. */
  memoryLimit?: string
  threads?: number
  /** Entities that are read and written at once; 10,000 when absent. */
  pageEntities?: number
  /** Called when a part of what is to be taken in has been committed. When it throws, nothing further happens, as in a crash. */
  onStep?: (step: ColumnStep) => void
}

export type ColumnStep = 'begun' | 'scanned' | 'changed' | 'events' | 'complete'

const AS_OF = 'as_of'

type Opened = { database: ColumnDatabase; state: ColumnState }

export class ColumnKeeper {
  readonly #options: ColumnsOptions
  #opened: Promise<Opened> | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: ColumnsOptions) {
    this.#options = options
  }

  /**
   * Takes in all that is committed, and resolves with the position up to which questions see everything. The first time, that is all there
   * is; when it is interrupted it goes on where it was. Questions may be asked meanwhile, and see what was there before.
   */
  catchUp(signal?: AbortSignal): Promise<Position> {
    return this.#inTurn(async () => {
      const opened = await this.#open()
      const applied = (await this.#options.store.checkpoints()).get(EVENTS) ?? 0
      if (opened.state.meta.get(AS_OF) === String(applied)) return applied
      return await this.#guard(async () => {
        await this.#takeIn(opened.database, applied, signal)
        this.#opened = Promise.resolve({ database: opened.database, state: await opened.database.loadState() })
        return applied
      })
    })
  }

  /** Deletes the file; the next `catchUp` makes it anew. Questions under way fail. */
  discard(): Promise<void> {
    return this.#inTurn(() => this.#remove())
  }

  /** When no `catchUp` is under way any more. */
  close(): Promise<void> {
    return this.#inTurn(() => this.#close())
  }

  /** Rejects with `columns_incomplete` until `catchUp` has come to an end once. */
  async ready(): Promise<Opened & { asOf: Position }> {
    const opened = await this.#open()
    const asOf = opened.state.meta.get(AS_OF)
    if (asOf !== undefined && scanOf(opened.state) === 'done') return { ...opened, asOf: Number(asOf) }
    throw new MillraceError(
      'columns_incomplete',
      `The columns in "${this.#options.path}" are being made; not everybody is in them yet.`,
      {
        hint: 'Ask again a little later.',
        retryable: true,
      },
    )
  }

  /** What a question's failure means. A file that turns out to be damaged goes. */
  failure(error: unknown): unknown {
    if (!isDamage(error)) return error
    void this.discard()
    return unavailable(this.#options.path, error)
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    return turn
  }

  #open(): Promise<Opened> {
    this.#opened ??= ColumnDatabase.open(this.#options)
      .then(async (database) => ({ database, state: await database.loadState() }))
      .catch((error: unknown) => {
        this.#opened = undefined
        throw error
      })
    return this.#opened
  }

  async #close(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined)
    this.#opened = undefined
    opened?.database.close()
  }

  async #remove(): Promise<void> {
    await this.#close()
    await removeColumns(this.#options)
  }

  async #takeIn(database: ColumnDatabase, applied: Position, signal: AbortSignal | undefined): Promise<void> {
    const { onStep = () => undefined } = this.#options
    const took = (step: ColumnStep) => {
      onStep(step)
      signal?.throwIfAborted()
    }
    const begun = await this.#begin(database, applied)
    if (begun) took('begun')
    const { writer: connection } = database
    const state = begun ?? (await database.loadState())
    const entities = new EntityIntake({ ...this.#options, connection })
    for (let scan = scanOf(state) ?? 'done'; scan !== 'done'; took('scanned')) scan = await entities.scanStep(scan, state)
    for (let next = await entities.changesStep(positionOf(state, CHANGES_THROUGH), state); next !== undefined;) {
      took('changed')
      next = await entities.changesStep(next, state)
    }
    const events = new EventIntake({ ...this.#options, connection })
    for (let next = await events.step(positionOf(state, EVENTS_THROUGH)); next !== undefined;) {
      took('events')
      next = await events.step(next)
    }
    await inTransaction(connection, () => saveMeta(connection, AS_OF, String(applied)))
    took('complete')
  }

  /** Begins with everybody when that is necessary; what there is then says that it is incomplete. */
  async #begin(database: ColumnDatabase, applied: Position): Promise<ColumnState | undefined> {
    const state = await database.loadState()
    const pruned = (await this.#options.changesPrunedThrough?.()) ?? 0
    if (scanOf(state) !== undefined && pruned <= positionOf(state, CHANGES_THROUGH)) return undefined
    await new EntityIntake({ ...this.#options, connection: database.writer }).begin(applied)
    const begun = await database.loadState()
    this.#opened = Promise.resolve({ database, state: begun })
    // The one that is written to is another one.
    return await database.loadState()
  }

  async #guard<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      if (!isDamage(error)) throw error
      await this.#remove()
      throw unavailable(this.#options.path, error)
    }
  }
}

function scanOf({ meta }: ColumnState): Scan | undefined {
  const text = meta.get(SCAN)
  return text === undefined ? undefined : (JSON.parse(text) as Scan)
}

function positionOf({ meta }: ColumnState, name: string): Position {
  return Number(meta.get(name) ?? 0)
}
