/** The events of one user or account by name, as its timeline has them: what stands behind a condition about events. */
import type { Json } from '../../../base/json.ts'
import type { Instant } from '../../../model/event/event.ts'
import type { EventReport } from '../../../model/event/timeline-event.ts'
import type { Entity, EntityKind, Millis } from '../../../model/profile/entity.ts'
import type { EventSelector } from '../../../model/segment/predicate.ts'
import { selects } from '../../../model/segment/tally.ts'
import { readTimeline, TIMELINE_EVENTS_MAX, type TimelineParts } from '../../profiles/reading/timeline-reader.ts'

/** An event that counts. */
export type BehindEvent = {
  id: string
  event: string
  source: string
  occurredAt: Instant
  properties: Record<string, Json>
}

export type FoundEvent = { at: Millis; report: EventReport }

/** Newest first. `isWhole`: there are no others. */
export type FoundEvents = { events: FoundEvent[]; isWhole: boolean }

/** Each name is a search over the timeline; rules about more are explained without events. */
const NAMES_MAX = 20

export class BehindEvents {
  readonly #parts: TimelineParts
  readonly #whose: { kind: EntityKind; entity: Entity }
  readonly #byName = new Map<string, Promise<FoundEvents>>()

  constructor(parts: TimelineParts, whose: { kind: EntityKind; entity: Entity }) {
    this.#parts = parts
    this.#whose = whose
  }

  /** The newest `TIMELINE_EVENTS_MAX` of the name, as far as they are selected. Rejects as timelines do. */
  async find(selector: EventSelector): Promise<FoundEvents> {
    const { events, isWhole } = await this.#named(selector.name)
    const meant = events.filter(({ report: { event, properties, context } }) =>
      selects(selector, { name: event, properties, context }),
    )
    return { events: meant, isWhole }
  }

  #named(name: string): Promise<FoundEvents> {
    const known = this.#byName.get(name)
    if (known) return known
    const found = this.#byName.size < NAMES_MAX ? this.#read(name) : Promise.resolve({ events: [], isWhole: false })
    this.#byName.set(name, found)
    return found
  }

  async #read(name: string): Promise<FoundEvents> {
    const page = await readTimeline(this.#parts, this.#whose, { filter: { names: [name] }, limit: TIMELINE_EVENTS_MAX })
    const events = page.events.map((report) => ({ at: Date.parse(report.created_at), report }))
    return { events, isWhole: page.nextCursor === null }
  }
}

export function behindEvent({ report }: FoundEvent): BehindEvent {
  const { event_id: id, event, source, created_at: occurredAt, properties } = report
  return { id, event, source, occurredAt, properties }
}
