import { randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeBatch, encodeBatch, type Section } from './document-batch.ts'
import { padBatch } from './padded-batch.ts'

const section = (documents: string[], keys: string[]): Section => ({
  collection: 'c',
  schemaHash: 'h',
  documents,
  keys,
  partitions: documents.map((_, i) => `p=${i % 3}`),
  sources: documents.flatMap((_, i) => [i, i]),
})

const contentOf = (payload: Uint8Array) =>
  decodeBatch(payload).map((section) => ({
    documents: section.documents(),
    keys: section.keys(),
    partitions: Array.from(section.partitionNumbers(), (number) => section.partitions[number]),
    sources: [...section.sources()],
  }))

test.each([0, 1, 7, 8, 9, 100, 100_000])('a batch padded by %i bytes is read as before', (more) => {
  for (const count of [1, 200]) {
    const texts = Array.from({ length: count }, (_, i) => `{"i":${i}}`)
    const batch = encodeBatch([section(texts, texts), section(texts.slice(1), texts.slice(1))])
    const padded = padBatch(batch, batch.length + more)
    expect(padded).toHaveLength(batch.length + more)
    expect(contentOf(padded)).toEqual(contentOf(batch))
  }
})

/** Like those on the log: much alike, with ids and times that do not compress. */
const event = (i: number) => {
  const [id, user] = [randomBytes(8).toString('hex'), randomBytes(4).toString('hex')]
  return `{"id":"${id}","type":"track","name":"Viewed","source":"web","userId":"${user}","occurredAt":"2026-03-01T08:00:0${i % 10}.000Z"}`
}

test('a batch of which documents have become tombstones fits where it was, whatever its size', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 59 }), (count, erased) => {
      const documents = Array.from({ length: count }, (_, i) => event(i))
      const keys = Array.from({ length: count }, () => JSON.stringify([randomBytes(16).toString('hex')]))
      const before = encodeBatch([section(documents, keys)])
      const at = erased % count
      const after = encodeBatch([section(documents.with(at, '{"erased":true}'), keys.with(at, '["erased"]'))])
      const padded = padBatch(after, before.length)
      expect(padded).toHaveLength(before.length)
      expect(contentOf(padded)).toEqual(contentOf(after))
    }),
    { numRuns: 300 },
  )
})

test('what does not fit in any form stays larger', () => {
  const batch = encodeBatch([section([JSON.stringify(randomBytes(2_000).toString('hex'))], ['[1]'])])
  expect(padBatch(batch, 500)).toEqual(batch)
})
