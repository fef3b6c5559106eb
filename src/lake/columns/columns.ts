/**
 * Everybody and everything that happened as columns of a DuckDB file: answers questions about all entities at once. A cache, made of the
 * lake's fragments and of the store; it may be deleted at any time, and is then made anew. One owner at a time; safe beside everything else.
 */
import { invariant } from '../../base/errors.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Position } from '../../log/log.ts'
import type { EntityId, EntityKind, Millis } from '../../model/profile/entity.ts'
import type { Comparison, Preview, Sampled } from '../../model/segment/preview.ts'
import type { SegmentDefinition, Tally } from '../../model/segment/segment.ts'
import type { Statement } from './column-database.ts'
import { ColumnKeeper, type ColumnsOptions } from './column-keeper.ts'
import { type CountedPart, CountedParts } from './counted-parts.ts'
import { historyStatement } from './history-sql.ts'
import { candidatesStatement, comparisonStatement, previewStatement, type Rule } from './population-sql.ts'
import { openContext, type Question } from './rule-question.ts'
import { Bindings } from './sql-text.ts'
import { tallyHistoryStatement } from './tally-history-sql.ts'

export type { ColumnsOptions } from './column-keeper.ts'

/** `timeoutMs`: of each statement, or of each page of a stream; a minute when absent. */
export type QuestionOptions = { signal?: AbortSignal; timeoutMs?: number }
export type MomentOptions = QuestionOptions & { now: Millis }

export type HistoryEvent = {
  kind: EntityKind
  /** Of a user; of an account where the event belongs to no user. */
  part: EntityId
  name: string
  at: Millis
  position: Position
  /** Empty where no tally looks at them. */
  properties: JsonObject
  context: JsonObject
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

  /** What the rule would change for those who are members of `definition.id` now. */
  async compare(definition: SegmentDefinition, options: MomentOptions): Promise<Comparison> {
    return await this.#ask(options, async (question, asOf) => {
      const rule = ruleOf(definition)
      const statement = comparisonStatement(rule, await openContext(question, rule, { ...options, moment: 'now' }))
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

  /** By id, all who match, who may match later though nothing happens, and who are members; some of them may do neither. In pages. */
  async *candidates(definition: SegmentDefinition, options: MomentOptions & { after?: EntityId }): AsyncGenerator<EntityId[]> {
    const rule = ruleOf(definition)
    const rows = this.#stream(options, async (question) =>
      candidatesStatement(rule, options.after ?? '', await openContext(question, rule, { ...options, moment: 'later' })),
    )
    for await (const page of rows) yield page.map(([id]) => String(id))
  }

  /**
   * Events up to `through` that these tallies mean, by id of their parts, in pages. All of them must be in (`catchUp`). Events of who is no
   * more are not among them.
   */
  async *history(
    tallies: readonly Tally[],
    through: Position,
    options: QuestionOptions & { after?: EntityId } = {},
  ): AsyncGenerator<HistoryEvent[]> {
    const rows = this.#stream(options, async ({ state, live }, asOf) => {
      invariant(through <= asOf, `history up to ${through} is asked of columns up to ${asOf}`)
      return historyStatement(tallies, { through, after: options.after ?? '' }, { state, live, bindings: new Bindings() })
    })
    for await (const page of rows) yield page.map(historyEventOf)
  }

  /**
   * The same events as what the tallies keep of them at `now`, worked out in the database: far less of it, and hence far sooner. By id of the
   * part, each once, with the tallies that have counted any of its events.
   */
  async *countHistory(
    tallies: readonly Tally[],
    through: Position,
    options: MomentOptions & { after?: EntityId },
  ): AsyncGenerator<CountedPart[]> {
    const { now, after = '' } = options
    if (tallies.length === 0) return
    const rows = this.#stream(options, async ({ state, live }, asOf) => {
      invariant(through <= asOf, `history up to ${through} is asked of columns up to ${asOf}`)
      return tallyHistoryStatement(tallies, { through, after, now }, { state, live, bindings: new Bindings() })
    })
    const parts = new CountedParts(tallies, now)
    for await (const page of rows) {
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

function historyEventOf([kind, part, name, at, position, properties, context]: unknown[]): HistoryEvent {
  return {
    kind: kind === 'account' ? 'account' : 'user',
    part: String(part),
    name: String(name),
    at: Number(at),
    position: Number(position),
    properties: objectOf(properties),
    context: objectOf(context),
  }
}

function objectOf(text: unknown): JsonObject {
  return typeof text === 'string' ? (JSON.parse(text) as JsonObject) : {}
}
