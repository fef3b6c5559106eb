/** Events that are sound, but not what they say: times, identifiers, traits. */
import { expect } from 'vitest'
import { PARTS_MAX } from '../../src/model/profile/entity.ts'
import type { BadInput, Profile, Stored } from './bad-input.ts'

const track = (more: object) => ({ type: 'track', event: 'Paid', ...more })
const identify = (userId: string, traits: object) => ({ type: 'identify', userId, traits })
const known = (id: string, traits: Record<string, unknown> = {}): Profile => ({ identifiers: [`external_id=${id}`], traits })
const noted = (member: string) => [expect.objectContaining({ member }) as object]

/** How long before it was received the event happened, in seconds. */
const age = (seconds: number) => (stored: Stored) => {
  for (const { occurredAt, receivedAt } of stored.events)
    expect((Date.parse(receivedAt) - Date.parse(occurredAt)) / 1_000).toBe(seconds)
}
const skewed = (year: string) => ({
  body: JSON.stringify({
    batch: [track({ userId: 'u', timestamp: `${year}-03-01T08:00:00.000Z` })],
    sentAt: `${year}-03-01T08:01:00.000Z`,
  }),
})
const ONE = '200: 1 accepted'
const RECEIVED = 'it counts as happened when it was received; what was said is kept'

export const BAD_TIMES: BadInput[] = [
  {
    input: 'a clock that is years ahead, with `sentAt`',
    answer: ONE,
    becomes: 'the event happened a minute before it was received',
    why: 'of the client’s clock only differences count',
    sent: [skewed('2041')],
    stored: { events: [{ originalTimestamp: '2041-03-01T08:00:00.000Z' }] },
    check: age(60),
  },
  {
    input: 'a clock that is years behind, with `sentAt`',
    answer: ONE,
    becomes: 'the same',
    why: 'the same',
    sent: [skewed('1999')],
    stored: { events: [{ sentAt: '1999-03-01T08:01:00.000Z' }] },
    check: age(60),
  },
  {
    input: 'a time more than a day ahead, without `sentAt`',
    answer: ONE,
    becomes: RECEIVED,
    why: 'it would be the newest for years',
    sent: [[track({ userId: 'u', timestamp: '2041-03-01T08:00:00.000Z' })]],
    stored: { events: [{ originalTimestamp: '2041-03-01T08:00:00.000Z', corrections: noted('/timestamp') }] },
    check: age(0),
  },
  {
    input: 'a time of years ago, without `sentAt`',
    answer: ONE,
    becomes: 'it counts as it is',
    why: 'histories are brought in this way',
    sent: [[track({ userId: 'u', timestamp: '1999-03-01T08:00:00.000Z' })]],
    stored: { events: [{ occurredAt: '1999-03-01T08:00:00.000Z' }] },
  },
  {
    input: 'a time before 1970',
    answer: ONE,
    becomes: RECEIVED,
    why: 'it is an unset clock',
    sent: [[track({ userId: 'u', timestamp: '1950-01-01T00:00:00.000Z' })]],
    stored: { events: [{ corrections: noted('/timestamp') }] },
    check: age(0),
  },
  {
    input: 'the year 275760, or `8.64e15`',
    answer: '200: 2 accepted',
    becomes: 'it counts as absent',
    why: 'texts of such instants do not order',
    sent: [[track({ userId: 'u', timestamp: '+275760-09-13T00:00:00.000Z' }), track({ userId: 'u', timestamp: 8.64e15 })]],
    stored: { events: [{ corrections: noted('/timestamp') }, { corrections: noted('/timestamp') }] },
    check: age(0),
  },
  {
    input: 'a time that is none: `"now"`, 30 February',
    answer: '200: 2 accepted',
    becomes: 'the same',
    why: 'the event itself is sound',
    sent: [[track({ userId: 'u', timestamp: 'now' }), track({ userId: 'u', timestamp: '2026-02-30T00:00:00.000Z' })]],
    stored: { events: [{ corrections: noted('/timestamp') }, { corrections: noted('/timestamp') }] },
    check: age(0),
  },
]

