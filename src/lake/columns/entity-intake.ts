/**
 * Entities on their way into the columns: at first all there are, page by page; then those that changes name. Rows and how far was read are
 * written in one transaction. A document is loaded as it is now, which may be newer than the change; the next one then changes nothing.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Position } from '../../log/log.ts'
import { decodeBatch } from '../../model/document-batch.ts'
import { type EntityId, type EntityKind, entitySpace } from '../../model/profile/entity.ts'
import { readEntityText } from '../../model/profile/entity-text.ts'
import type { TraitRules } from '../../model/profile/trait-rules.ts'
import type { Change } from '../../model/segment/entity-change.ts'
import { Membership } from '../../model/segment/membership.ts'
import { membershipSpace } from '../../model/segment/segment.ts'
import { CHANGES } from '../../model/system-collections.ts'
import type { StoreReader } from '../../store/store.ts'
import type { ColumnState } from './column-state.ts'
import { ENTITY_KINDS, type EntityRow, factsOfEntity, type PlacedEntity } from './entity-row.ts'
import { RowWriter } from './row-writer.ts'
import { inTransaction, saveMeta } from './transaction.ts'

export type EntityIntakeOptions = {
  connection: DuckDBConnection
  store: Pick<StoreReader, 'load' | 'scan' | 'readOutputs'>
  traitRules: Readonly<Record<EntityKind, TraitRules>>
  accountsOf: (users: readonly PlacedEntity[]) => Promise<(EntityId | undefined)[]>
  pageEntities?: number
}

/** Documents that are loaded, and rows that are written, at once: some 50 MB. */
const PAGE_ENTITIES = 10_000
/** Compressed. */
const CHANGES_BYTES = 4 * 1024 * 1024

export const CHANGES_THROUGH = 'changes_through'
export const SCAN = 'scan'

/** Of the first look at everybody: kind and key of the last document that was read. Accounts come first. */
export type Scan = { kind: EntityKind; after: EntityId } | 'done'

export class EntityIntake {
  readonly #options: EntityIntakeOptions
  readonly #page: number

  constructor(options: EntityIntakeOptions) {
    this.#options = options
    this.#page = options.pageEntities ?? PAGE_ENTITIES
  }

  /** Forgets all entities; `from`: changes up to here are in what is scanned from now on. */
  async begin(from: Position): Promise<void> {
    const { connection } = this.#options
    await inTransaction(connection, async () => {
      for (const kind of ENTITY_KINDS) {
        await connection.run(`delete from ${kind}s`)
        await connection.run(`delete from ${kind}_parts`)
      }
      await saveMeta(connection, CHANGES_THROUGH, String(from))
      await saveMeta(connection, SCAN, JSON.stringify({ kind: 'account', after: '' } satisfies Scan))
    })
  }

  /** The next page of everybody. */
  async scanStep({ kind, after }: Exclude<Scan, 'done'>, state: ColumnState): Promise<Scan> {
    const { connection, store } = this.#options
    const documents = await store.scan(entitySpace(kind), { after: after === '' ? undefined : after }, this.#page)
    const rows = await this.#rowsOf(
      kind,
      documents.map(({ key }) => key),
      documents.map(({ value }) => value),
    )
    const next = nextScan(kind, documents.length < this.#page ? undefined : documents.at(-1)?.key)
    await inTransaction(connection, async () => {
      await new RowWriter(connection, state).write(kind, rows, [])
      await saveMeta(connection, SCAN, JSON.stringify(next))
    })
    return next
  }

  /**
   * Takes in the next changes behind `after`, of a page of entities or a few more; all up to the position that is returned are in. Undefined:
   * there are no more. Whoever enters a segment is told in few bytes, so that bytes alone would not keep memory small.
   */
  async changesStep(after: Position, state: ColumnState): Promise<Position | undefined> {
    const { connection, store } = this.#options
    const outputs = await store.readOutputs(CHANGES, after, CHANGES_BYTES)
    if (outputs.length === 0) return undefined
    const changed = { user: new Set<EntityId>(), account: new Set<EntityId>() }
    let through = after
    for (const output of outputs) {
      const texts = decodeBatch(output.payload).flatMap((section) => section.documents())
      addChanged(
        changed,
        texts.map((text) => JSON.parse(text) as Change),
      )
      ;({ through } = output)
      if (changed.user.size + changed.account.size >= this.#page) break
    }
    const pages = await Promise.all(
      ENTITY_KINDS.toReversed().map(async (kind) => ({ kind, ...(await this.#load(kind, changed[kind])) })),
    )
    await inTransaction(connection, async () => {
      const writer = new RowWriter(connection, state)
      for (const { kind, rows, replaced } of pages) await writer.write(kind, rows, replaced)
      await saveMeta(connection, CHANGES_THROUGH, String(through))
    })
    return through
  }

  async #load(kind: EntityKind, ids: ReadonlySet<EntityId>): Promise<{ rows: EntityRow[]; replaced: EntityId[] }> {
    const all = [...ids]
    const rows: EntityRow[] = []
    for (let start = 0; start < all.length; start += this.#page) {
      const keys = all.slice(start, start + this.#page)
      rows.push(...(await this.#rowsOf(kind, keys, await this.#options.store.load(entitySpace(kind), keys))))
    }
    return { rows, replaced: [...new Set([...all, ...rows.flatMap(({ parts }) => parts)])] }
  }

  async #rowsOf(kind: EntityKind, ids: readonly EntityId[], texts: readonly (string | undefined)[]): Promise<EntityRow[]> {
    const placed = ids.flatMap((id, i): PlacedEntity[] => {
      const text = texts[i]
      const state = text === undefined ? undefined : readEntityText(text)
      return state === undefined || 'mergedInto' in state ? [] : [{ id, entity: state }]
    })
    const { store, accountsOf, traitRules } = this.#options
    const memberships = await store.load(
      membershipSpace(kind),
      placed.map(({ id }) => id),
    )
    const accounts = kind === 'user' ? await accountsOf(placed) : []
    return placed.map((one, i) => ({
      id: one.id,
      parts: one.entity.parts.map(({ id }) => id),
      facts: factsOfEntity(kind, one, traitRules[kind]),
      account: accounts[i],
      segments: segmentsOf(memberships[i]),
    }))
  }
}

function nextScan(kind: EntityKind, last: EntityId | undefined): Scan {
  if (last !== undefined) return { kind, after: last }
  return kind === 'account' ? { kind: 'user', after: '' } : 'done'
}

function segmentsOf(text: string | undefined): string[] {
  return text === undefined ? [] : Membership.read(text).segments()
}

/** All that changes speak of. */
function addChanged(changed: Record<EntityKind, Set<EntityId>>, changes: readonly Change[]): void {
  for (const change of changes) {
    if (change.kind === 'segment') continue
    const { kind, entity, absorbed = [], mergedInto } = change
    for (const id of [entity, ...absorbed, ...(mergedInto === undefined ? [] : [mergedInto])]) changed[kind].add(id)
  }
}
