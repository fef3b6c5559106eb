/** Documents of a space in the order of their keys. The escapes of `stored-text.ts` keep that order. */
import type { Pool } from 'pg'
import { invariant } from '../../base/errors.ts'
import type { KeyRange, StoredDocument } from '../store.ts'
import { fromStored, isHashed, toStored, toStoredKey } from './stored-text.ts'

/** The primary key has this order already. Without an upper bound, `$4` is null, and the planner drops the condition. */
const SELECT_DOCUMENTS = `
  select key, value
  from millrace.documents
  where space = (select id from millrace.spaces where name = $1)
    and key >= greatest($2::text collate "C", $3::text collate "C")
    and ($4::text is null or key < $4::text collate "C")
  order by key
  limit $5
`

/** Appended to a key it gives the next one. */
const LEAST_CHARACTER = '\0'

export type ScanOptions = { range: KeyRange; limit: number }

export async function scanDocuments(pool: Pool, space: string, { range, limit }: ScanOptions): Promise<StoredDocument[]> {
  const { after, from = '', until } = range
  const behind = after === undefined ? '' : `${after}${LEAST_CHARACTER}`
  const { rows } = await pool.query<StoredDocument>(SELECT_DOCUMENTS, [
    toStoredKey(space),
    toStored(from),
    toStored(behind),
    until === undefined ? null : toStored(until),
    limit,
  ])
  return rows.map(({ key, value }) => {
    invariant(!isHashed(key), 'a space that is scanned has no keys longer than SCANNED_KEY_LENGTH_MAX')
    return { key: fromStored(key), value: fromStored(value) }
  })
}
