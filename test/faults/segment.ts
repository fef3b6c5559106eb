/** The segment example for tests of faults: its files with other endpoints, generated events, and what tables must hold after them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from '../../src/base/random.ts'
import { segmentEvents } from '../../src/engine/segment-generator/segment-events.ts'
import { digestOf, type OracleEvent, SegmentOracle, type Toggle } from '../segment-oracle.ts'
import type { Files } from './scene.ts'

export const EVENTS = 'examples/segment/events'
export const VIEWS = 'examples/segment/views'
export const EXAMPLE = join(import.meta.dirname, '../../examples/segment')

/** The files of the example, with texts replaced in its catalogs. */
export function segmentFiles(replacements: Record<string, string> = {}): Files {
  const names = readdirSync(EXAMPLE).filter((name) => /\.(yaml|ts)$/.test(name))
  return Object.fromEntries(
    names.map((name) => {
      let text = readFileSync(join(EXAMPLE, name), 'utf8')
      for (const [from, to] of Object.entries(replacements)) text = text.replaceAll(from, () => to)
      return [name, text]
    }),
  )
}

/** The same for the same arguments; few users, so that many events meet the same membership. */
export function eventsOf(count: number, seed: number): OracleEvent[] {
  let now = Date.UTC(2026, 0, 1)
  const stream = segmentEvents(seededRandom(seed), { users: Math.max(20, count / 20), now: () => (now += 137) })
  return Array.from({ length: count }, () => stream.next().value)
}

export function cut<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
}

export function expectationOf(events: readonly OracleEvent[]) {
  const toggles: Toggle[] = []
  const oracle = new SegmentOracle((toggle) => toggles.push(toggle))
  for (const event of events) oracle.apply(event)
  return { memberships: digestOf(oracle.memberships()), profiles: digestOf(oracle.profiles()), toggles }
}
