/**
 * Users and accounts by the real `apply`, and segments as documents of the store, written as their types say: by commands that are
 * applied at once, without any evaluation. Who is a member is said by the test; what is counted follows from the events that were sent.
 */
import { FakeClock } from '../../../base/clock.ts'
import { eventName, reportEvent } from '../../../model/event/event-report.ts'
import type { Command } from '../../../model/profile/command.ts'
import type { EntityId, EntityKind } from '../../../model/profile/entity.ts'
import { compileRule } from '../../../model/segment/evaluate.ts'
import { tallyIdentity } from '../../../model/segment/leaf-tallies.ts'
import { Membership } from '../../../model/segment/membership.ts'
import {
  type Activity,
  activityKey,
  activitySpace,
  membershipSpace,
  SEGMENT_SPACE,
  type SegmentState,
  type Tally,
  TALLY_SPACE,
  type TallyState,
  partSpace,
  type PartState,
} from '../../../model/segment/segment.ts'
import { addOccurrence, occurrenceOf, selects } from '../../../model/segment/tally.ts'
import type { DocumentChange } from '../../../store/store.ts'
import { type EventSketch, event, openProfiles, PLAIN_CATALOG, type Profiles } from '../../profiles/profiles.fixture.ts'
import type { CommandPort } from '../../profiles/reading/profile-commands.ts'
import { ProfileReader } from '../../profiles/reading/profile-reader.ts'
import type { TimelineParts } from '../../profiles/reading/timeline-reader.ts'
import { SegmentParsing } from './segment-parsing.ts'
import { SegmentReader } from './segment-reader.ts'
import { loadSegmentStates } from './segment-store.ts'

export const NOW = Date.parse('2026-03-10T12:00:00.000Z')

type CountedPart = { kind: EntityKind; part: EntityId; byEvent: Map<string, Activity> }

export class SegmentWorld {
  readonly profiles: Profiles
  readonly reader: SegmentReader
  readonly parsing: SegmentParsing
  readonly timeline: TimelineParts
  readonly clock = new FakeClock(NOW)
  /** All commands that were appended. */
  readonly sent: Command[] = []
  /** False: they are on the log, and nothing comes of them. */
  isApplying = true

  private constructor(profiles: Profiles) {
    this.profiles = profiles
    const { store } = profiles
    this.reader = new SegmentReader(store, new ProfileReader(store, PLAIN_CATALOG))
    this.parsing = new SegmentParsing({ store, catalog: { ...PLAIN_CATALOG, timeZone: 'UTC' } })
    // Nothing is filed: everything is among the outputs.
    this.timeline = { store, source: { filedThrough: () => Promise.resolve(0), read: () => Promise.resolve([]) } }
  }

  static async open(...sketches: EventSketch[]): Promise<SegmentWorld> {
    const world = new SegmentWorld(await openProfiles())
    await world.send(...sketches)
    return world
  }

  async send(...sketches: EventSketch[]): Promise<void> {
    for (const sketch of sketches) await this.profiles.send(event(sketch))
    await this.profiles.settle()
  }

  async put(...documents: DocumentChange[]): Promise<void> {
    const { store } = this.profiles
    const { fence } = await store.acquire('segments')
    await store.commit('segments', fence, { documents, outputs: [], checkpoints: [] })
  }

  /** Parsed as the API would; `further` overrides what a new segment's state is. */
  async define(id: string, document: unknown, further: Partial<SegmentState> = {}): Promise<SegmentState> {
    const parsed = await this.parsing.parse(id, document, await this.reader.states())
    if (parsed.kind === 'refused') throw new Error(JSON.stringify(parsed.problems))
    const state = { ...stateOf({ definition: parsed.definition, owner: 'api' }), ...further }
    await this.put({ space: SEGMENT_SPACE, key: id, value: JSON.stringify(state) })
    await this.count()
    return state
  }

  async idOf(kind: EntityKind, ref: string): Promise<EntityId> {
    return (await this.reader.profiles.lookup.require(kind, ref)).id
  }

  /** `segments`: since when in each. */
  async enter(kind: EntityKind, ref: string, segments: Record<string, string>): Promise<void> {
    const id = await this.idOf(kind, ref)
    const membership = Membership.of(Object.entries(segments).map(([segment, instant]) => [segment, Date.parse(instant)]))
    await this.put({ space: membershipSpace(kind), key: id, value: membership.write() })
  }

