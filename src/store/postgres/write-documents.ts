/** Writes the documents of a transaction: copied into a temporary table, merged from there. Measured: twice as fast as arrays with `unnest`. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ClientBase } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { DocumentChange } from '../store.ts'
import { copyRows, type ChangeRow } from './copy-rows.ts'
import { toStoredKey } from './stored-text.ts'

const CREATE_CHANGES = `
  create temporary table if not exists changes (space integer not null, key text collate "C" not null, value text)
  on commit delete rows
`

const COPY_CHANGES = 'copy changes (space, key, value) from stdin (format binary)'

/** In the order of the index: neighbours share pages. */
const UPSERT_CHANGED = `
  insert into millrace.documents (space, key, value)
  select space, key, value from changes where value is not null order by space, key
  on conflict (space, key) do update set value = excluded.value
`

const DELETE_CHANGED = `
  delete from millrace.documents
  using changes
  where documents.space = changes.space and documents.key = changes.key and changes.value is null
`

const INSERT_SPACE = `
  insert into millrace.spaces (name) values ($1)
  on conflict (name) do update set name = excluded.name
  returning id
`

/** Each key at most once. */
export async function writeDocuments(client: ClientBase, documents: readonly DocumentChange[]): Promise<void> {
  if (documents.length === 0) return
  const spaceIds = await internSpaces(client, documents)
  await client.query(CREATE_CHANGES)
  await pipeline(Readable.from(copyRows(toRows(documents, spaceIds))), client.query(copyFrom(COPY_CHANGES)))
  await client.query(UPSERT_CHANGED)
  if (documents.some(({ value }) => value === undefined)) await client.query(DELETE_CHANGED)
}

async function internSpaces(client: ClientBase, documents: readonly DocumentChange[]): Promise<Map<string, number>> {
  const spaceIds = new Map<string, number>()
  for (const space of new Set(documents.map(({ space }) => space))) {
    const { rows } = await client.query<{ id: number }>(INSERT_SPACE, [toStoredKey(space)])
    for (const { id } of rows) spaceIds.set(space, id)
  }
  return spaceIds
}

function* toRows(documents: readonly DocumentChange[], spaceIds: Map<string, number>): Generator<ChangeRow> {
  for (const { space, key, value } of documents) yield { spaceId: spaceIds.get(space) as number, key, value }
}
