import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../base/json.ts'
import { TraitRules } from '../profile/trait-rules.ts'
import { DEFAULT_TRAIT_RULE } from '../profile/trait.ts'
import { parseSegment, segmentKind } from './parse-segment.ts'
import { about, aboutAccounts, CONTEXT, ID, leaf, parse, problemLines } from './segment-parsing.fixture.ts'

describe('a document is', () => {
  const predicate = about('email', 'is_set')
  const rule = { is: 'all', of: [{ is: 'trait', owner: 'self', trait: 'email', test: { test: 'set', negated: false } }] }

  test.each<[string, JsonObject, object]>([
    ['that of a catalog', { name: 'With email', predicate }, { name: 'With email', kind: 'user' }],
    ['one about accounts', { kind: 'account', predicate }, { name: ID, kind: 'account' }],
    [
      'that of Hull, whatever else it holds',
      {
        id: '5a815a3fd57fdbb78a000004',
        name: 'Users with Email',
        type: 'users_segment',
        predicate,
        query: { bool: { filter: [{ exists: { field: 'email' } }] } },
        created_at: '2018-02-12T09:11:42Z',
        updated_at: '2018-02-12T09:16:33Z',
        stats: {},
      },
      { name: 'Users with Email', kind: 'user' },
    ],
    ['one of Hull about accounts', { name: 'Big', type: 'accounts_segment', predicate }, { name: 'Big', kind: 'account' }],
    ['the bare predicate', predicate, { name: ID, kind: 'user' }],
  ])('%s', (_form, document, expected) => {
    const { definition, problems } = parse(document)
    expect(problems).toEqual([])
    expect(definition).toMatchObject({ id: ID, timeZone: 'Europe/Berlin', ...expected, predicate: rule, document })
    expect(segmentKind(document)).toBe(definition?.kind)
  })

  test.each<[string, JsonObject]>([
    ['properties', about('first_name', 'equals', { value: ['Romain'] })],
    [
      'events',
      about('event', 'at_least_once', {
        eventName: 'Completed Order',
        propsFilters: [{ section: 'property', key: 'total', value: 100, operator: 'gt' }],
        timeframe: 'less_than',
        days: 30,
      }),
    ],
    [
      'nested groups',
      {
        type: 'all',
        predicates: [
          { type: 'any', predicates: [leaf('email', 'is_set'), leaf('external_id', 'starts_with', { value: ['123'] })] },
        ],
      },
    ],
    ['no values', about('email', 'is_set', { value: [], propsFilters: [] })],
  ])('as Hull has described it, of %s', (_of, document) => {
    expect(parse(document).problems).toEqual([])
  })

  test('one of a manual segment, without a predicate', () => {
    const { definition, problems } = parse({ name: 'Beta testers', manual: true })
    expect(problems).toEqual([])
    expect(definition).not.toHaveProperty('predicate')
  })

  test('made of dates where code has written it', () => {
    const { definition } = parse(about('trial_ends_at', 'is_after', { value: new Date('2026-03-01') as unknown as Json }))
    expect(definition?.document).toEqual(about('trial_ends_at', 'is_after', { value: '2026-03-01T00:00:00.000Z' }))
  })

  test('kept as it was written, and safe from later changes', () => {
    const document = { name: 'x', predicate: about('plan', 'equals', { value: ['pro'] }) }
    const { definition } = parse(document)
    document.name = 'y'
    expect(definition?.document).toMatchObject({ name: 'x' })
  })

  test.each<[string, Json, string]>([
    ['a list', [], ' A segment must be an object, not a list. | For example'],
    ['text', 'all', ' A segment must be an object, not "all". | For example'],
    ['of a kind that does not exist', { kind: 'users', predicate }, '/kind A segment of the kind "users" does not exist. | Did'],
    [
      'of a type that does not exist',
      { type: 'segment', predicate },
      '/type A segment of type "segment" does not exist. | Write',
    ],
    [
      'of a kind and a type that differ',
      { kind: 'user', type: 'accounts_segment', predicate },
      '/kind The kind "user" and the type "accounts_segment" contradict each other. | Keep one of them.',
    ],
    ['manual in a way that is no answer', { manual: 'yes' }, '/manual "manual" must be true or false, not "yes".'],
    ['a predicate alone', { predicate: leaf('email', 'is_set') }, '/predicate/property A group has no member "property".'],
    [
      'too much',
      { ...predicate, note: 'x'.repeat(262_144) },
      'The document has 262232 characters; 262144 are allowed. | For a long list of people',
    ],
  ])('none when it is %s', (_form, document, line) => {
    const parsed = parse(document)
    expect(parsed.definition).toBeUndefined()
    expect(problemLines(parsed)[0]).toContain(line.trim())
  })

  test.each([
    ['empty', ''],
    ['internal', '~abc'],
    ['with a blank', 'a b'],
    ['with 101 characters', 'x'.repeat(101)],
  ])('refused under an id that is %s', (_name, id) => {
    expect(parseSegment(id, { manual: true }, CONTEXT).definition).toBeUndefined()
    expect(parseSegment('x'.repeat(100), { manual: true }, CONTEXT).problems).toEqual([])
  })
})