const STORM = 10_000
const REQUEST_EVENTS = 2_500
const ids = Array.from({ length: STORM }, (_, i) => i)
/** In as many requests as it takes. */
function requestsOf(events: readonly object[]): object[][] {
  const count = Math.ceil(events.length / REQUEST_EVENTS)
  return Array.from({ length: count }, (_, i) => events.slice(i * REQUEST_EVENTS, (i + 1) * REQUEST_EVENTS))
}
const STORM_ANSWER = '200: 2,500 accepted'
const visits = (storm: string) => ids.map((i) => track({ anonymousId: `${storm}-${i}` }))
const aliases = (storm: string) => ids.map((i) => ({ type: 'alias', userId: storm, previousId: `${storm}-${i}` }))
/** Each visitor is met, joined, and taken away again. */
const comings = (storm: string) =>
  ids.flatMap((i) => {
    const previousId = `${storm}-${i}`
    return [
      track({ anonymousId: previousId }),
      { type: 'alias', userId: storm, previousId },
      { type: 'unalias', userId: storm, previousId },
    ]
  })
const notesOf = ({ events }: Stored, code: string) =>
  events.filter(({ notes }) => notes?.some((note) => note.code === code)).length

export const BAD_IDENTITIES: BadInput[] = [
  {
    input: 'an alias to oneself',
    answer: '200: 2 accepted',
    becomes: 'it is on the timeline and does nothing',
    why: 'analytics-next sends it',
    user: 'oneself',
    sent: [[identify('oneself', { plan: 'team' }), { type: 'alias', userId: 'oneself', previousId: 'oneself' }]],
    stored: { events: [{ type: 'identify' }, { type: 'alias' }], profile: known('oneself', { plan: 'team' }) },
  },
  {
    input: 'an alias of two users who both have an external id',
    answer: '200: 3 accepted',
    becomes: 'both stay; the event says `identifier_kept`',
    why: 'a wrong merge of two known people is worse than none',
    user: 'known-1',
    sent: [[identify('known-1', {}), identify('known-2', {}), { type: 'alias', userId: 'known-1', previousId: 'known-2' }]],
    stored: { events: [{}, {}, { notes: [{ code: 'identifier_kept' }] }], profile: known('known-1') },
  },
  {
    input: 'ids that identify nobody: `0000`, `-1`, `anonymous`, …',
    answer: ONE,
    becomes: 'the event is kept, on nobody’s timeline, and says `identifier_blocked`',
    why: 'thousands of people would become one',
    sent: [[track({ userId: '00000000-0000' })]],
    stored: { events: [{ userId: '00000000-0000', notes: [{ code: 'identifier_blocked' }] }] },
    check: ({ events }) => expect(events[0]).not.toHaveProperty('user'),
  },
  {
    input: '10,000 anonymous ids aliased to one user',
    answer: STORM_ANSWER,
    becomes: 'the user gets 100 of them; the other events say `identifier_limit`',
    why: 'a shared device or a loop must not make one giant of all visitors',
    user: 'storm-new',
    sent: requestsOf(aliases('storm-new')),
    check: (stored) => {
      expect([stored.profile?.identifiers.length, stored.profile?.parts]).toEqual([101, 1])
      expect([stored.events.length, notesOf(stored, 'identifier_limit')]).toEqual([STORM, STORM - 100])
    },
  },
  {
    input: '10,000 visitors aliased to one user, who have profiles of their own',
    answer: STORM_ANSWER,
    becomes: 'the user merges with 100 of them; the others stay what they are, and the events say `identifier_kept`',
    why: 'the same',
    user: 'storm-met',
    sent: requestsOf([...visits('storm-met'), ...aliases('storm-met')]),
    check: (stored) => {
      expect([stored.profile?.identifiers.length, stored.profile?.parts]).toEqual([101, 100])
      expect([stored.events.length, notesOf(stored, 'identifier_kept')]).toEqual([2 * STORM, STORM - 100])
    },
  },
  {
    input: 'the same, and each visitor’s id is taken away again by an `unalias`',
    answer: STORM_ANSWER,
    becomes: 'the user merges with them until it has 250 parts; then as above',
    why: 'the same',
    user: 'storm-gone',
    sent: requestsOf(comings('storm-gone')),
    check: (stored) => {
      expect(stored.profile?.parts).toBe(PARTS_MAX)
      expect([stored.events.length, notesOf(stored, 'identifier_kept')]).toEqual([3 * STORM, STORM - PARTS_MAX])
    },
  },
]

