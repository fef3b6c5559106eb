/** Gathers the keys of all documents into filters, one per space, in slices: a long read would keep the write-ahead log from being reused. */
import type { DatabaseSync } from 'node:sqlite'
import { BloomFilter, type BloomLayer } from '../../base/bloom-filter.ts'

export type ScannedKeys = { space: string; layers: readonly BloomLayer[] }[]

const SELECT_SPACES = 'select id, name from spaces'
const COUNT_KEYS = 'select count(*) as count from documents where space = ?'
const SELECT_FIRST_KEYS = 'select key from documents where space = ? order by key limit ?'
const SELECT_NEXT_KEYS = 'select key from documents where space = ? and key > ? order by key limit ?'

/** About 10 ms. */
const SLICE_KEYS = 20_000

export type ScanOptions = { except?: readonly string[]; sliceKeys?: number }

/** Of all spaces but those of `except`. */
export function scanKeys(db: DatabaseSync, { except = [], sliceKeys = SLICE_KEYS }: ScanOptions = {}): ScannedKeys {
  const spaces = db.prepare(SELECT_SPACES).all() as { id: number; name: string }[]
  const scanned = spaces.filter(({ name }) => !except.includes(name))
  return scanned.map(({ id, name }) => ({ space: name, layers: scanSpace(db, id, sliceKeys).layers }))
}

function scanSpace(db: DatabaseSync, space: number, sliceKeys: number): BloomFilter {
  const { count } = db.prepare(COUNT_KEYS).get(space) as { count: number }
  const filter = new BloomFilter(count)
  const next = db.prepare(SELECT_NEXT_KEYS)
  let slice = db.prepare(SELECT_FIRST_KEYS).all(space, sliceKeys) as { key: string }[]
  while (slice.length > 0) {
    for (const { key } of slice) filter.add(key)
    slice = next.all(space, slice.at(-1)?.key ?? '', sliceKeys) as { key: string }[]
  }
  return filter
}
