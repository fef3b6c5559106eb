import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Log, LogEntry, Position } from '../log/log.ts'
import { encodeBatch } from '../model/document-batch.ts'
import type { OutputBatch, Store } from '../store/store.ts'
import { type DocumentStream, streamFromLog, streamFromStore } from './document-stream.ts'

const COLLECTION = 'examples/c'
/** One input of the log and the documents that it is or publishes. */
type Input = { position: Position; documents: string[] }

const partitionOf = (text: string) => `vendor=${text.length % 2}`

function section(collection: string, documents: string[], sources?: number[]) {
  return {
    collection,
    schemaHash: 'h',
    documents,
    keys: documents.map((text) => JSON.stringify([text])),
    partitions: documents.map(partitionOf),
    ...(sources ? { sources } : {}),
  }
}

function logOf(inputs: readonly Input[]): Log {
  const entries = inputs.map(({ position, documents }): LogEntry => {
    const other = section('examples/other', ['"other"'])
    return { position, appendedAt: 0, payload: encodeBatch([other, section(COLLECTION, documents), other]) }
  })
  const read: Log['read'] = async (after, { maxBytes, through = Number.POSITIVE_INFINITY }) =>
    cut(
      entries.filter(({ position }) => position > after && position <= through),
      maxBytes,
    )
  return { read } as Log
}

/** Outputs in batches of `perBatch` inputs; inputs without documents give none. */
function storeOf(inputs: readonly Input[], perBatch: number): Store {
  const outputs: OutputBatch[] = []
  for (let start = 0; start < inputs.length; start += perBatch) {
    const group = inputs.slice(start, start + perBatch)
    const documents = group.flatMap((input) => input.documents)
    if (documents.length === 0) continue
    const sources = group.flatMap(({ position, documents }) => documents.flatMap((_, i) => [position, i]))
    const [after, through] = [(group[0]?.position ?? 1) - 1, group.at(-1)?.position ?? 0]
    outputs.push({
      collection: COLLECTION,
      after,
      through,
      appendedAt: 0,
      payload: encodeBatch([section(COLLECTION, documents, sources)]),
    })
  }
  return {
    readOutputs: async (_collection, after, maxBytes) =>
      cut(
        outputs.filter(({ through }) => through > after),
        maxBytes,
      ),
    checkpoints: async () => new Map([[COLLECTION, inputs.at(-1)?.position ?? 0]]),
  } as Store
}

function cut<Batch extends { payload: Uint8Array }>(batches: Batch[], maxBytes: number): Batch[] {
  let size = 0
  return batches.filter(({ payload }, i) => (size += payload.length) <= maxBytes || i === 0)
}

async function readAll(
  stream: DocumentStream,
  after: Position,
  { maxBytes = 1, through }: { maxBytes?: number; through?: Position } = {},
) {
  const texts: string[] = []
  let position = after
  for (;;) {
    const chunk = await stream.read(position, { maxBytes, ...(through === undefined ? {} : { through }) })
    for (const { documentBytes, keyBytes, isWanted } of chunk.sections) {
      const documents = documentBytes.toString().split('\n')
      expect(keyBytes.toString().split('\n')).toEqual(documents.map((text) => JSON.stringify([text])))
      texts.push(...documents.filter((_, i) => isWanted === undefined || isWanted[i] === 1))
    }
    if (chunk.through === position) return { texts, position }
    expect(chunk.through).toBeGreaterThan(position)
    position = chunk.through
  }
}

const inputsArbitrary = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 12 }).map((counts) =>
  counts.map((count, i): Input => ({
    position: i + 1,
    documents: Array.from({ length: count }, (_, j) => `"${'x'.repeat(j)}${i}"`),
  })),
)

describe.each([
  { kind: 'log', open: (inputs: Input[]) => streamFromLog(logOf(inputs), { collection: COLLECTION }) },
  {
    kind: 'store',
    open: (inputs: Input[], perBatch: number) => streamFromStore(storeOf(inputs, perBatch), { collection: COLLECTION }),
  },
])('the stream from the $kind', ({ open }) => {
  test('gives each document of the range once and in order, however it is batched and read', async () => {
    const range = fc.tuple(fc.nat(14), fc.nat(14))
    await fc.assert(
      fc.asyncProperty(
        inputsArbitrary,
        fc.integer({ min: 1, max: 5 }),
        range,
        fc.constantFrom(1, 400, 1e6),
        async (inputs, perBatch, [after, through], maxBytes) => {
          const { texts, position } = await readAll(open(inputs, perBatch), after, { maxBytes, through })
          const expected = inputs
            .filter((input) => input.position > after && input.position <= through)
            .flatMap(({ documents }) => documents)
          expect(texts).toEqual(expected)
          expect(position).toBe(Math.max(after, Math.min(through, inputs.length)))
        },
      ),
    )
  })
})

test.each(['log', 'store'] as const)('only the selected partitions come from the %s', async (kind) => {
  const inputs = [
    { position: 1, documents: ['1', '22', '3'] },
    { position: 2, documents: ['44'] },
    { position: 3, documents: ['5'] },
  ]
  const options = { collection: COLLECTION, partitions: { include: { vendor: [1] } } }
  const stream = kind === 'log' ? streamFromLog(logOf(inputs), options) : streamFromStore(storeOf(inputs, 2), options)
  expect(await readAll(stream, 0)).toEqual({ texts: ['1', '3', '5'], position: 3 })
})

test('inputs that published nothing let the position advance to what is applied', async () => {
  const stream = streamFromStore(
    storeOf(
      [
        { position: 1, documents: ['1'] },
        { position: 2, documents: [] },
      ],
      1,
    ),
    { collection: COLLECTION },
  )
  expect(await readAll(stream, 0)).toEqual({ texts: ['1'], position: 2 })
})

test('a consumer that is ahead of the store stays where it is', async () => {
  const stream = streamFromStore(storeOf([{ position: 1, documents: ['1'] }], 1), { collection: COLLECTION })
  expect(await readAll(stream, 9)).toEqual({ texts: [], position: 9 })
})
