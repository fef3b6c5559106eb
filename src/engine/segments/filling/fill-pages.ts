/**
 * Makes the pages of history that a segment waits for, out of what is known of everybody at once. A page says where it begins, so that
 * one which comes twice, or too late, has no effect; whoever makes them may end at any time and begin again from the store.
 */
import type { Position } from '../../../log/log.ts'
import type { JsonObject } from '../../../base/json.ts'
import type { FillPage } from '../../../model/profile/command.ts'
import type { EntityId, EntityKind, Millis } from '../../../model/profile/entity.ts'
import {
  type Counted,
  SEGMENT_SPACE,
  type SegmentDefinition,
  type SegmentState,
  type Tally,
  TALLY_SPACE,
  type TallyState,
} from '../../../model/segment/segment.ts'
import { addOccurrence, occurrenceOf, selects } from '../../../model/segment/tally.ts'
import type { StoreReader } from '../../../store/store.ts'

export type HistoryEvent = {
  kind: EntityKind
  part: EntityId
  name: string
  at: Millis
  properties: JsonObject
  context: JsonObject
}

/** All entities and all events (lake/columns). Ids and parts come in their order. */
export interface FillSource {
  /** What follows sees everything that is committed now. */
  catchUp(signal?: AbortSignal): Promise<Position>
  /** Everybody who matches now or may match later by time alone, and every member. */
  candidates(
    definition: SegmentDefinition,
    options: { now: Millis; after?: EntityId; pageSize?: number; signal?: AbortSignal },
  ): AsyncGenerator<EntityId[]>
  /** Events that these ask about, of log entries up to `through`. */
  history(
    tallies: readonly Tally[],
    through: Position,
    options: { after?: EntityId; signal?: AbortSignal },
  ): AsyncGenerator<HistoryEvent[]>
}

/** More than there may be. */
const DOCUMENTS_MAX = 1_000_000
/** Little enough that live events do not wait long while one is applied. */
const PAGE_PARTS = 1_000

type Page = DistributiveOmit<FillPage, 'kind'>
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

type FillPagesParts = {
  source: FillSource
  store: Pick<StoreReader, 'scan'>
  now: () => Millis
  signal: AbortSignal
  pageSize?: number
}

export class FillPages {
  readonly #parts: FillPagesParts
  /** The pages after the last one that was given out, as long as they go on there. */
  #open: { from: string; key: string; pages: AsyncGenerator<Page> } | undefined

  constructor(parts: FillPagesParts) {
    this.#parts = parts
  }

  /** The page that the segment at the head of the queue waits for; undefined when none waits. */
  async next(): Promise<Page | undefined> {
    const state = await this.#first()
    const filling = state?.filling
    if (state === undefined || filling === undefined) return undefined
    const key = `${state.definition.id} ${state.version} ${filling.step}`
    if (this.#open?.key !== key || this.#open.from !== filling.cursor) {
      await this.#open?.pages.return(undefined)
      this.#open = { key, from: filling.cursor, pages: this.#pages(state) }
    }
    const { value, done } = await this.#open.pages.next()
    if (done || value === undefined) {
      this.#open = undefined
      return undefined
    }
    this.#open = value.to === null ? undefined : { ...this.#open, from: value.to }
    return value
  }

  /** Those that count for others come first: in the order in which they were defined. */
  async #first(): Promise<SegmentState | undefined> {
    const states = (await this.#all<SegmentState>(SEGMENT_SPACE)).filter(({ filling }) => filling !== undefined)
    return states.toSorted((a, b) => a.version - b.version || Number(b.owner === 'internal') - Number(a.owner === 'internal'))[0]
  }

  #pages(state: SegmentState): AsyncGenerator<Page> {
    return state.filling?.step === 'history' ? this.#historyPages(state) : this.#memberPages(state)
  }

  async *#historyPages(state: SegmentState): AsyncGenerator<Page> {
    const { source, signal, pageSize = PAGE_PARTS } = this.#parts
    const all = await this.#all<TallyState>(TALLY_SPACE)
    const wanted = all.filter(({ owner, isComplete }) => owner === state.definition.id && !isComplete)
    const step = { segment: state.definition.id, version: state.version, step: 'history', total: null } as const
    let from = state.filling?.cursor ?? ''
    if (wanted.length > 0) {
      await source.catchUp(signal)
      const through = Math.min(...wanted.map(({ since }) => since))
      const tallies = wanted.map(({ tally }) => tally)
      const events = source.history(tallies, through, { ...(from !== '' && { after: from }), signal })
      let activities: [EntityId, Record<string, Counted>][] = []
      for await (const [part, counted] of this.#countParts(events, wanted)) {
        if (activities.length === pageSize) {
          const to = activities.at(-1)?.[0] ?? from
          yield { ...step, from, to, activities }
          from = to
          activities = []
        }
        activities.push([part, counted])
      }
      yield { ...step, from, to: null, activities }
    } else yield { ...step, from, to: null, activities: [] }
  }

  /** One part after the other. */
  async *#countParts(
    events: AsyncGenerator<HistoryEvent[]>,
    wanted: readonly TallyState[],
  ): AsyncGenerator<[EntityId, Record<string, Counted>]> {
    const now = this.#parts.now()
    let part: EntityId | undefined
    let counted: Record<string, Counted> = {}
    for await (const page of events) {
      for (const event of page) {
        if (event.kind !== 'user') continue
        if (part !== undefined && event.part !== part) {
          if (Object.keys(counted).length > 0) yield [part, counted]
          counted = {}
        }
        part = event.part
        count(counted, event, wanted, now)
      }
    }
    if (part !== undefined && Object.keys(counted).length > 0) yield [part, counted]
  }

  async *#memberPages({ definition, version, filling }: SegmentState): AsyncGenerator<Page> {
    const { source, now, signal, pageSize = PAGE_PARTS } = this.#parts
    await source.catchUp(signal)
    const step = { segment: definition.id, version, step: 'members', total: filling?.total ?? null } as const
    let from = filling?.cursor ?? ''
    const options = { now: now(), pageSize, signal, ...(from !== '' && { after: from }) }
    for await (const entities of source.candidates(definition, options)) {
      const to = entities.at(-1)
      if (to === undefined) continue
      yield { ...step, from, to, entities }
      from = to
    }
    yield { ...step, from, to: null, entities: [] }
  }

  async #all<State>(space: string): Promise<State[]> {
    const documents = await this.#parts.store.scan(space, {}, DOCUMENTS_MAX)
    // Written by the registry of segments and by nobody else.
    return documents.map(({ value }) => JSON.parse(value) as State)
  }
}

function count(counted: Record<string, Counted>, event: HistoryEvent, wanted: readonly TallyState[], now: Millis): void {
  for (const { key, tally } of wanted) {
    if (!selects(tally.events, event)) continue
    counted[key] = addOccurrence(counted[key], tally.keeps, occurrenceOf(tally.keeps, event.at, event), now)
  }
}
