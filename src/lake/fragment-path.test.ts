import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatFragmentPath, formatJournal, parseFragmentPath, type FragmentName } from './fragment-path.ts'

const word = fc.stringMatching(/^[a-z0-9_.%-]{1,8}$/)
const fragmentName: fc.Arbitrary<FragmentName> = fc.record({
  collection: fc.array(word, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
  partition: fc
    .array(fc.tuple(word, word), { maxLength: 2 })
    .map((parts) => parts.map(([field, value]) => `${field}=${value}`).join('/')),
  begin: fc.maxSafeNat(),
  end: fc.maxSafeNat(),
  sha1: fc.stringMatching(/^[0-9a-f]{40}$/),
  codec: fc.constantFrom('zstd', 'gzip'),
  hour: fc.integer({ min: 0, max: 1_000_000 }),
})

test('every name is read back from its path', () => {
  fc.assert(
    fc.property(fragmentName, (name) => {
      expect(parseFragmentPath(formatFragmentPath(name))).toEqual(name)
    }),
  )
})

test.each([
  ['a/pivot=00/utc_date=2026-01-01/utc_hour=09/notes.txt'],
  ['a/utc_date=2026-01-01/utc_hour=09/0000000000000000-0000000000000003-5f36b2ea290645ee34d943220a14b54ee5ea5be5.zst'],
  ['a/pivot=00/utc_date=2026-13-01/utc_hour=09/0000000000000000-0000000000000003-5f36b2ea290645ee34d943220a14b54ee5ea5be5.zst'],
  [
    'vendor=1/pivot=00/utc_date=2026-01-01/utc_hour=09/0000000000000000-0000000000000003-5f36b2ea290645ee34d943220a14b54ee5ea5be5.zst',
  ],
  [
    'a/vendor=1/b/pivot=00/utc_date=2026-01-01/utc_hour=09/0000000000000000-0000000000000003-5f36b2ea290645ee34d943220a14b54ee5ea5be5.zst',
  ],
])('%s is no fragment', (path) => {
  expect(parseFragmentPath(path)).toBeUndefined()
})

test('a journal without partition is named by its collection', () => {
  expect(formatJournal({ collection: 'a/b', partition: '' })).toBe('a/b')
  expect(formatJournal({ collection: 'a/b', partition: 'x=1' })).toBe('a/b x=1')
})