const zoneOf = (timeZone: Json) => parse({ timeZone, manual: true }).definition?.timeZone

/** Three hundred predicates on traits that nobody has. */
const many = (operator: string) => ({
  type: 'all',
  predicates: Array.from({ length: 300 }, (_, i) => leaf(`unknown_${i}`, operator)),
})

describe('of a document with more mistakes than anybody reads', () => {
  test('the first hundred are told, and how many more there are', () => {
    const { problems, definition } = parse(many('is_st'))
    expect(problems).toHaveLength(101)
    expect(problems.at(-1)).toEqual({ pointer: '', message: 'There are 500 further problems.', isWarning: false })
    expect(definition).toBeUndefined()
  })
  test('what Hull says besides of a property is no mistake', () => {
    const property = { key: 'email', title: 'Email', configKey: 'user' }
    const { definition, problems } = parse({ type: 'all', predicates: [{ property, operator: 'is_set' }] })
    expect(definition?.predicate?.of).toHaveLength(1)
    expect(problems.map(({ pointer, message, isWarning }) => [pointer, message, isWarning])).toEqual([
      ['/predicates/0/property/title', 'Of a property only the key is read, not "title".', true],
      ['/predicates/0/property/configKey', 'Of a property only the key is read, not "configKey".', true],
    ])
  })

  test('warnings are only that', () => {
    const { problems, definition } = parse(many('is_set'))
    expect(problems.at(-1)).toMatchObject({ message: 'There are 200 further problems.', isWarning: true })
    expect(definition).toBeDefined()
  })
  test('names are not compared with thousands of others without end', () => {
    const knownTraits = Array.from({ length: 3_000 }, (_, i) => `unknwon_${i}`)
    const { problems } = parse(many('is_set'), { knownTraits: () => knownTraits })
    const suggested = problems.filter(({ hint }) => hint?.startsWith('Did you mean'))
    expect(suggested.length).toBeGreaterThan(0)
    expect(suggested.length).toBeLessThan(10)
  })
})

describe('a time zone is', () => {
  test('that of the workspace where none is named', () => {
    expect(zoneOf(null)).toBe('Europe/Berlin')
  })
  test('kept under its usual name', () => {
    expect(zoneOf('america/new_york')).toBe('America/New_York')
  })
  test('that of each entity, and of the workspace where it has none', () => {
    expect(zoneOf({ trait: 'timezone' })).toEqual({ trait: 'timezone', otherwise: 'Europe/Berlin' })
    expect(zoneOf({ trait: 'timezone', otherwise: 'UTC' })).toEqual({ trait: 'timezone', otherwise: 'UTC' })
  })
  test('refused where nobody keeps such a clock', () => {
    expect(zoneOf('+02:00')).toBeUndefined()
    expect(zoneOf({ trait: '' })).toBeUndefined()
    expect(zoneOf({ trait: 'timezone', otherwise: 'Mars' })).toBeUndefined()
    expect(zoneOf({ trait: 'timezone', or: 'UTC' })).toBeUndefined()
  })
})

/** Of the only condition, which is one on events. */
function selectorOf(options: JsonObject, timeZone?: Json) {
  const predicate = about('event', 'at_least_once', { eventName: 'Completed Order', ...options })
  const [only] = parse({ predicate, timeZone: timeZone ?? null }).definition?.predicate?.of ?? []
  return only?.is === 'events' ? only.events : undefined
}

