/**
 * Functions of this program that SQL calls, for what SQL has no exact words for: the same code that decides on one entity at a time.
 * A million calls take a second, so conditions in SQL stand before them where they can.
 */
import type { DuckDBConnection, DuckDBDataChunk, DuckDBVector } from '@duckdb/node-api'
import { invariant } from '../../base/errors.ts'
import { isObject, type Json } from '../../base/json.ts'
import type { ValueTest } from '../../model/segment/predicate.ts'
import { valueAt } from '../../model/segment/tally.ts'
import { compileTest } from '../../model/segment/value-test.ts'
import type { Zone } from '../../model/segment/zone.ts'

type Passes = (value: Json) => boolean

/** Those that statements under way use, by number. */
export class LiveFunctions {
  readonly #tests = new Map<number, Passes>()
  readonly #keys = new Map<number, string>()
  #last = 0

  /** Makes the functions known to all connections of the database; once. */
  async register(connection: DuckDBConnection): Promise<void> {
    const { BOOLEAN, DuckDBScalarFunction, INTEGER, VARCHAR } = await import('@duckdb/node-api')
    const test = (chunk: DuckDBDataChunk, output: DuckDBVector) => {
      const passes = this.#tests.get(numberOf(chunk))
      invariant(passes, 'a test is known for as long as its statement runs')
      fill(chunk, output, 1, (json) => passes(JSON.parse(json) as Json))
    }
    const find = (chunk: DuckDBDataChunk, output: DuckDBVector) => {
      const key = this.#keys.get(numberOf(chunk))
      invariant(key !== undefined, 'a key is known for as long as its statement runs')
      fill(chunk, output, 1, (json) => findText(json, key))
    }
    const functions = [
      { name: 'millrace_test', parameterTypes: [INTEGER, VARCHAR], returnType: BOOLEAN, main: test },
      { name: 'millrace_find', parameterTypes: [INTEGER, VARCHAR], returnType: VARCHAR, main: find },
      { name: 'millrace_merge', parameterTypes: [VARCHAR, VARCHAR], returnType: VARCHAR, main: merge },
    ]
    for (const { main, ...named } of functions) {
      const mainFunction = (_: unknown, chunk: DuckDBDataChunk, output: DuckDBVector) => main(chunk, output)
      connection.registerScalarFunction(DuckDBScalarFunction.create({ ...named, mainFunction }))
    }
  }

  /** What one statement uses; `release` when it has ended. */
  open(): LiveScope {
    const numbers: number[] = []
    const next = () => {
      numbers.push(++this.#last)
      return this.#last
    }
    return {
      passes: (test, zone, now, json) => {
        const number = next()
        const compiled = compileTest({ ...test, negated: false }, zone)
        this.#tests.set(number, (value) => compiled(value, now).matches)
        return `millrace_test(${number}, (${json})::varchar)`
      },
      find: (json, key) => {
        const number = next()
        this.#keys.set(number, key)
        return `millrace_find(${number}, (${json})::varchar)`
      },
      release: () => {
        for (const number of numbers) {
          this.#tests.delete(number)
          this.#keys.delete(number)
        }
      },
    }
  }
}

export type LiveScope = {
  /** SQL of whether the value passes, negation left aside; `json`: SQL of its JSON text. */
  passes(test: ValueTest, zone: Zone, now: number, json: string): string
  /** SQL of the JSON text of what `valueAt` finds in an object, null where there is nothing. */
  find(json: string, key: string): string
  release(): void
}

/** The same in all rows of a call. */
function numberOf(chunk: DuckDBDataChunk): number {
  return Number(chunk.getColumnVector(0).getItem(0))
}

function fill(
  chunk: DuckDBDataChunk,
  output: DuckDBVector,
  column: number,
  resultOf: (text: string) => string | boolean | null,
): void {
  const texts = chunk.getColumnVector(column)
  for (let row = 0; row < chunk.rowCount; row++) {
    const text = texts.getItem(row)
    output.setItem(row, typeof text === 'string' ? resultOf(text) : null)
  }
  output.flush()
}

function findText(json: string, key: string): string | null {
  const value = JSON.parse(json) as Json
  const found = isObject(value) ? valueAt(value, key) : null
  return found === null ? null : JSON.stringify(found)
}

/** `{ ...first, ...second }`. */
function merge(chunk: DuckDBDataChunk, output: DuckDBVector): void {
  const seconds = chunk.getColumnVector(1)
  let row = 0
  fill(chunk, output, 0, (first) => {
    const second = seconds.getItem(row++)
    return JSON.stringify({ ...(JSON.parse(first) as object), ...(JSON.parse(String(second)) as object) })
  })
}
