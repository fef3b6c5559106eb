/**
 * Everybody and everything that happened as columns of a DuckDB file: answers questions about all entities at once. A cache, made of the
 * lake's fragments and of the store; it may be deleted at any time, and is then made anew. One owner at a time; safe beside everything else.
 */
import { invariant } from '../../base/errors.ts'
import type { Position } from '../../log/log.ts'
import type { EntityId, Millis } from '../../model/profile/entity.ts'
import type { Comparison, Preview, Sampled } from '../../model/segment/preview.ts'
import type { CountedPart, PastTally, SegmentDefinition } from '../../model/segment/segment.ts'
import type { Statement } from './column-database.ts'
import { ColumnKeeper, type ColumnsOptions } from './column-keeper.ts'
import { CountedParts } from './counted-parts.ts'
import { candidatesStatement, comparisonStatement, previewStatement, type Rule } from './population-sql.ts'
import { openContext, type Question } from './rule-question.ts'
import { Bindings } from './sql-text.ts'
import { standingIn } from './stand-ins.ts'
import { tallyHistoryStatement } from './tally-history-sql.ts'

export type { ColumnsOptions } from './column-keeper.ts'

/** `timeoutMs`: of each statement, or of each page of a stream; a minute when absent. */
export type QuestionOptions = { signal?: AbortSignal; timeoutMs?: number }
export type MomentOptions = QuestionOptions & { now: Millis }

export type PopulationOptions = MomentOptions & {
  /** Only behind this id. */
  after?: EntityId
  /** Called once, before the first page and unless there is none: how many there are, or were before those that come to be no more. */
  onTotal?: (total: number) => void
}

export class Columns {
  readonly #keeper: ColumnKeeper

  /** Opens nothing yet. */
  constructor(options: ColumnsOptions) {
    this.#keeper = new ColumnKeeper(options)
  }

  /** See `ColumnKeeper`. */
  catchUp(signal?: AbortSignal): Promise<Position> {
    return this.#keeper.catchUp(signal)
  }

  /** Deletes the file; the next `catchUp` makes it anew. Questions under way fail. */
  discard(): Promise<void> {
    return this.#keeper.discard()
  }

