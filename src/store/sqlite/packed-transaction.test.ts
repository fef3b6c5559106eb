import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DocumentChange } from '../store.ts'
import { buffersOf, packTransaction, unpackChanges, type SpaceChanges } from './packed-transaction.ts'

function* flatten(changes: SpaceChanges[]): Generator<DocumentChange> {
  for (const { space, keys, values } of changes) {
    for (const [i, key] of keys.entries()) yield { space, key, value: values[i] }
  }
}

test('documents come out by space, in the order they went in', () => {
  const text = fc.string({ unit: 'binary', maxLength: 8 })
  const change = fc.record({ space: fc.constantFrom('a', 'b', 'ü\0'), key: text, value: fc.option(text, { nil: undefined }) })
  fc.assert(
    fc.property(fc.array(change), (documents) => {
      const packed = packTransaction({ documents, outputs: [], checkpoints: [] })
      const sent = structuredClone(packed, { transfer: buffersOf(packed) })
      const spaces = [...new Set(documents.map(({ space }) => space))]
      expect([...flatten(unpackChanges(sent))]).toEqual(
        spaces.flatMap((space) => documents.filter((each) => each.space === space)),
      )
    }),
  )
})

test('large transactions are cut into chunks', () => {
  const documents = Array.from({ length: 30 }, (_, i) => ({ space: 's', key: `key ${i}`, value: 'v'.repeat(1_000_000) }))
  const packed = packTransaction({ documents, outputs: [], checkpoints: [] })
  expect(packed.chunks.length).toBeGreaterThan(1)
  const [changes] = unpackChanges(packed)
  expect(changes?.keys).toEqual(documents.map(({ key }) => key))
  expect(changes?.values.map((value) => value?.length)).toEqual(documents.map(() => 1_000_000))
})

test('payloads are copied: their memory stays the caller’s', () => {
  const memory = new Uint8Array([1, 2, 3, 4])
  const output = { collection: 'c', after: 0, through: 1, appendedAt: 0, payload: memory.subarray(1, 3) }
  const packed = packTransaction({ documents: [], outputs: [output], checkpoints: [] })
  const sent = structuredClone(packed, { transfer: buffersOf(packed) })
  expect(sent.outputs[0]?.payload).toEqual(new Uint8Array([2, 3]))
  expect(memory).toEqual(new Uint8Array([1, 2, 3, 4]))
})
