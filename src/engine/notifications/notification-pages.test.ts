/** Wherever pages are cut, and whatever is committed meanwhile, all pages together tell what happened, once. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json } from '../../base/json.ts'
import type { FactChanges, Notification, SegmentChanges } from './notification.ts'
import type { PageLimits } from './notification-reader.ts'
import { changed, entityDocuments, idOf, type Line, readAll, START, track, World } from './notifications.fixture.ts'

const ACCOUNTS = [0, 1].map((number) => idOf('account', number))
const USERS = [0, 1, 2, 3, 4].map((number) => idOf('user', number))
/** The last belongs nowhere. */
const accountOf = (user: string) => (user === USERS.at(-1) ? undefined : ACCOUNTS[USERS.indexOf(user) % 2])

/** What one step of the history is about: an entity, and what happens to it. */
type Happening = { who: number; what: 'event' | 'internal' | 'fact' | 'segment' | 'segment-changed'; value: number }

const happening: fc.Arbitrary<Happening> = fc.record({
  who: fc.nat(USERS.length + ACCOUNTS.length - 1),
  what: fc.constantFrom('event', 'internal', 'fact', 'fact', 'segment', 'segment-changed'),
  value: fc.nat(2),
})
/** What one input led to may all stand at one place, as when time passes. */
type Entry = { happenings: Happening[]; isOnePlace: boolean }
const entry: fc.Arbitrary<Entry> = fc.record({
  happenings: fc.array(happening, { minLength: 1, maxLength: 6 }),
  isOnePlace: fc.boolean(),
})
/** A transaction, or reading with so many a page. */
const step = fc.oneof(fc.array(entry, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 4 }))

const pageLimits: fc.Arbitrary<PageLimits> = fc.record({
  characters: fc.constantFrom(300, 4_000_000),
  readBytes: fc.constantFrom(1, 1_000, 100_000),
  candidates: fc.constantFrom(1, 3, 2_000),
})

type Told = { facts: Map<string, [Json, Json]>; segments: Map<string, string[]>; events: string[] }

/** The naive model: each entity's facts and segments as they are, and all that happened to it. */
class Model {
  readonly #facts = new Map<string, Json>()
  readonly #members = new Set<string>()
  readonly told = new Map<string, Told>()
  readonly segments = new Set<string>()
  #events = 0