describe('days in filters of events are those of', () => {
  const propsFilters = [{ key: 'shipped_at', operator: 'is_on', value: '2026-03-01' }]

  test.each<[string, Json | undefined, string]>([
    ['the workspace', undefined, 'Europe/Berlin'],
    ['the segment', 'America/New_York', 'America/New_York'],
    ['the workspace, where each entity has its own', { trait: 'timezone' }, 'Europe/Berlin'],
    ['what is named otherwise', { trait: 'timezone', otherwise: 'Asia/Tokyo' }, 'Asia/Tokyo'],
  ])('%s', (_whose, timeZone, expected) => {
    expect(selectorOf({ propsFilters }, timeZone)).toMatchObject({ timeZone: expected })
  })
  test('no zone where no filter speaks of time, so that the same question is counted once', () => {
    const timeless = [{ key: 'total', operator: 'gt', value: 100 }]
    expect(selectorOf({ propsFilters: timeless }, 'America/New_York')).toEqual(selectorOf({ propsFilters: timeless }))
    expect(selectorOf({ propsFilters }, 'UTC')).not.toHaveProperty('timeZone')
  })
})

describe('what can never be seen is a warning', () => {
  const rules = new TraitRules({
    fullName: { ...DEFAULT_TRAIT_RULE, renamedTo: 'name' },
    ssn: { ...DEFAULT_TRAIT_RULE, isForbidden: true },
    ip: { ...DEFAULT_TRAIT_RULE, visibility: 'hidden' },
  })
  const context = { traitRules: { user: rules, account: rules } }

  test.each([
    ['fullName', 'No profile has the trait "fullName": its values are kept as "name". | Write "name".'],
    ['traits_ssn', 'The catalog keeps out the trait "traits_ssn", so no profile has it. | Ask for another.'],
    ['account.ip', 'The catalog keeps out the trait "account.ip", so no profile has it. | Ask for another.'],
  ])('%s', (key, line) => {
    const parsed = parse(about(key, 'is_set'), context)
    expect(problemLines(parsed)).toEqual([`/predicates/0/property/key warning: ${line}`])
    expect(parsed.definition).toBeDefined()
  })

  test.each([
    ['city', undefined],
    ['plna', 'Did you mean "plan"?'],
    ['account.plna', 'Did you mean "account.plan"?'],
    ['plan', undefined],
  ])('where only the catalog is known, %s only when it looks like a name that it has', (key, hint) => {
    const { problems } = parse(about(key, 'is_set'), { isPartial: true })
    expect(problems.map((problem) => problem.hint)).toEqual(hint === undefined ? [] : [hint])
  })

  test.each([
    ['segments_changed', 'Did you mean "Segments changed"?'],
    ['Segments changed', undefined],
    ['identify', undefined],
    ['Signed Up', undefined],
  ])('so for the event %s', (eventName, hint) => {
    const { problems } = parse(about('event', 'at_least_once', { eventName }), { isPartial: true, knownEvents: [] })
    expect(problems.map((problem) => problem.hint)).toEqual(hint === undefined ? [] : [hint])
  })
})

/** The id under which the users of its only predicate are kept track of. */
function internal(document: JsonObject): string {
  const users = parse(document).definition?.predicate?.of.find(({ is }) => is === 'users')
  return users?.is === 'users' ? users.segment : ''
}
describe('users of an account', () => {
  const admins = about('plan', 'equals', { value: ['admin'] })

  test('are kept track of under one id wherever the same is asked', () => {
    const one = aboutAccounts('users', 'is_at_least', { count: 3, predicate: admins })
    const other = {
      kind: 'account',
      predicate: { type: 'any', predicates: [leaf('plan', 'is_set'), leaf('users', 'zero_times', { predicate: admins })] },
    }
    expect(internal(one)).toMatch(/^~[0-9a-f]{16}$/)
    expect(internal(other)).toBe(internal(one))
  })
  test('and under another where other users are meant, or another calendar', () => {
    const one = aboutAccounts('users', 'is_at_least', { count: 3, predicate: admins })
    expect(internal({ ...one, timeZone: 'UTC' })).not.toBe(internal(one))
    expect(internal(aboutAccounts('users', 'is_at_least', { count: 3 }))).not.toBe(internal(one))
  })
})
