/** What the tests of tracking have in common: tracking and replay over a log, and what lies on that log. */
import { FakeClock } from '../../base/clock.ts'
import type { Json } from '../../base/json.ts'
import { seededRandom } from '../../base/random.ts'
import type { Log, Position } from '../../log/log.ts'
import { DEFAULT_SOURCE_LIMITS, type Source, type SourceLimits } from '../../model/catalog.ts'
import { decodeBatch } from '../../model/document-batch.ts'
import type { TrackedEvent } from '../../model/event/event.ts'
import type { QuarantinedItem } from '../../model/event/quarantine.ts'
import type { Command } from '../../model/profile/command.ts'
import { COMMANDS, INBOX, QUARANTINE } from '../../model/system-collections.ts'
import { createReplay, type Replay } from './replay.ts'
import { createTracking } from './create-tracking.ts'
import { OrderedIds } from './ordered-ids.ts'
import type { IsSuppressed } from './suppression.ts'
import type { Delivery, Tracking, TrackingObserver } from './tracking.ts'

export const RECEIVED_AT = Date.UTC(2026, 2, 1, 8, 0, 10)

/** A track event that is well. */
export const TRACK = { type: 'track', event: 'Signed Up', userId: 'u1', messageId: 'm1' }

export type Desk = {
  tracking: Tracking
  replay: Replay
  /** What the observer was shown. */
  seen: { events: TrackedEvent[]; quarantined: QuarantinedItem[] }
  /** Sends items from a source that is not strict. */
  send: (items: Json[], more?: Partial<Delivery>) => ReturnType<Tracking['accept']>
  /** All that lies on the log after `after`, with what is filed under another key than its id. */
  written: (after?: Position) => Promise<Written>
}

export type Written = { events: TrackedEvent[]; quarantined: QuarantinedItem[]; commands: Command[]; entries: string[][] }

export function sourceOf(limits: Partial<SourceLimits> = {}, isStrict = false): Source {
  return { name: 'web', sdk: 'segment', isStrict, limits: { ...DEFAULT_SOURCE_LIMITS, ...limits }, oauthClients: [] }
}

export function deskOn(log: Log, isSuppressed: IsSuppressed = () => false): Desk {
  const ids = new OrderedIds(seededRandom(1))
  const seen: Desk['seen'] = { events: [], quarantined: [] }
  const observe: TrackingObserver = ({ events, quarantined }) => {
    seen.events.push(...events)
    seen.quarantined.push(...quarantined)
  }
  const tracking = createTracking({ log, ids, isSuppressed, observe })
  const clock = new FakeClock(RECEIVED_AT + 60_000)
  const replay = createReplay({ log, clock, ids, limitsOf: () => DEFAULT_SOURCE_LIMITS, isSuppressed, observe })
  const send: Desk['send'] = (items, more = {}) =>
    tracking.accept({ source: sourceOf(), items, envelope: {}, receivedAt: RECEIVED_AT, ...more })
  return { tracking, replay, seen, send, written: (after = 0) => readLog(log, after) }
}

async function readLog(log: Log, after: Position): Promise<Written> {
  const written: Written = { events: [], quarantined: [], commands: [], entries: [] }
  const lists: Record<string, unknown[]> = {
    [INBOX]: written.events,
    [QUARANTINE]: written.quarantined,
    [COMMANDS]: written.commands,
  }
  let position = after
  for (let entries = await log.read(position, LIMITS); entries.length > 0; entries = await log.read(position, LIMITS)) {
    for (const entry of entries) {
      const sections = decodeBatch(entry.payload)
      written.entries.push(sections.map(({ collection }) => collection))
      for (const section of sections) {
        const documents = section.documents().map((text) => JSON.parse(text) as { id: string })
        const keys = section.keys()
        const isKeyed = documents.every(({ id }, i) => keys[i] === JSON.stringify([id]))
        if (!isKeyed || keys.length !== documents.length) throw new Error(`keys of ${section.collection} are not its ids`)
        lists[section.collection]?.push(...documents)
      }
      position = entry.position
    }
  }
  return written
}

const LIMITS = { maxBytes: 8_000_000 }