  lines({ happenings, isOnePlace }: Entry): Line[] {
    return happenings.map((one) => ({ ...this.#line(one), ...(isOnePlace && { index: 0 }) }))
  }

  #line({ who, what, value }: Happening): Line {
    const id = [...USERS, ...ACCOUNTS][who] ?? ''
    const kind = USERS.includes(id) ? 'user' : 'account'
    if (what === 'segment-changed') return this.#segment(`s${value}`)
    if (what === 'fact') return changed(kind, id, { facts: this.#fact(id, `f${value}`, value) })
    if (what === 'segment') return changed(kind, id, this.#move(id, `s${value}`))
    if (kind === 'account') return { of: 'event', account: id, id: `e${++this.#events}`, type: 'account_created' }
    if (what === 'internal') return track(id, 'internal', { type: 'attributes_changed' })
    const event = `e${++this.#events}`
    of(this.told, id).events.push(event)
    return track(id, event)
  }

  #segment(id: string): Line {
    this.segments.add(id)
    return { of: 'segment', change: 'update', segment: { id, name: id, kind: 'user', createdAt: '', updatedAt: '' } }
  }

  #fact(id: string, name: string, value: number): FactChanges {
    const from = this.#facts.get(id + name) ?? null
    const to = from === value ? null : value
    this.#facts.set(id + name, to)
    note(of(this.told, id).facts, name, [from, to])
    return { [name]: [from, to] }
  }

  #move(id: string, segment: string): { entered: string[] } | { left: string[] } {
    const isIn = !this.#members.delete(id + segment)
    if (isIn) this.#members.add(id + segment)
    noteMove(of(this.told, id).segments, segment, isIn ? 'entered' : 'left')
    return isIn ? { entered: [segment] } : { left: [segment] }
  }
}

function of(told: Map<string, Told>, id: string): Told {
  const known = told.get(id) ?? { facts: new Map(), segments: new Map(), events: [] }
  told.set(id, known)
  return known
}

function note(facts: Told['facts'], key: string, [from, to]: [Json, Json]): void {
  const known = facts.get(key)
  // Each page goes on where the one before ended.
  if (known) expect(from, key).toEqual(known[1])
  facts.set(key, [known ? known[0] : from, to])
}

function noteMove(segments: Told['segments'], segment: string, move: string): void {
  const moves = segments.get(segment) ?? []
  expect(moves.at(-1), segment).not.toBe(move)
  segments.set(segment, [...moves, move])
}

/** What one reader was told, as if it was one page. */
function gather(notifications: Notification[]) {
  const told = new Map<string, Told>()
  const segments = new Set<string>()
  const events = new Set<string>()
  const add = (id: string, facts: FactChanges, moves: SegmentChanges) => {
    const one = of(told, id)
    for (const [key, change] of Object.entries(facts)) note(one.facts, key, change)
    for (const { id } of moves.entered) noteMove(one.segments, id, 'entered')
    for (const { id } of moves.left) noteMove(one.segments, id, 'left')
  }
  for (const notification of notifications) {
    if (notification.channel === 'user:update') {
      const { user, changes } = notification
      add(user.id, changes.user, changes.segments)
      add(`${user.id}'s account`, changes.account, changes.account_segments)
      for (const { event_id } of notification.events) {
        expect(events).not.toContain(event_id)
        events.add(event_id)
        of(told, user.id).events.push(event_id)
      }
    } else if (notification.channel === 'account:update') {
      const { account, changes } = notification
      add(account.id, changes.account, changes.account_segments)
    } else if ('segment' in notification) segments.add(notification.segment.id)
  }
  return { told, segments }
}

/** What is left when what ends as it began is taken away. */
function total({ facts, segments, events }: Told) {
  const changes = [...facts].filter(([, [from, to]]) => from !== to).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const moves = [...segments].filter(([, moves]) => moves.length % 2 === 1).map(([id, moves]) => [id, moves[0]])
  return { changes, moves: moves.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)), events }
}

test('any cut of the history into pages tells the same of each entity as the history itself', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 5 }),
      pageLimits,
      async (steps, limit, limits) => {
        const world = await World.open()
        const model = new Model()
        const accounts = ACCOUNTS.flatMap((id) => entityDocuments('account', id, {}))
        const users = USERS.flatMap((id) => entityDocuments('user', id, { ...(accountOf(id) && { link: accountOf(id) ?? '' }) }))
        await world.apply([], [...accounts, ...users])
        const reader = world.reader(limits)
        const live: Notification[] = []
        let cursor = START
        for (const step of steps) {
          if (typeof step === 'number') {
            const page = await reader.read(cursor, { limit: step })
            expect(page.notifications.length).toBeLessThanOrEqual(step)
            live.push(...page.notifications)
            cursor = page.cursor
          } else await world.apply(step.map((entry) => model.lines(entry)))
        }
        live.push(...(await readAll(reader, cursor, { limit })).pages.flat())
        const whole = await readAll(world.reader(), START, { limit: 500 })
        expect(whole.pages).toHaveLength(1)
        for (const told of [gather(live), gather(whole.pages.flat())]) {
          for (const id of [...USERS, ...ACCOUNTS]) expect(total(of(told.told, id)), id).toEqual(total(of(model.told, id)))
          for (const id of USERS) {
            const account = accountOf(id)
            const expected = account === undefined ? of(new Map(), '') : of(model.told, account)
            expect(total(of(told.told, `${id}'s account`)), `${id}'s account`).toEqual(total(expected))
          }
          expect(told.segments).toEqual(model.segments)
        }
      },
    ),
    { numRuns: 150 },
  )
})