  async preview(definition: SegmentDefinition, options: MomentOptions): Promise<Preview> {
    return await this.#ask(options, async (question, asOf) => {
      const rule = ruleOf(definition)
      const statement = previewStatement(rule, await openContext(question, rule, { ...options, moment: 'now' }))
      const [[entities, count, sample, ...counts] = []] = await question.database.rows(statement, options)
      const { conditions, funnel } = statement
      return {
        asOf,
        entities: Number(entities),
        count: Number(count),
        sample: textsOf(sample),
        conditions: conditions.map((at, i) => ({ at, count: Number(counts[i]) })),
        funnel: funnel.map((at, i) => ({ at, count: Number(counts[conditions.length + i]) })),
      }
    })
  }

  /**
   * What the rule would change for those who are members of `definition.id` now. `instead`: segments whose rules are looked at in the place
   * of their members, each behind those that it asks for.
   */
  async compare(
    definition: SegmentDefinition,
    { instead = [], ...options }: MomentOptions & { instead?: readonly SegmentDefinition[] },
  ): Promise<Comparison> {
    return await this.#ask(options, async (question, asOf) => {
      const asked = { rule: ruleOf(definition), instead: instead.map(ruleOf), now: options.now }
      const statement = await standingIn(question, asked, comparisonStatement)
      const [[count, entering, entered, leaving, left] = []] = await question.database.rows(statement, options)
      return { asOf, count: Number(count), entering: sampledOf(entering, entered), leaving: sampledOf(leaving, left) }
    })
  }

  /** The first `limit` members behind `after`, by id. */
  async membersOf(
    { id, kind }: Pick<SegmentDefinition, 'id' | 'kind'>,
    { after = '', limit, ...options }: QuestionOptions & { after?: EntityId; limit: number },
  ): Promise<EntityId[]> {
    return await this.#ask(options, async ({ database, state }) => {
      const sql = `select id from ${kind}s where list_contains(segments, ${state.segments.get(id) ?? 0}) and id > $1 order by id limit ${limit}`
      return (await database.rows({ sql, values: [after] }, options)).map(([id]) => String(id))
    })
  }

  async countMembers({ id, kind }: Pick<SegmentDefinition, 'id' | 'kind'>, options: QuestionOptions = {}): Promise<number> {
    return await this.#ask(options, async ({ database, state }) => {
      const sql = `select count(*) from ${kind}s where list_contains(segments, ${state.segments.get(id) ?? 0})`
      return Number((await database.rows({ sql, values: [] }, options))[0]?.[0])
    })
  }

  /**
   * By id, all who match, who may match later though nothing happens, and who are members; some of them may do neither. In pages. The total
   * is that behind `after`.
   */
  async *candidates(definition: SegmentDefinition, options: PopulationOptions): AsyncGenerator<EntityId[]> {
    const rule = ruleOf(definition)
    const rows = this.#stream(options, async (question) =>
      candidatesStatement(rule, options.after ?? '', await openContext(question, rule, { ...options, moment: 'later' })),
    )
    for await (const page of told(rows, options)) yield page.map(([id]) => String(id))
  }

  /**
   * What these tallies keep at `now` of the events of users, worked out in the database: by id of the part, each once, with the tallies that
   * have counted any of its events. Parts of who is no more are not among them. All entries up to each `through` must be in (`catchUp`).
   * The total is that of all parts, behind `after` or not.
   */
  async *countHistory(tallies: readonly PastTally[], options: PopulationOptions): AsyncGenerator<CountedPart[]> {
    const { now, after = '' } = options
    if (tallies.length === 0) return
    const rows = this.#stream(options, async ({ state, live }, asOf) => {
      for (const { through } of tallies) invariant(through <= asOf, `history up to ${through} is asked of columns up to ${asOf}`)
      return tallyHistoryStatement(tallies, { after, now }, { state, live, bindings: new Bindings() })
    })
    const parts = new CountedParts(tallies, now)
    for await (const page of told(rows, options)) {
      const counted = page.flatMap((row) => parts.add(row))
      if (counted.length > 0) yield counted
    }
    yield parts.end()
  }

  /** When no `catchUp` is under way any more. */
  close(): Promise<void> {
    return this.#keeper.close()
  }

  async #ask<Result>(limits: QuestionOptions, ask: (question: Question, asOf: Position) => Promise<Result>): Promise<Result> {
    const { database, state, asOf } = await this.#keeper.ready()
    const live = database.live.open()
    try {
      return await ask({ database, state, live, limits }, asOf)
    } catch (error) {
      throw this.#keeper.failure(error)
    } finally {
      live.release()
    }
  }

  async *#stream(
    limits: QuestionOptions,
    statementOf: (question: Question, asOf: Position) => Promise<Statement>,
  ): AsyncGenerator<unknown[][]> {
    const { database, state, asOf } = await this.#keeper.ready()
    const live = database.live.open()
    try {
      yield* database.chunks(await statementOf({ database, state, live, limits }, asOf), limits)
    } catch (error) {
      throw this.#keeper.failure(error)
    } finally {
      live.release()
    }
  }
}

function ruleOf(definition: SegmentDefinition): Rule & Pick<SegmentDefinition, 'timeZone'> {
  const { predicate } = definition
  invariant(predicate, `segment ${definition.id} has a rule`)
  return { ...definition, predicate }
}

function textsOf(list: unknown): string[] {
  invariant(Array.isArray(list), 'DuckDB gives a sample as a list')
  return list.map(String)
}

function sampledOf(count: unknown, sample: unknown): Sampled {
  return { count: Number(count), sample: textsOf(sample) }
}

/** Of rows whose last column is the total. */
async function* told(
  pages: AsyncGenerator<unknown[][]>,
  { onTotal }: Pick<PopulationOptions, 'onTotal'>,
): AsyncGenerator<unknown[][]> {
  let isTold = false
  for await (const page of pages) {
    if (!isTold) onTotal?.(Number(page[0]?.at(-1)))
    isTold = true
    yield page
  }
}
