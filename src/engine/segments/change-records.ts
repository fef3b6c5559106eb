/** What an input changes about entities and segments, gathered and published under `millrace/changes` (model/segment/entity-change.ts). */
import type { Json } from '../../base/json.ts'
import type { Section } from '../../model/document-batch.ts'
import type { EntityId, EntityKind } from '../../model/profile/entity.ts'
import { isSameValue } from '../../model/profile/trait-value.ts'
import type { Change, EntityChange, SegmentChange } from '../../model/segment/entity-change.ts'
import type { SegmentState } from '../../model/segment/segment.ts'
import { CHANGES, SYSTEM_SCHEMA_HASH } from '../../model/system-collections.ts'
import type { LogPlace } from './segment-registry.ts'

export type EntityNote = Omit<EntityChange, 'kind' | 'entity' | 'position' | 'index' | 'at'>
export type Facts = NonNullable<EntityChange['facts']>

type Gathered = { kind: EntityKind; entity: EntityId; note: EntityNote }

export class ChangeRecords {
  readonly #gathered = new Map<string, Gathered>()
  #section = emptySection()
  /** Of entities at one instant of one input. */
  readonly #moves = new Map<string, number>()
  #movedAt = ''

  /** Tells apart the moves of an entity at one instant of one input, from 0: what a move causes may move it again. */
  countMove(kind: EntityKind, entity: EntityId, { position, index, at }: LogPlace): number {
    const movedAt = `${position}-${index}-${at}`
    if (movedAt !== this.#movedAt) this.#moves.clear()
    this.#movedAt = movedAt
    const key = `${kind}/${entity}`
    const count = this.#moves.get(key) ?? 0
    this.#moves.set(key, count + 1)
    return count
  }

  /** Notes about one entity and input become one record. */
  add(kind: EntityKind, entity: EntityId, note: EntityNote): void {
    const key = `${kind}/${entity}`
    const known = this.#gathered.get(key)
    if (known) known.note = joinNotes(known.note, note)
    else this.#gathered.set(key, { kind, entity, note })
  }

  addSegment({ definition, createdAt, updatedAt }: SegmentState, change: SegmentChange['change'], place: LogPlace): void {
    const { id, name, kind } = definition
    this.#write(id, { kind: 'segment', ...placed(place), change, segment: { id, name, kind, createdAt, updatedAt } })
  }

  get isFlushed(): boolean {
    return this.#gathered.size === 0
  }

  /** Ends an input. */
  flush(place: LogPlace): void {
    for (const { kind, entity, note } of this.#gathered.values()) {
      if (!isNothing(note)) this.#write(entity, { kind, entity, ...placed(place), ...note })
    }
    this.#gathered.clear()
  }

  /** What was written since; begins a new section. */
  take(): Section {
    const section = this.#section
    this.#section = emptySection()
    return section
  }

  #write(key: string, change: Change): void {
    const { documents, keys, partitions, sources } = this.#section
    documents.push(JSON.stringify(change))
    keys.push(key)
    partitions.push('')
    sources.push(change.position, change.index)
  }
}

/** What is different between two states of an entity; null where there is nothing. */
export function factChanges(before: Readonly<Record<string, Json>>, after: Readonly<Record<string, Json>>): Facts {
  const facts: Facts = {}
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [from, to] = [before[key] ?? null, after[key] ?? null]
    if (!isSameValue(from, to)) facts[key] = [from, to]
  }
  return facts
}

function joinNotes(first: EntityNote, second: EntityNote): EntityNote {
  const facts = second.facts === undefined ? first.facts : joinFacts(first.facts ?? {}, second.facts)
  const account = joinMoves(first.account, second.account)
  const entered = [...(first.entered ?? []), ...(second.entered ?? [])]
  const left = [...(first.left ?? []), ...(second.left ?? [])]
  const absorbed = [...(first.absorbed ?? []), ...(second.absorbed ?? [])]
  return {
    ...first,
    ...second,
    ...(facts && { facts }),
    ...(account && { account }),
    ...(entered.length > 0 && { entered: entered.filter((id) => !left.includes(id)) }),
    ...(left.length > 0 && { left: left.filter((id) => !entered.includes(id)) }),
    ...(absorbed.length > 0 && { absorbed }),
  }
}

function joinFacts(first: Facts, second: Facts): Facts {
  const joined = { ...first }
  for (const [key, [from, to]] of Object.entries(second)) joined[key] = [first[key] === undefined ? from : first[key][0], to]
  return joined
}

/** From where the first began to where the second ended. */
function joinMoves(first: EntityNote['account'], second: EntityNote['account']): EntityNote['account'] {
  return first === undefined || second === undefined ? (second ?? first) : [first[0], second[1]]
}

function isNothing({ facts, entered, left, account, ...rest }: EntityNote): boolean {
  const isChanged = facts !== undefined && Object.values(facts).some(([from, to]) => !isSameValue(from, to))
  const isMoved = account !== undefined && account[0] !== account[1]
  return !isChanged && !isMoved && !entered?.length && !left?.length && Object.keys(rest).length === 0
}

function placed({ position, index, at }: LogPlace): Pick<EntityChange, 'position' | 'index' | 'at'> {
  return { position, index, at: new Date(at).toISOString() }
}

function emptySection(): Section & { sources: number[] } {
  return { collection: CHANGES, schemaHash: SYSTEM_SCHEMA_HASH, documents: [], keys: [], partitions: [], sources: [] }
}
