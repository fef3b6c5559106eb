/**
 * Matches of texts in SQL. Values of ASCII without escapes, which nearly all are, are folded by making them small and matched natively;
 * all others, and the elements of arrays, are matched by the code that decides on one entity at a time.
 */
import type { ValueTest } from '../../model/segment/predicate.ts'
import { fold } from '../../model/segment/text-match.ts'
import { anyOf, type Bindings } from './sql-text.ts'

type TextTest = Extract<ValueTest, { test: 'text' }>

/** ASCII that JSON writes as it is. */
// eslint-disable-next-line no-control-regex -- DEL is one
const PLAIN = /^[ !#-[\]-\u007f]*$/
const BEGINS_WORD = /^[a-z0-9]/

/** `json`: SQL of a value's JSON text. `passes`: SQL of the exact answer. Null where `json` is. */
export function textSql(test: TextTest, json: string, passes: string, bindings: Bindings): string {
  // A plain text holds no other, but it has the empty one.
  const queries = test.values.map(fold).filter((query) => PLAIN.test(query))
  const native = anyOf(queries.map((query) => matchSql(test.match, `lower(${json})`, query, bindings)))
  const isPlain = `strlen(${json}) = length(${json}) and not contains(${json}, '\\')`
  // Each step only where those before do not decide: `and` works out both sides everywhere.
  return `case when starts_with(${json}, '[') then ${passes} when not starts_with(${json}, '"') then false
    when ${isPlain} then ${native} else ${passes} end`
}

/** `folded`: with its quotes, so that a word at the start has something in front like all others. */
function matchSql(match: TextTest['match'], folded: string, query: string, bindings: Bindings): string {
  if (match === 'endsWith') return `ends_with(${folded}, ${bindings.text(`${query}"`)})`
  if (match === 'startsWith' || !BEGINS_WORD.test(query)) return `starts_with(${folded}, ${bindings.text(`"${query}`)})`
  const begins = ['"', ' '].map((character) => `contains(${folded}, ${bindings.text(character + query)})`)
  const pattern = `[^a-z0-9]${query.replaceAll(/[.*+?^$|(){}[\]]/g, String.raw`\$&`)}`
  const begun = `regexp_matches(${folded}, ${bindings.text(pattern)})`
  return `case when not contains(${folded}, ${bindings.text(query)}) then false when ${anyOf(begins)} then true else ${begun} end`
}
