/** The names of events that are known, and what came in their properties. Runs for every event: counters only, no objects. */
import type { Json } from '../../base/json.ts'
import type { TrackedEvent } from '../../model/event/event.ts'
import type { Millis } from '../../model/profile/entity.ts'
import { isDate, isDateTime } from '../../model/schema/date-time.ts'
import type { DocumentChange, Store } from '../../store/store.ts'
import { SeenTimes, SourceCounts } from './schema-counts.ts'
import {
  ALL_PROPERTIES_MAX,
  EVENT_SCHEMA_SPACE,
  type EventDocument,
  eventKey,
  PROPERTIES_MAX,
  PROPERTY_TYPES,
  type PropertyDocument,
  type PropertyType,
  SCHEMA_NAME_CHARACTERS_MAX,
} from './schema-documents.ts'
import { type SchemaEntry, SchemaSpace } from './schema-space.ts'

export type SeenEvent = Pick<TrackedEvent, 'type' | 'name' | 'source' | 'properties'>

export class SchemaEvents {
  readonly #space = new SchemaSpace<EventEntry, EventDocument>({
    space: EVENT_SCHEMA_SPACE,
    make: (name, document) => new EventEntry(name, document),
  })
  #propertyCount = 0

  async open(store: Pick<Store, 'load'>): Promise<void> {
    await this.#space.open(store)
    for (const entry of this.#space.entries()) this.#propertyCount += entry.propertyCount
  }

  note({ type, name, source, properties }: SeenEvent, receivedAt: Millis): void {
    const isKept = name === undefined || name.length <= SCHEMA_NAME_CHARACTERS_MAX
    const entry = isKept ? this.#space.findOrMake(eventKey(type, name)) : undefined
    if (entry === undefined) return this.#space.countUnkept()
    entry.note(source, receivedAt)
    const before = entry.propertyCount
    const room = Math.min(PROPERTIES_MAX, before + ALL_PROPERTIES_MAX - this.#propertyCount)
    for (const property in properties) entry.noteProperty(property, properties[property] ?? null, { receivedAt, room })
    this.#propertyCount += entry.propertyCount - before
    this.#space.touch(entry)
  }

  changes(): DocumentChange[] {
    return this.#space.changes()
  }
}

class EventEntry implements SchemaEntry {
  readonly name: string
  isTouched = false
  #count: number
  readonly #times: SeenTimes
  readonly #sources: SourceCounts
  readonly #properties: Map<string, PropertyEntry>
  #otherProperties: number

  constructor(name: string, document?: EventDocument) {
    this.name = name
    this.#count = document?.count ?? 0
    this.#times = new SeenTimes(document)
    this.#sources = new SourceCounts(document)
    const properties = Object.entries(document?.properties ?? {})
    this.#properties = new Map(properties.map(([property, known]) => [property, new PropertyEntry(known)]))
    this.#otherProperties = document?.otherProperties ?? 0
  }

  get propertyCount(): number {
    return this.#properties.size
  }

  note(source: string, receivedAt: Millis): void {
    this.#count++
    this.#times.see(receivedAt)
    this.#sources.count(source)
  }

  /** `room`: how many properties this event name may have. */
  noteProperty(name: string, value: Json, { receivedAt, room }: { receivedAt: Millis; room: number }): void {
    let property = this.#properties.get(name)
    if (property === undefined) {
      if (this.#properties.size >= room || name.length > SCHEMA_NAME_CHARACTERS_MAX) {
        this.#otherProperties++
        return
      }
      property = new PropertyEntry()
      this.#properties.set(name, property)
    }
    property.note(value, receivedAt)
  }

  document(): EventDocument {
    const properties = Array.from(this.#properties, ([name, property]) => [name, property.document()] as const)
    return {
      count: this.#count,
      ...this.#times.document(),
      ...this.#sources.document(),
      properties: Object.fromEntries(properties),
      ...(this.#otherProperties > 0 && { otherProperties: this.#otherProperties }),
    }
  }
}

class PropertyEntry {
  #count: number
  readonly #times: SeenTimes
  /** By place in `PROPERTY_TYPES`. */
  readonly #types: number[]

  constructor(document?: PropertyDocument) {
    this.#count = document?.count ?? 0
    this.#times = new SeenTimes(document)
    this.#types = PROPERTY_TYPES.map((type) => document?.types[type] ?? 0)
  }

  note(value: Json, receivedAt: Millis): void {
    const place = placeOfType(value)
    this.#count++
    this.#times.see(receivedAt)
    this.#types[place] = (this.#types[place] ?? 0) + 1
  }

  document(): PropertyDocument {
    const types = PROPERTY_TYPES.map((type, i) => [type, this.#types[i] ?? 0] as const)
    return { count: this.#count, ...this.#times.document(), types: Object.fromEntries(types.filter(([, count]) => count > 0)) }
  }
}

/** Places in `PROPERTY_TYPES`. */
const PLACE = { null: 0, boolean: 1, number: 2, string: 3, date: 4, array: 5, object: 6 } as const satisfies Record<
  PropertyType,
  number
>
const DASH = 45

function placeOfType(value: Json): number {
  if (typeof value === 'string') return isDateText(value) ? PLACE.date : PLACE.string
  if (typeof value === 'number') return PLACE.number
  if (typeof value === 'boolean') return PLACE.boolean
  if (value === null) return PLACE.null
  return Array.isArray(value) ? PLACE.array : PLACE.object
}

/** Few texts have a dash there. */
function isDateText(text: string): boolean {
  return text.charCodeAt(4) === DASH && (isDateTime(text) || isDate(text))
}
