/**
 * Makes the pages of history that a segment waits for, out of what is known of everybody at once. A page says where it begins, so that
 * one which comes twice, or too late, has no effect; whoever makes them may end at any time and begin again from the store.
 */
import type { FillPage } from '../../../model/profile/command.ts'
import type { EntityId, Millis } from '../../../model/profile/entity.ts'
import {
  type Counted,
  type CountedPart,
  type Filling,
  type PastTally,
  SEGMENT_SPACE,
  type SegmentDefinition,
  type SegmentState,
  type Tally,
  type TallyState,
} from '../../../model/segment/segment.ts'
import { answeringTally, tallyFamily } from '../../../model/segment/tally-cover.ts'
import type { StoreReader } from '../../../store/store.ts'
import { loadSegmentStates, loadTallyStates } from '../reading/segment-store.ts'
import { isHeldBack } from './held-back.ts'

export type FillQuestion = {
  now: Millis
  after?: EntityId
  signal: AbortSignal
  /** Called once, before the first page: how many there will be, or a few more. */
  onTotal: (total: number) => void
}

/** All entities and all events (lake/columns). Ids and parts come in their order, in pages of any size. */
export interface FillSource {
  /** What follows sees everything that is committed now. */
  catchUp(signal: AbortSignal): Promise<unknown>
  /** Everybody who matches now or may match later by time alone, and every member. */
  candidates(definition: SegmentDefinition, question: FillQuestion): AsyncGenerator<EntityId[]>
  /** What these tallies keep of the events of users. */
  countHistory(tallies: readonly PastTally[], question: FillQuestion): AsyncGenerator<CountedPart[]>
}

/** Little enough that live events do not wait long while one is applied. */
const PAGE_ENTITIES = 1_000

type Page = DistributiveOmit<FillPage, 'kind'>
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

type FillPagesParts = {
  source: FillSource
  store: Pick<StoreReader, 'load' | 'scan'>
  now: () => Millis
  /** Entities of one page. */
  pageSize?: number
}

/** A segment that waits for pages. */
type Waiting = Pick<SegmentState, 'definition' | 'version' | 'owner'> & { filling: Filling; lacks: readonly TallyState[] }

/**
 * The pages after the last one that was given out, as long as they go on there: it may not be applied yet, and began at `before`. The next
 * one is made ahead.
 */
type OpenPages = {
  waiting: Waiting
  pages: AsyncGenerator<Page>
  before: string
  from: string
  ahead: Promise<IteratorResult<Page>>
}

export class FillPages {
  readonly #parts: FillPagesParts
  #open: OpenPages | undefined
  /** Those that the source, as it was caught up last, knows all about that their pages need. */
  #covered: ReadonlySet<string> = new Set()
  #givingUp = new AbortController()

  constructor(parts: FillPagesParts) {
    this.#parts = parts
  }

  /**
   * The page that the segment at the head of the queue waits for, or will when the last one is applied; undefined when none waits. Behind
   * the last page of a step, `to: null`, it must be applied first. One call at a time. Rejects with the signal's
   * reason when it aborts, and as the source does; then the next call begins anew.
   */
  async next(signal: AbortSignal): Promise<Page | undefined> {
    signal.throwIfAborted()
    const giveUp = () => this.#givingUp.abort(signal.reason)
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      return await this.#next()
    } catch (error) {
      await this.forget()
      throw error
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  /** Lets go what was made ahead, and what is known of the source. */
  async forget(): Promise<void> {
    this.#givingUp.abort()
    this.#givingUp = new AbortController()
    this.#covered = new Set()
    await this.#close()
  }

  async #next(): Promise<Page | undefined> {
    const open = await this.#opened()
    if (open === undefined) return undefined
    const { value, done } = await open.ahead
    if (done) {
      this.#open = undefined
      return undefined
    }
    if (value.to === null) await this.#close()
    else this.#goOn(open, { before: open.from, from: value.to })
    return value
  }

  async #opened() {
    if (this.#open && !(await this.#goesOn(this.#open))) await this.#close()
    if (this.#open) return this.#open
    const queue = await this.#queue()
    const [first] = queue
    if (first === undefined) return undefined
    await this.#cover(first, queue)
    const pages = first.filling.step === 'history' ? this.#historyPages(first) : this.#memberPages(first)
    const { cursor } = first.filling
    return this.#goOn({ waiting: first, pages }, { before: cursor, from: cursor })
  }

  #goOn({ waiting, pages }: Pick<OpenPages, 'waiting' | 'pages'>, place: Pick<OpenPages, 'before' | 'from'>): OpenPages {
    const ahead = pages.next()
    // Whoever asks for it is told.
    ahead.catch(() => {})
    this.#open = { waiting, pages, ahead, ...place }
    return this.#open
  }

