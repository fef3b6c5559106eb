/**
 * A transaction in a form that crosses threads as a few blocks of memory: 400,000 documents as single strings would keep both
 * threads busy with copying.
 */
import { invariant } from '../../base/errors.ts'
import type { Checkpoint, DocumentChange, OutputBatch, PrunedOutputs, ReplacedOutput, Transaction } from '../store.ts'

export type PackedTransaction = {
  /** The spaces that occur. */
  spaces: string[]
  chunks: PackedChanges[]
  outputs: OutputBatch[]
  checkpoints: Checkpoint[]
  prunedOutputs: PrunedOutputs[]
  replacedOutputs: ReplacedOutput[]
}

type PackedChanges = {
  /** Per change: its space (an index), the length of its key, and of its value or `DELETED`; lengths in UTF-16 units. */
  table: Uint32Array<ArrayBuffer>
  /** Keys and values in turn, each followed by a separator; UTF-8. */
  text: Uint8Array<ArrayBuffer>
}

const COLUMNS = 3
const DELETED = 0xffff_ffff
/** Keeps surrogates of neighbours apart, so that one look at the whole text finds lone ones. */
const SEPARATOR = '\n'
/** UTF-16 units. Larger texts gain nothing; a string may have 512 million. */
const CHUNK_LENGTH = 8_000_000

export function packTransaction(transaction: Transaction): PackedTransaction {
  const { documents, outputs, checkpoints, prunedOutputs = [], replacedOutputs = [] } = transaction
  const spaces = new Map<string, number>()
  const chunks: PackedChanges[] = []
  for (let start = 0; start < documents.length;) {
    const end = endOfChunk(documents, start)
    chunks.push(packChanges(documents, [start, end], spaces))
    start = end
  }
  return {
    spaces: [...spaces.keys()],
    chunks,
    outputs: outputs.map(withOwnPayload),
    checkpoints,
    prunedOutputs,
    replacedOutputs: replacedOutputs.map(withOwnPayload),
  }
}

/** Copied, as a payload may be a view of memory that others use. */
function withOwnPayload<Batch extends { payload: Uint8Array }>(batch: Batch): Batch {
  return { ...batch, payload: Uint8Array.from(batch.payload) }
}

/** The blocks that need not be copied on their way to another thread. */
export function buffersOf({ chunks, outputs, replacedOutputs }: PackedTransaction): ArrayBuffer[] {
  return [
    ...chunks.flatMap(({ table, text }) => [table.buffer, text.buffer]),
    ...[...outputs, ...replacedOutputs].map(({ payload }) => payload.buffer as ArrayBuffer),
  ]
}

function endOfChunk(documents: readonly DocumentChange[], start: number): number {
  let length = 0
  let end = start
  while (end < documents.length && length < CHUNK_LENGTH) {
    const { key, value } = documents[end] as DocumentChange
    length += key.length + (value?.length ?? 0)
    end++
  }
  return end
}

function packChanges(
  documents: readonly DocumentChange[],
  [start, end]: [number, number],
  spaces: Map<string, number>,
): PackedChanges {
  const table = new Uint32Array((end - start) * COLUMNS)
  const parts: string[] = []
  let cell = 0
  for (let i = start; i < end; i++) {
    const { space, key, value } = documents[i] as DocumentChange
    table[cell++] = numberOf(space, spaces)
    table[cell++] = key.length
    table[cell++] = value === undefined ? DELETED : value.length
    parts.push(key)
    if (value !== undefined) parts.push(value)
  }
  parts.push('')
  const text = parts.join(SEPARATOR)
  invariant(text.isWellFormed(), 'keys and values of documents are well-formed strings')
  return { table, text: new TextEncoder().encode(text) }
}

function numberOf(space: string, spaces: Map<string, number>): number {
  const known = spaces.get(space)
  if (known !== undefined) return known
  invariant(space.isWellFormed(), 'names of spaces are well-formed strings')
  spaces.set(space, spaces.size)
  return spaces.size - 1
}

/** Of one space. Both lists run in parallel. */
export type SpaceChanges = { space: string; keys: string[]; values: (string | undefined)[] }

export function unpackChanges({ spaces, chunks }: PackedTransaction): SpaceChanges[] {
  const changes = spaces.map((space): SpaceChanges => ({ space, keys: [], values: [] }))
  for (const { table, text } of chunks) {
    const all = Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf8')
    let start = 0
    const take = (length: number) => all.slice(start, (start += length + 1) - 1)
    for (let cell = 0; cell < table.length; cell += COLUMNS) {
      const { keys, values } = changes[table[cell] as number] as SpaceChanges
      const valueLength = table[cell + 2] as number
      keys.push(take(table[cell + 1] as number))
      values.push(valueLength === DELETED ? undefined : take(valueLength))
    }
  }
  return changes
}