const DEEP = {
  type: 'identify',
  userId: 'deep-trait',
  traits: { plan: 'team', tree: JSON.parse('['.repeat(17) + ']'.repeat(17)) as unknown },
}
const numbered = (count: number, from = 0) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i + from}`, 1]))
const refused = (trait: string, code: string) => ({ refused: [expect.objectContaining({ trait, code }) as object] })
const TAKEN = 'the trait is refused on the event; its other traits are taken'
const has2000 = ({ profile }: Stored) => expect(Object.keys(profile?.traits ?? {})).toHaveLength(2_000)

export const BAD_TRAITS: BadInput[] = [
  {
    input: 'a value nested 17 to 30 levels deep',
    answer: ONE,
    becomes: `${TAKEN}: \`trait_nested_too_deep\``,
    why: 'nobody can make a segment of it',
    user: 'deep-trait',
    sent: [[DEEP]],
    stored: { events: [refused('tree', 'trait_nested_too_deep')], profile: known('deep-trait', { plan: 'team' }) },
  },
  {
    input: 'a value above 2 KB',
    answer: ONE,
    becomes: `${TAKEN}: \`trait_too_large\``,
    why: 'profiles are read and written whole',
    user: 'large-trait',
    sent: [[identify('large-trait', { plan: 'team', bio: 'x'.repeat(2_100) })]],
    stored: { events: [refused('bio', 'trait_too_large')], profile: known('large-trait', { plan: 'team' }) },
  },
  {
    input: 'a value of another type than the first',
    answer: '200: 2 accepted',
    becomes: `${TAKEN}: \`trait_type_mismatch\``,
    why: 'a number in one profile and a text in the next cannot be compared',
    user: 'other-type',
    sent: [[identify('other-type', { employees: 7 }), identify('other-type', { employees: 'many', plan: 'team' })]],
    stored: {
      events: [{}, refused('employees', 'trait_type_mismatch')],
      profile: known('other-type', { employees: 7, plan: 'team' }),
    },
  },
  {
    input: 'a name of more than 200 characters, an empty one, or one with `__proto__` in it',
    answer: ONE,
    becomes: `${TAKEN}: \`trait_name_invalid\``,
    why: 'names are columns and keys elsewhere',
    user: 'bad-name',
    sent: [[identify('bad-name', { ['n'.repeat(201)]: 1, plan: 'team' })]],
    stored: { events: [refused('n'.repeat(200), 'trait_name_invalid')], profile: known('bad-name', { plan: 'team' }) },
  },
  {
    input: '2,001 traits in one event',
    answer: ONE,
    becomes: '2,000 are taken; the last is refused: `trait_limit`',
    why: 'data in names (`visit-2026-03-01`) grows without end',
    user: 'all-at-once',
    sent: [[identify('all-at-once', numbered(2_001))]],
    stored: { events: [refused('t2000', 'trait_limit')] },
    check: has2000,
  },
  {
    input: '2,001 traits over several events',
    answer: '200: 3 accepted',
    becomes: 'the same',
    why: 'the same',
    user: 'by-and-by',
    sent: [
      [
        identify('by-and-by', numbered(1_500)),
        identify('by-and-by', numbered(500, 1_500)),
        identify('by-and-by', { t0: 2, t2000: 1 }),
      ],
    ],
    stored: { events: [{}, {}, refused('t2000', 'trait_limit')] },
    check: has2000,
  },
  {
    input: 'traits that are no object',
    answer: ONE,
    becomes: 'they count as absent, and the event says so',
    why: 'the event is still somebody’s',
    user: 'no-traits',
    sent: [[{ type: 'identify', userId: 'no-traits', traits: 'none' }]],
    stored: { events: [{ corrections: noted('/traits') }], profile: known('no-traits') },
  },
]