  /** What the segments ask of events, counted over all that were sent, part by part. */
  async count(): Promise<void> {
    const states = await loadSegmentStates(this.profiles.store)
    const asked = states.flatMap(({ definition }) =>
      definition.predicate ? compileRule(definition.predicate, definition).dependencies.tallies : [],
    )
    const byIdentity = new Map<string, Tally>(asked.map((tally) => [tallyIdentity(tally), tally]))
    const tallies = [...byIdentity.values()].map((tally, i): TallyState => ({
      key: `t${i}`,
      tally,
      since: 0,
      owner: '',
      isComplete: true,
    }))
    const activities = await this.#activities(tallies)
    await this.put(
      ...tallies.map((state) => ({ space: TALLY_SPACE, key: state.key, value: JSON.stringify(state) })),
      ...activities.flatMap(({ kind, part, byEvent }) => [
        { space: partSpace(kind), key: part, value: JSON.stringify({ events: [...byEvent.keys()] } satisfies PartState) },
        ...Array.from(byEvent, ([event, activity]) => ({
          space: activitySpace(kind),
          key: activityKey(part, event),
          value: JSON.stringify(activity),
        })),
      ]),
    )
  }

  async #activities(tallies: readonly TallyState[]): Promise<CountedPart[]> {
    const found = new Map<string, CountedPart>()
    for (const line of await this.profiles.timeline()) {
      const { properties, context } = reportEvent(line)
      const facts = { name: eventName(line), properties, context }
      for (const { key, tally } of tallies) {
        const part = line[tally.kind]
        if (part === undefined || !selects(tally.events, facts)) continue
        const place = `${tally.kind}/${part}`
        const entry: CountedPart = found.get(place) ?? { kind: tally.kind, part, byEvent: new Map() }
        found.set(place, entry)
        const counts = entry.byEvent.get(facts.name) ?? {}
        entry.byEvent.set(facts.name, counts)
        counts[key] = addOccurrence(counts[key], tally.keeps, occurrenceOf(tally.keeps, Date.parse(line.occurredAt), facts), NOW)
      }
    }
    return [...found.values()]
  }

  /** Where commands go: they are applied when somebody waits for it. */
  get port(): CommandPort {
    return {
      append: (command) => Promise.resolve(this.sent.push(command)),
      applied: async (position) => {
        if (!this.isApplying) return await new Promise(() => {})
        for (const command of this.sent.slice(this.#applied, position)) await this.#apply(command)
        this.#applied = position
      },
      newId: () => 'c'.repeat(24),
      clock: this.clock,
    }
  }
  #applied = 0

  async #apply(command: Command): Promise<void> {
    switch (command.kind) {
      case 'define-segment': {
        const { definition } = command
        return await this.put({ space: SEGMENT_SPACE, key: definition.id, value: JSON.stringify(stateOf(command)) })
      }
      case 'delete-segment':
        return await this.put({ space: SEGMENT_SPACE, key: command.segment, value: undefined })
      case 'change-members': {
        const { segment, add, remove } = command
        const state = await this.reader.require(segment)
        const { kind } = state.definition
        for (const id of [...add, ...remove]) {
          const membership = Membership.of(add.includes(id) ? [[segment, NOW]] : [])
          await this.put({ space: membershipSpace(kind), key: id, value: membership.write() })
        }
        return
      }
      case 'merge':
      case 'split':
      case 'erase':
      case 'release':
      case 'fill-segment':
      case 'tick':
        throw new Error(`Nobody asks for ${command.kind} here.`)
    }
  }
}

function stateOf({ definition, owner }: Pick<SegmentState, 'definition' | 'owner'>): SegmentState {
  const at = '2026-03-05T00:00:00.000Z'
  return { definition, owner, version: 7, createdAt: at, updatedAt: at, members: 0 }
}

/** A predicate as the seed writes it. */
export function trait(key: string, operator: string, ...value: unknown[]) {
  return { property: { key }, operator, ...(value.length > 0 && { options: { value } }) }
}

export function all(...predicates: unknown[]) {
  return { name: 'All of it', predicate: { type: 'all', predicates } }
}
