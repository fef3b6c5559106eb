/** The way out of the quarantine: an item is mended and becomes an event after all, or is discarded. */
import type { Clock } from '../../base/clock.ts'
import type { Json } from '../../base/json.ts'
import type { Log, Position } from '../../log/log.ts'
import type { SourceLimits } from '../../model/catalog.ts'
import { encodeBatch } from '../../model/document-batch.ts'
import { EVENT_NESTING_MAX, inspectJson } from '../../model/event/clean-json.ts'
import type { TrackedEvent } from '../../model/event/event.ts'
import type { Refusal } from '../../model/event/item-reading.ts'
import { itemMentionsAny, mentionsAny } from '../../model/event/mentioned-identifiers.ts'
import { Arrival, normalizeEvent, type NormalizedItem } from '../../model/event/normalize-event.ts'
import type { QuarantinedItem } from '../../model/event/quarantine.ts'
import type { Command } from '../../model/profile/command.ts'
import { COMMANDS, INBOX } from '../../model/system-collections.ts'
import { mergePatch } from './merge-patch.ts'
import type { OrderedIds } from './ordered-ids.ts'
import { type IsSuppressed, SUPPRESSION_REFUSAL } from './suppression.ts'
import { SystemSection } from './system-section.ts'
import type { TrackingObserver } from './tracking.ts'

/** How an item is mended: a merge patch (RFC 7386) over what was sent, or another item in its place. */
export type ItemChange = { patch: Json } | { replacement: Json }

export type ReplayOutcome =
  /** It is on the log, together with the release of the item. */
  | { event: TrackedEvent; position: Position }
  /** It cannot be an event this way either; nothing was written. */
  | { refusal: Refusal }

export interface Replay {
  /**
   * Takes an item as if it came once more in the request that it came in: with that request's times, and under the message id that
   * it has; without one it gets one that is always the same for this item, so that a second replay is a repeat.
   * Rejects with what `Log.append` rejects with; then it may or may not have been replayed, and can be again.
   */
  replay(item: QuarantinedItem, change?: ItemChange): Promise<ReplayOutcome>
  /** Removes items from the quarantine. Ids that are not there do no harm. Resolves when that is on disk. */
  discard(items: readonly string[]): Promise<Position>
}

export type ReplayParts = {
  log: Pick<Log, 'append'>
  clock: Clock
  ids: OrderedIds
  /** Of the source of this name, or the default when it is not there any more. */
  limitsOf: (source: string) => SourceLimits
  isSuppressed: IsSuppressed
  observe?: TrackingObserver
}

export function createReplay({ log, clock, ids, limitsOf, isSuppressed, observe }: ReplayParts): Replay {
  const releaseOf = (items: readonly string[]) => {
    const at = clock.now()
    const command: Command = { id: ids.next(at), at: new Date(at).toISOString(), kind: 'release', items: [...items] }
    const section = new SystemSection(COMMANDS)
    section.add(command.id, JSON.stringify(command))
    return section
  }
  return {
    replay: async (item, change) => {
      const normalized = normalizeAgain(item, change, { limitsOf, isSuppressed })
      if ('refusal' in normalized) return normalized
      const { event, text } = normalized
      const inbox = new SystemSection(INBOX)
      inbox.add(event.id, text)
      const { position } = await log.append({ payload: encodeBatch([inbox, releaseOf([item.id])]) })
      observe?.({ events: [event], quarantined: [] })
      return { event, position }
    },
    discard: async (items) => {
      const { position } = await log.append({ payload: encodeBatch([releaseOf(items)]) })
      return position
    },
  }
}

type Rules = Pick<ReplayParts, 'limitsOf' | 'isSuppressed'>

function normalizeAgain(item: QuarantinedItem, change: ItemChange | undefined, rules: Rules): NormalizedItem {
  const mended = mend(item, change)
  if ('refusal' in mended) return mended
  const arrival = new Arrival({
    source: item.source,
    pathType: item.pathType,
    envelope: item.sentAt === undefined ? {} : { sentAt: item.sentAt },
    keepsTimes: item.keepsTimes,
    receivedAt: Date.parse(item.receivedAt),
    eventBytesMax: rules.limitsOf(item.source).eventBytesMax,
    makeId: () => `millrace-${item.id}`,
  })
  const normalized = normalizeEvent(mended.item, arrival)
  const { isSuppressed } = rules
  const isKeptOut =
    'event' in normalized ? mentionsAny(normalized.event, isSuppressed) : itemMentionsAny(mended.item, undefined, isSuppressed)
  return isKeptOut ? { refusal: SUPPRESSION_REFUSAL } : normalized
}

function mend(item: QuarantinedItem, change: ItemChange | undefined): { item: Json } | { refusal: Refusal } {
  if (change !== undefined && 'replacement' in change) return { item: change.replacement }
  const sent = item.isCut ? undefined : parseRaw(item.raw)
  if (sent === undefined) return { refusal: unreadable(item) }
  if (change === undefined) return { item: sent.json }
  if (inspectJson(change.patch, EVENT_NESTING_MAX) !== 'too-deep') return { item: mergePatch(sent.json, change.patch) }
  const message = `The patch is nested deeper than ${EVENT_NESTING_MAX} levels.`
  return { refusal: { code: 'nesting_too_deep', pointer: '', message } }
}

function parseRaw(raw: string): { json: Json } | undefined {
  try {
    return { json: JSON.parse(raw) as Json }
  } catch {
    return undefined
  }
}

function unreadable({ id, isCut, raw }: QuarantinedItem): Refusal {
  const why = isCut ? `only its first ${raw.length} characters were kept` : 'what was sent is no JSON'
  return { code: 'event_invalid', pointer: '', message: `Item "${id}" cannot be replayed as it is: ${why}. Replace it whole.` }
}
