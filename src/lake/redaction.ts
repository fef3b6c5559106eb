/**
 * What is to go from the lake, and what stays in its place. A line that goes becomes a **tombstone** of the same length, so that
 * every offset of its journal, and with it every other fragment's name, stays true. Readers leave tombstones out.
 */

/** Somebody's wish that lines go; asked for again and again until the manifest says that it is complete. */
export type Redaction = {
  /** Of the erasure that it is a part of. */
  id: string
  collections: readonly string[]
  /** True: lines are counted, and nothing is changed. */
  isDryRun: boolean
  /** A quick look at many lines at once: false only when none of them is concerned. */
  mayConcern: (text: string) => boolean
  /** Whether this line goes. Never true for a tombstone. */
  concerns: (line: string) => boolean
}

/** What a redaction has done so far. */
export type RedactionOutcome = {
  /** Fragments with such lines, and how many of these. */
  fragments: number
  lines: number
  isComplete: boolean
}

const START = '{"erased":true'
/** Documents of the lake are JSON objects; events are far longer than this. */
const SHORTEST = START.length + 1

/** JSON of exactly `sizeBytes` bytes: `{"erased":true}`, with blanks before the last brace; `{}` or `0` where that is too long. */
export function tombstone(sizeBytes: number): Buffer {
  if (sizeBytes < 2) return Buffer.alloc(sizeBytes, '0')
  const start = sizeBytes < SHORTEST ? '{' : START
  return Buffer.from(`${start.padEnd(sizeBytes - 1)}}`)
}

/** Whether a line of the lake, or a document of the log, is what a redaction has left. */
export function isTombstone(line: string): boolean {
  return line.startsWith(START)
}