  async #goesOn({ waiting, before, from }: OpenPages): Promise<boolean> {
    const [text] = await this.#parts.store.load(SEGMENT_SPACE, [waiting.definition.id])
    // Written by the registry of segments and by nobody else.
    const { version, filling } = text === undefined ? {} : (JSON.parse(text) as Partial<SegmentState>)
    return version === waiting.version && filling?.step === waiting.filling.step && [before, from].includes(filling.cursor)
  }

  async #close(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    await open?.pages.return(undefined).catch(() => {})
  }

  /**
   * Whoever lacks nothing of history is done with that at once, unless it waits for others. Else they come in the order in which they were
   * defined.
   */
  async #queue(): Promise<Waiting[]> {
    const { store } = this.#parts
    const states = await loadSegmentStates(store)
    if (!states.some(({ filling }) => filling)) return []
    const byId = new Map(states.map((state) => [state.definition.id, state]))
    const tallies = await loadTallyStates(store)
    const lacking = Map.groupBy(
      tallies.filter(({ isComplete }) => !isComplete),
      ({ owner }) => owner,
    )
    const families = Map.groupBy(tallies, ({ tally }) => tallyFamily(tally))
    const others = {
      isIncomplete: (tally: Tally) => answeringTally(families.get(tallyFamily(tally)) ?? [], tally)?.isComplete === false,
      find: (id: string) => byId.get(id),
    }
    const waiting = states.flatMap(({ filling, ...state }): Waiting[] => {
      const lacks = lacking.get(state.definition.id) ?? []
      const isHeld = filling?.step === 'history' && lacks.length === 0 && isHeldBack(state, others)
      return filling && !isHeld ? [{ ...state, filling, lacks }] : []
    })
    return waiting.toSorted(
      (a, b) =>
        Number(isQuick(b)) - Number(isQuick(a)) ||
        a.version - b.version ||
        Number(b.owner === 'internal') - Number(a.owner === 'internal'),
    )
  }

  /** One look at what is committed is enough for all that wait now. */
  async #cover(waiting: Waiting, queue: readonly Waiting[]): Promise<void> {
    if (isQuick(waiting) || this.#covered.has(keyOf(waiting))) return
    await this.#parts.source.catchUp(this.#givingUp.signal)
    this.#covered = new Set(queue.map(keyOf))
  }

  async *#historyPages({ definition, version, filling, lacks }: Waiting): AsyncGenerator<Page> {
    const { source } = this.#parts
    const progress = this.#progress(filling)
    const questions = questionsOf(lacks)
    const parts = source.countHistory(questions, progress.question)
    for await (const { items, isLast } of this.#inPages(parts)) {
      const to = isLast ? null : (items.at(-1)?.part ?? null)
      const activities = items.flatMap(({ part, tallies }) => activityOf(part, tallies, questions))
      const { from, total } = progress.turn(to)
      yield { segment: definition.id, version, step: 'history', from, to, total, activities }
    }
  }

  async *#memberPages({ definition, version, filling }: Waiting): AsyncGenerator<Page> {
    const progress = this.#progress(filling)
    const candidates = this.#parts.source.candidates(definition, progress.question)
    for await (const { items: entities, isLast } of this.#inPages(candidates)) {
      const to = isLast ? null : (entities.at(-1) ?? null)
      const { from, total } = progress.turn(to)
      yield { segment: definition.id, version, step: 'members', from, to, total, entities }
    }
  }

  /** Where a filling goes on, page by page. */
  #progress({ cursor, done, total: known }: Filling) {
    let [from, total] = [cursor, known]
    const onTotal = (count: number) => (total ??= done + count)
    const question = { now: this.#parts.now(), signal: this.#givingUp.signal, onTotal, ...(from !== '' && { after: from }) }
    const turn = (to: string | null) => {
      const page = { from, total }
      from = to ?? ''
      return page
    }
    return { question, turn }
  }

  /** One at least, and the last may be empty. */
  async *#inPages<Item>(stream: AsyncIterable<Item[]>): AsyncGenerator<{ items: Item[]; isLast: boolean }> {
    const { pageSize = PAGE_ENTITIES } = this.#parts
    let items: Item[] = []
    for await (const more of stream) {
      items = items.concat(more)
      while (items.length > pageSize) yield { items: items.splice(0, pageSize), isLast: false }
    }
    yield { items, isLast: true }
  }
}

/** Its history is there already. */
function isQuick({ filling, lacks }: Waiting): boolean {
  return filling.step === 'history' && lacks.length === 0
}

function keyOf({ definition, version, filling }: Waiting): string {
  return `${definition.id} ${version} ${filling.step}`
}

type HistoryQuestion = PastTally & { keys: string[] }

/** What is counted for users and for their accounts is the same question, asked once. */
function questionsOf(lacks: readonly TallyState[]): HistoryQuestion[] {
  const questions = new Map<string, HistoryQuestion>()
  for (const { key, tally, since } of lacks) {
    const asked = { events: tally.events, keeps: tally.keeps, through: since }
    const text = JSON.stringify(asked)
    const question = questions.get(text) ?? { ...asked, keys: [] }
    question.keys.push(key)
    questions.set(text, question)
  }
  return [...questions.values()]
}

function activityOf(
  part: EntityId,
  tallies: CountedPart['tallies'],
  questions: readonly HistoryQuestion[],
): [EntityId, Record<string, Counted>][] {
  const counted = tallies.flatMap(([number, value]) =>
    isNothing(value) ? [] : (questions[number]?.keys ?? []).map((key) => [key, value] as const),
  )
  return counted.length === 0 ? [] : [[part, Object.fromEntries(counted)]]
}

function isNothing(counted: Counted): boolean {
  return counted === 0 || (Array.isArray(counted) && counted.length === 0)
}
