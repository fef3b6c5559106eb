/** Replaying and discarding what stands in the quarantine, one item or all that pass a filter. */
import type { Clock } from '../../../base/clock.ts'
import type { Position } from '../../../log/log.ts'
import type { QuarantinedItem } from '../../../model/event/quarantine.ts'
import type { Refusal } from '../../../model/event/item-reading.ts'
import type { ItemChange, Replay } from '../../tracking/replay.ts'
import { waitUntilApplied } from './profile-commands.ts'
import type { QuarantineFilter, QuarantineReader } from './quarantine-reader.ts'

export type QuarantineParts = {
  reader: QuarantineReader
  replay: Replay
  /** As in `CommandPort`. */
  applied: (position: Position, signal: AbortSignal) => Promise<void>
  clock: Clock
}

export type ReplayDone =
  | { isReplayed: true; messageId: string; position: Position; isApplied: boolean }
  /** It stays where it is. */
  | { isReplayed: false; refusal: Refusal }

export type ReplayAllDone = {
  replayed: number
  /** Those that cannot be events as they are, the newest first; they stay. */
  refused: number
  /** The first hundred of them. */
  refusals: (Refusal & { id: string })[]
  /** True when there may be more that pass: a call takes `REPLAYED_MAX` at most. */
  hasMore: boolean
  isApplied: boolean
}

/** Items that one call takes: some ten seconds. */
const REPLAYED_MAX = 10_000
const REFUSALS_SHOWN_MAX = 100
/** Appends under way at once share a flush of the disk; `REPLAYED_MAX` is a multiple of it. */
const AT_ONCE = 50

/** Rejects with `quarantine_item_unknown`, and as the log does. */
export async function replayOne(
  { reader, replay, applied, clock }: QuarantineParts,
  id: string,
  change?: ItemChange,
): Promise<ReplayDone> {
  const outcome = await replay.replay(await reader.require(id), change)
  if ('refusal' in outcome) return { isReplayed: false, refusal: outcome.refusal }
  const { event, position } = outcome
  return { isReplayed: true, messageId: event.id, position, isApplied: await waitUntilApplied({ applied, clock }, position) }
}

/** The newest first. What is not replayed when it rejects can be replayed by another call: what was already has left. */
export async function replayAll(
  { reader, replay, applied, clock }: QuarantineParts,
  filter: QuarantineFilter,
): Promise<ReplayAllDone> {
  const done: ReplayAllDone = { replayed: 0, refused: 0, refusals: [], hasMore: false, isApplied: true }
  let last: Position = 0
  for await (const items of batchesOf(reader.walk(filter))) {
    if (done.replayed + done.refused >= REPLAYED_MAX) {
      done.hasMore = true
      break
    }
    const outcomes = await Promise.all(items.map((item) => replay.replay(item)))
    for (const [i, outcome] of outcomes.entries()) {
      if ('event' in outcome) {
        done.replayed++
        last = Math.max(last, outcome.position)
      } else {
        done.refused++
        if (done.refusals.length < REFUSALS_SHOWN_MAX) done.refusals.push({ id: items[i]?.id ?? '', ...outcome.refusal })
      }
    }
  }
  return { ...done, isApplied: last === 0 || (await waitUntilApplied({ applied, clock }, last)) }
}

async function* batchesOf(walk: ReturnType<QuarantineReader['walk']>): AsyncGenerator<QuarantinedItem[]> {
  let batch: QuarantinedItem[] = []
  for await (const [item] of walk) {
    batch.push(item)
    if (batch.length < AT_ONCE) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** Rejects with `quarantine_item_unknown`. */
export async function discardOne(
  { reader, replay, applied, clock }: QuarantineParts,
  id: string,
): Promise<{ position: Position; isApplied: boolean }> {
  await reader.require(id)
  const position = await replay.discard([id])
  return { position, isApplied: await waitUntilApplied({ applied, clock }, position) }
}
