/**
 * The outputs that notifications are made of, as one sequence of lines: those of `millrace/events` and of `millrace/changes` by position,
 * index and key. A stretch of it is what one page tells; where it ends does not depend on how the outputs are cut into batches.
 */
import type { Position } from '../../log/log.ts'
import { CHANGES, EVENTS } from '../../model/system-collections.ts'
import type { StoreReader } from '../../store/store.ts'
import type { DecodedOutputs, OutputLine } from './decoded-outputs.ts'
import { comparePlaces, lastWholePosition, type OutputPlace } from './notification-cursor.ts'

export type Stretch = {
  lines: OutputLine[]
  /** Everything up to here is in `lines`, or was before. */
  end: OutputPlace
}

export type StretchLimits = {
  /** Keys: users' and accounts' parts, entities, segments. At least one place is taken. */
  keys: number
  /** Of texts. */
  characters: number
  /** Of each collection, as stored; at least a batch is read. */
  readBytes: number
}

/** Of what is read again. */
const AT_ONCE_BYTES = 1_000_000

export type Outputs = { store: Pick<StoreReader, 'readOutputs'>; decoded: DecodedOutputs }
type Read = { lines: OutputLine[]; through: Position }

/** From behind `after`, as much as the limits allow, nothing behind position `head`. */
export async function readStretch(
  outputs: Outputs,
  after: OutputPlace,
  { head, limits }: { head: Position; limits: StretchLimits },
): Promise<Stretch> {
  const [events, changes] = await Promise.all(
    ([EVENTS, CHANGES] as const).map((collection) => readSome(outputs, collection, { after, head, bytesMax: limits.readBytes })),
  )
  const through = Math.min(events?.through ?? head, changes?.through ?? head)
  const lines = [...(events?.lines ?? []), ...(changes?.lines ?? [])].filter(({ place }) => place.position <= through)
  return cut(lines.toSorted(inOrder), through, limits)
}

/** The very lines that a stretch from `after` to `end` had; fewer only when some were erased since. */
export async function readStretchAgain(outputs: Outputs, after: OutputPlace, end: OutputPlace): Promise<Stretch> {
  const range = { after, head: end.position, bytesMax: Number.POSITIVE_INFINITY }
  const read = await Promise.all(([EVENTS, CHANGES] as const).map((collection) => readSome(outputs, collection, range)))
  const lines = read.flatMap(({ lines }) => lines).filter(({ place }) => comparePlaces(place, end) <= 0)
  return { lines: lines.toSorted(inOrder), end }
}

function inOrder(a: OutputLine, b: OutputLine): number {
  return comparePlaces(a.place, b.place)
}

type Range = { after: OutputPlace; head: Position; bytesMax: number }

/** Whole batches until so many bytes, the head, or the end of what there is: then everything up to the head is read. */
async function readSome(
  { store, decoded }: Outputs,
  collection: OutputLine['collection'],
  { after, head, bytesMax }: Range,
): Promise<Read> {
  const lines: OutputLine[] = []
  let through = lastWholePosition(after)
  for (let bytes = 0; bytes < bytesMax && through < head;) {
    const batches = await store.readOutputs(collection, through, Math.min(bytesMax, AT_ONCE_BYTES))
    const last = batches.at(-1)
    if (last === undefined) return { lines, through: head }
    for (const batch of batches) {
      bytes += batch.payload.length
      for (const line of decoded.linesOf(batch, collection)) {
        if (line.place.position <= head && comparePlaces(line.place, after) > 0) lines.push(line)
      }
    }
    through = last.through
  }
  return { lines, through: Math.min(through, head) }
}

/** Ends between two places, and behind a position wherever that is possible. */
function cut(lines: OutputLine[], through: Position, limits: StretchLimits): Stretch {
  const keys = new Set<string>()
  let characters = 0
  for (const [i, { place, text }] of lines.entries()) {
    keys.add(place.within.key)
    characters += text.length
    if (keys.size <= limits.keys && characters <= limits.characters) continue
    const end = lastPlaceBefore(lines, i)
    if (end !== undefined) return { lines: lines.slice(0, end.count), end: end.place }
  }
  return { lines, end: { position: through } }
}

/** The lines before the last change of position among the first `i + 1`; of place, where they are all of one position. */
function lastPlaceBefore(lines: OutputLine[], i: number): { count: number; place: OutputPlace } | undefined {
  for (const isEnd of [changesPosition, changesPlace]) {
    for (let count = i; count > 0; count--) {
      const [before, next] = [lines[count - 1], lines[count]]
      if (before === undefined || next === undefined || !isEnd(before, next)) continue
      const { position, within } = before.place
      return { count, place: isEnd === changesPosition ? { position } : { position, within } }
    }
  }
  return undefined
}

function changesPosition(a: OutputLine, b: OutputLine): boolean {
  return a.place.position !== b.place.position
}

function changesPlace(a: OutputLine, b: OutputLine): boolean {
  return comparePlaces(a.place, b.place) !== 0
}
