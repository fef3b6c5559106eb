/** What `Store.scan` must find among these keys, without its limit. */
import type { KeyRange } from './store.ts'

export function naiveScan(keys: Iterable<string>, { after, from, until }: KeyRange): string[] {
  return [...keys]
    .filter((key) => after === undefined || compareBytes(key, after) > 0)
    .filter((key) => from === undefined || compareBytes(key, from) >= 0)
    .filter((key) => until === undefined || compareBytes(key, until) < 0)
    .toSorted(compareBytes)
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
