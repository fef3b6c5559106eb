/** Facts of entities as SQL has them. */
import { FACT_COLUMNS_MAX, type FactColumn } from './column-state.ts'
import { factNames } from './entity-row.ts'
import type { LiveScope } from './live-functions.ts'
import { anyOf } from './sql-text.ts'
import type { ValueSource } from './value-sql.ts'

/** The value under a key of reports; `row`: alias of the entity's row. Null there when the entity has none. */
export function factSource(key: string, row: string, columns: ReadonlyMap<string, FactColumn>, live: LiveScope): ValueSource {
  const [first, ...others] = factNames(key).map((name) => sourceOf(name, row, columns, live))
  return others.reduce<ValueSource>(otherwise, first ?? { isSet: 'false' })
}

function sourceOf(name: string, row: string, columns: ReadonlyMap<string, FactColumn>, live: LiveScope): ValueSource {
  const column = columns.get(name)
  if (column) return columnSource(row, column)
  // Names of facts have no dots, which would lead into values.
  if (columns.size < FACT_COLUMNS_MAX || name.includes('.')) return { isSet: 'false' }
  const json = live.find(`${row}.rest`, name)
  return { json, number: `try_cast(${json} as double)`, isSet: `${json} is not null` }
}

function columnSource(row: string, column: FactColumn): ValueSource {
  const { number, columns } = column
  const has = (letter: string) => columns.includes(letter)
  return {
    ...(has('t') && { json: `${row}.t${number}`, instant: has('i') ? `${row}.i${number}` : 'null::bigint' }),
    ...(has('n') && { number: `${row}.n${number}` }),
    isSet: anyOf(
      Array.from(columns)
        .filter((letter) => letter !== 'i')
        .map((letter) => `${row}.${letter}${number} is not null`),
    ),
  }
}

/** `first` where it is set. */
function otherwise(first: ValueSource, second: ValueSource): ValueSource {
  const choose = (a: string | undefined, b: string | undefined) =>
    `case when ${first.isSet} then ${a ?? 'null'} else ${b ?? 'null'} end`
  const isKnown =
    (first.json === undefined || first.instant !== undefined) && (second.json === undefined || second.instant !== undefined)
  return {
    ...((first.json ?? second.json) !== undefined && { json: choose(first.json, second.json) }),
    ...((first.number ?? second.number) !== undefined && { number: choose(first.number, second.number) }),
    ...(isKnown && (first.instant ?? second.instant) !== undefined && { instant: choose(first.instant, second.instant) }),
    isSet: anyOf([first.isSet, second.isSet]),
  }
}
