/**
 * What the three views of examples/segment must hold after a list of events, computed the plain way and without any code of
 * Millrace: the expectation of crash tests and benchmarks. Five million events take about 1.5 GB and half a minute.
 */
import { hash } from 'node:crypto'

export type OracleEvent = {
  event: string
  timestamp: string
  user: string
  segment: { vendor: number; name: string }
  value?: string
  remove?: true
}
export type Detail = { segment: OracleEvent['segment']; first?: string; last: string; member: boolean; value?: string }
export type Membership = Detail & { user: string }
export type Profile = { user: string; segments: Detail[] }
export type Toggle = OracleEvent & { previous: OracleEvent }

type State = { detail: Detail; lastEvent: OracleEvent; wasAdded: boolean }

export class SegmentOracle {
  /** By segment, then by user: far fewer maps than the other way round. */
  readonly #states = new Map<string, Map<string, State>>()
  readonly #users = new Map<string, string>()
  readonly #segments = new Map<string, OracleEvent['segment']>()
  readonly #onToggle: (toggle: Toggle) => void

  /** `onToggle` is called for each toggle in the order of the events; they are not kept. */
  constructor(onToggle: (toggle: Toggle) => void = () => {}) {
    this.#onToggle = onToggle
  }

  /** Events are applied in the order of the calls; each exactly once. */
  apply(event: OracleEvent): void {
    const segmentKey = `${event.segment.vendor} ${event.segment.name}`
    const segment = intern(this.#segments, segmentKey, event.segment)
    const user = intern(this.#users, event.user, event.user)
    const source = { ...event, user, segment }
    const members = this.#states.get(segmentKey) ?? new Map<string, State>()
    const state = members.get(user)
    if (state === undefined) {
      this.#states.set(segmentKey, members)
      members.set(user, { detail: firstDetail(source), lastEvent: source, wasAdded: !source.remove })
      return
    }
    if (state.wasAdded && state.lastEvent.remove !== source.remove) this.#onToggle({ ...source, previous: state.lastEvent })
    state.lastEvent = source
    state.wasAdded ||= !source.remove
    updateDetail(state.detail, source)
  }

  /** In no particular order. */
  *memberships(): Generator<Membership> {
    for (const members of this.#states.values()) for (const [user, { detail }] of members) yield { user, ...detail }
  }

  /** In no particular order; the segments of each by name, then by vendor. */
  *profiles(): Generator<Profile> {
    const details = new Map<string, Detail[]>()
    for (const members of this.#states.values()) for (const [user, { detail }] of members) intern(details, user, []).push(detail)
    for (const [user, segments] of details) yield { user, segments: segments.toSorted(bySegment) }
  }
}

function firstDetail({ segment, timestamp, value, remove }: OracleEvent): Detail {
  if (remove) return { segment, last: timestamp, member: false }
  return { segment, first: timestamp, last: timestamp, member: true, ...(value !== undefined && { value }) }
}

/** Of two equal instants, the one that was written later counts. */
function updateDetail(detail: Detail, { timestamp, value, remove }: OracleEvent): void {
  detail.member = !remove
  if (isNotBefore(timestamp, detail.last)) detail.last = timestamp
  if (remove) return
  if (detail.first === undefined || isNotBefore(detail.first, timestamp)) detail.first = timestamp
  if (value !== undefined) detail.value = value
}

/** To the millisecond. */
function isNotBefore(a: string, b: string): boolean {
  return a === b || Date.parse(a) >= Date.parse(b)
}

function bySegment({ segment: a }: Detail, { segment: b }: Detail): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : a.vendor - b.vendor
}

function intern<Key, Value>(known: Map<Key, Value>, key: Key, value: Value): Value {
  const found = known.get(key)
  if (found !== undefined) return found
  known.set(key, value)
  return value
}

/** Whether two tables hold the same documents, whatever the order of documents and of properties: equal texts, equal tables. */
export class TableDigest {
  #count = 0
  readonly #sums = [0, 0]

  add(document: unknown): this {
    const bytes = hash('sha1', canonicalJson(document), 'buffer')
    this.#count++
    // Sums rather than exclusive or, so that a document that occurs twice counts twice.
    this.#sums.forEach((sum, i) => (this.#sums[i] = (sum + bytes.readUIntBE(6 * i, 6)) % 2 ** 48))
    return this
  }

  /** For example `3 documents, 0123456789ab89abcdef0123`. */
  toString(): string {
    return `${this.#count} documents, ${this.#sums.map((sum) => sum.toString(16).padStart(12, '0')).join('')}`
  }
}

/** The digest of all documents of a table. */
export function digestOf(documents: Iterable<unknown>): string {
  const digest = new TableDigest()
  for (const document of documents) digest.add(document)
  return digest.toString()
}

/** With the properties of every object sorted. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  let text = ''
  for (const name of Object.keys(value).toSorted()) {
    const part = (value as Record<string, unknown>)[name]
    if (part !== undefined) text += `${text && ','}"${name}":${canonicalJson(part)}`
  }
  return `{${text}}`
}
