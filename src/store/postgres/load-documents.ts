/** Loads the values of many keys in one question. */
import type { Pool } from 'pg'
import { fromStored, toStoredKey } from './stored-text.ts'

/**
 * The number of the key, and its value, for those that exist. The `limit` keeps the planner from joining with the whole table, which
 * it prefers for thousands of keys: 31 instead of 5 µs a key with 500,000 documents, and growing.
 */
const SELECT_VALUES = `
  select asked.number::integer - 1 as index, found.value
  from unnest($2::text[]) with ordinality as asked (key, number)
  cross join lateral (
    select value from millrace.documents
    where space = (select id from millrace.spaces where name = $1) and key = asked.key
    limit 1
  ) as found
`

/** Keys per question: a round trip no longer counts, and the text of the question stays below a few MB. */
const KEYS_MAX = 10_000

export async function loadDocuments(pool: Pool, space: string, keys: readonly string[]): Promise<(string | undefined)[]> {
  const values: (string | undefined)[] = keys.map(() => undefined)
  const storedSpace = toStoredKey(space)
  const storedKeys = keys.map(toStoredKey)
  for (let start = 0; start < keys.length; start += KEYS_MAX) {
    const asked = storedKeys.slice(start, start + KEYS_MAX)
    const { rows } = await pool.query<{ index: number; value: string }>(SELECT_VALUES, [storedSpace, asked])
    for (const { index, value } of rows) values[start + index] = fromStored(value)
  }
  return values
}
