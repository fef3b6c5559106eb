import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeBatch, encodeBatch, type Section } from './document-batch.ts'

const section = fc
  .record({
    collection: fc.string(),
    schemaHash: fc.string(),
    rows: fc.array(
      fc.record({ document: fc.json(), key: fc.json(), partition: fc.string(), position: fc.nat(), index: fc.nat() }),
      { maxLength: 200 },
    ),
    hasSources: fc.boolean(),
  })
  .map(({ collection, schemaHash, rows, hasSources }): Section => ({
    collection,
    schemaHash,
    documents: rows.map((row) => JSON.stringify(JSON.parse(row.document))),
    keys: rows.map((row) => JSON.stringify(JSON.parse(row.key))),
    partitions: rows.map((row) => row.partition.toWellFormed()),
    ...(hasSources ? { sources: rows.flatMap((row) => [row.position, row.index]) } : {}),
  }))

test('a batch decodes to what was encoded, small or large, with and without sources', () => {
  fc.assert(
    fc.property(fc.array(section, { maxLength: 4 }), (sections) => {
      const decoded = decodeBatch(encodeBatch(sections))
      expect(decoded.length).toBe(sections.length)
      let firstIndex = 0
      decoded.forEach((actual, i) => {
        const expected = sections[i] as Section
        expect(actual.collection).toBe(expected.collection)
        expect(actual.count).toBe(expected.documents.length)
        expect(actual.firstIndex).toBe(firstIndex)
        expect(actual.documents()).toEqual(expected.documents.map((text) => text.toWellFormed()))
        expect(actual.keys()).toEqual(expected.keys.map((text) => text.toWellFormed()))
        expect([...actual.partitionNumbers()].map((number) => actual.partitions[number])).toEqual(expected.partitions)
        expect([...actual.sources()]).toEqual(expected.sources ?? [])
        firstIndex += actual.count
      })
    }),
  )
})

test('a large batch is compressed, a tiny one is not', () => {
  const documents = Array.from({ length: 1000 }, (_, i) => `{"user":"usr-${i}"}`)
  const many: Section = {
    collection: 'c',
    schemaHash: 'h',
    documents,
    keys: documents,
    partitions: documents.map(() => 'vendor=1'),
  }
  expect(encodeBatch([many]).length).toBeLessThan(documents.join('').length)
  const one = encodeBatch([{ collection: 'c', schemaHash: 'h', documents: ['{}'], keys: ['[1]'], partitions: [''] }])
  expect(one[0]).toBe(1)
})
