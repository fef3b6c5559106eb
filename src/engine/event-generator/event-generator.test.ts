import { expect, test } from 'vitest'
import { seededRandom } from '../../base/random.ts'
import { EventGenerator, type EventGeneratorOptions } from './event-generator.ts'

type Event = {
  timestamp: string
  type: string
  event?: string
  userId?: string
  anonymousId?: string
  previousId?: string
  groupId?: string
  messageId: string
  traits?: Record<string, unknown>
  properties?: Record<string, unknown>
  context: { library: { name: string } }
}

const NOW = Date.UTC(2026, 0, 1)

function generator(options: Partial<EventGeneratorOptions> = {}, seed = 7): EventGenerator {
  return new EventGenerator(seededRandom(seed), { now: () => NOW, users: 100, ...options })
}

function texts(events: EventGenerator, count: number): string[] {
  return Array.from({ length: count }, () => events.next())
}

const parsed = (lines: readonly string[]) => lines.map((text) => JSON.parse(text) as Event)
const shareOf = (events: readonly Event[], holds: (event: Event) => boolean) =>
  (100 * events.filter(holds).length) / events.length
const withoutId = (text: string) => text.replace(/"messageId":"[^"]+"/, '')
const joins = ({ type, anonymousId }: Event) => type === 'alias' || (type === 'identify' && anonymousId !== undefined)

function eventsOfFirst(draw: 'uniform' | 'zipf'): number {
  const events = parsed(texts(generator({ areIntroduced: true, draw }), 10_000))
  return events.filter(({ userId }) => userId === 'user-0').length
}

const size = (members: object = {}) => Object.keys(members).length

test('the same seed and times yield the same events, another seed others', () => {
  expect(texts(generator(), 500)).toEqual(texts(generator(), 500))
  expect(texts(generator({}, 8), 500)).not.toEqual(texts(generator(), 500))
})

test('every event is a line of ASCII, dated now, with a message id of its own and the context of an SDK', () => {
  const lines = texts(generator(), 5_000)
  // eslint-disable-next-line no-control-regex
  for (const text of lines) expect(text).toMatch(/^[\u0020-\u007e]+$/)
  const events = parsed(lines)
  expect(new Set(events.map(({ messageId }) => messageId)).size).toBe(5_000)
  for (const { messageId, timestamp, context } of events) {
    expect(messageId).toMatch(/^node-next-1767225600000-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(timestamp).toBe('2026-01-01T00:00:00.000Z')
    expect(context.library.name).toBe('@segment/analytics-node')
  }
})

test('the first event of a user sets twenty traits, and only that one', () => {
  const met = new Set<string>()
  for (const { userId, type, traits } of parsed(texts(generator(), 5_000))) {
    if (userId === undefined || met.has(userId)) continue
    met.add(userId)
    expect(type).toBe('identify')
    expect(size(traits)).toBe(20)
  }
  expect(met.size).toBe(100)
  const known = parsed(texts(generator({ areIntroduced: true }), 5_000))
  expect(Math.max(...known.map(({ traits }) => size(traits)))).toBeLessThan(10)
})

test('a user’s introduction is the same at each time, but for its message id', () => {
  const events = generator()
  const first = events.introduction(42)
  expect(events.introduction(42)).not.toBe(first)
  expect(withoutId(events.introduction(42))).toBe(withoutId(first))
})

test('the mix is that of the table', () => {
  const events = parsed(texts(generator({ areIntroduced: true }), 20_000))
  expect(shareOf(events, ({ type }) => type === 'track')).toBeCloseTo(70, -0.5)
  expect(shareOf(events, ({ type, userId }) => type === 'page' && userId !== undefined)).toBeCloseTo(11, -0.3)
  expect(shareOf(events, ({ type, userId }) => type === 'page' && userId === undefined)).toBeCloseTo(1, 0)
  expect(shareOf(events, (event) => event.type === 'identify' && !joins(event))).toBeCloseTo(15, -0.3)
  expect(shareOf(events, ({ type }) => type === 'group')).toBeCloseTo(2, 0)
  expect(shareOf(events, joins)).toBeCloseTo(1, 0)
})

test('tracks and pages have five to eight properties, changes one to three traits of their first types', () => {
  const [introduction] = parsed([generator().introduction(0)])
  for (const { type, properties, traits, groupId } of parsed(texts(generator({ areIntroduced: true }), 5_000))) {
    if (properties) expect([5, 6, 7, 8]).toContain(size(properties))
    if (type !== 'identify') continue
    expect([1, 2, 3]).toContain(size(traits))
    for (const [name, value] of Object.entries(traits ?? {})) expect(typeof value).toBe(typeof introduction?.traits?.[name])
    expect(groupId).toBeUndefined()
  }
})

test('visitors who become known were met before', () => {
  const visitors = new Set<string>()
  let joined = 0
  for (const { type, userId, anonymousId, previousId } of parsed(texts(generator({ areIntroduced: true }), 20_000))) {
    if (userId === undefined) visitors.add(anonymousId ?? '')
    const joining = type === 'alias' ? previousId : userId === undefined ? undefined : anonymousId
    if (joining !== undefined && visitors.has(joining)) joined++
  }
  expect(joined).toBeGreaterThan(100)
})

test('a share of repeats is met, and counted exactly', () => {
  const events = generator({ areIntroduced: true, repeatShare: 0.05 })
  const lines = texts(events, 40_000)
  expect(new Set(lines).size).toBe(40_000 - events.repeats)
  expect(new Set(parsed(lines).map(({ messageId }) => messageId)).size).toBe(40_000 - events.repeats)
  expect(events.repeats / 40_000).toBeGreaterThan(0.03)
  expect(events.repeats / 40_000).toBeLessThan(0.06)
})

test('users are drawn alike, or some far more often', () => {
  expect(eventsOfFirst('uniform')).toBeLessThan(200)
  expect(eventsOfFirst('zipf')).toBeGreaterThan(1_000)
})
