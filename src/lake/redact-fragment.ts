/** Finds the lines of one fragment that a redaction concerns, and writes the fragment without them, everything else byte by byte. */
import { createHash } from 'node:crypto'
import { linesOf, readLineBlocks } from './line-blocks.ts'
import { CompressedFile } from './open-fragment.ts'
import type { Fragment } from './read-lake.ts'
import { tombstone, type Redaction } from './redaction.ts'

type Source = Pick<Fragment, 'file' | 'codec'>

export async function countConcernedLines(source: Source, redaction: Redaction): Promise<number> {
  let lines = 0
  for await (const block of readLineBlocks(source)) lines += concernedLines(block, redaction).length
  return lines
}

export type RewrittenFragment = { sha1: string; fileBytes: number }

/** Writes the new content to `path`, which must not exist; on stable storage when it resolves. */
export async function rewriteFragment(source: Source, redaction: Redaction, path: string): Promise<RewrittenFragment> {
  const sha1 = createHash('sha1')
  const file = await CompressedFile.create(path, source.codec)
  try {
    for await (const block of readLineBlocks(source)) {
      for (const [start, end] of concernedLines(block, redaction)) tombstone(end - start).copy(block, start)
      sha1.update(block)
      await file.write(block)
    }
    return { sha1: sha1.digest('hex'), fileBytes: await file.finish() }
  } catch (error) {
    await file.abandon()
    throw error
  }
}

function concernedLines(block: Buffer, redaction: Redaction): [start: number, end: number][] {
  if (!redaction.mayConcern(block.toString('utf8'))) return []
  return linesOf(block)
    .filter(([start, end]) => redaction.concerns(block.toString('utf8', start, end)))
    .toArray()
}
