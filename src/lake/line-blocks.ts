/** A fragment's content in blocks of whole lines: large enough to search many lines at once, small enough to hold several. */
import type { Fragment } from './read-lake.ts'
import { readContent } from './read-lake.ts'

const BLOCK_BYTES = 256 * 1024
const LINE_BREAK = 10

/** Blocks of about `BLOCK_BYTES` (or one longer line), each ending with a line break. The caller may change them. */
export async function* readLineBlocks(fragment: Pick<Fragment, 'file' | 'codec'>): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = []
  let sizeBytes = 0
  for await (const piece of readContent(fragment)) {
    pieces.push(piece)
    sizeBytes += piece.length
    if (sizeBytes < BLOCK_BYTES || !piece.includes(LINE_BREAK)) continue
    const all = Buffer.concat(pieces)
    const end = all.lastIndexOf(LINE_BREAK) + 1
    yield all.subarray(0, end)
    pieces = [all.subarray(end)]
    sizeBytes = all.length - end
  }
  if (sizeBytes > 0) yield Buffer.concat(pieces)
}

/** Start and end of each line, without its line break. */
export function* linesOf(block: Buffer): Generator<[start: number, end: number]> {
  for (let start = 0; start < block.length;) {
    const found = block.indexOf(LINE_BREAK, start)
    const end = found < 0 ? block.length : found
    yield [start, end]
    start = end + 1
  }
}
