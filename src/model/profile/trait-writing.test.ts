import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../base/json.ts'
import type { Part } from './entity.ts'
import { DEFAULT_TRAIT_RULE, TRAIT_NAME_CHARACTERS_MAX, type TraitRule, TRAITS_MAX } from './trait.ts'
import { emptyPart, PlainRegistry, writeAt } from './trait.fixture.ts'
import { TraitRules } from './trait-rules.ts'
import { entityTraits, traitChanges } from './trait-value.ts'
import { applyTraits, REFUSALS_MAX } from './trait-writing.ts'

const rule = (members: Partial<TraitRule>): TraitRule => ({ ...DEFAULT_TRAIT_RULE, ...members })

/** One profile, as one event after the other writes its traits. */
class Profile {
  readonly parts: [Part, ...Part[]] = [emptyPart()]
  readonly registry: PlainRegistry
  readonly rules: TraitRules

  constructor(rules: Record<string, TraitRule> = {}, registry = new PlainRegistry()) {
    this.rules = new TraitRules(rules)
    this.registry = registry
  }

  write(traits: JsonObject, write = writeAt(Object.keys(this.registry.noted).length + 1), part = this.parts[0]) {
    const { parts, rules, registry } = this
    return applyTraits(traits, { parts, part, write, rules, registry })
  }

  shown(): Record<string, Json> {
    return Object.fromEntries([...entityTraits(this.parts, this.rules)].map(([name, { value }]) => [name, value]))
  }
}

describe('traits of an event', () => {
  test('change what the profile shows, and the outcome says from what to what', () => {
    const profile = new Profile()
    profile.write({ plan: 'free', seats: 3, city: 'Oslo' }, writeAt(1))
    expect(profile.write({ plan: 'gold', seats: 3, vip: true, city: null }, writeAt(2))).toEqual({
      isChanged: true,
      changes: [
        { name: 'plan', from: 'free', to: 'gold', isTracked: true },
        { name: 'vip', from: null, to: true, isTracked: true },
        { name: 'city', from: 'Oslo', to: null, isTracked: true },
      ],
      refusals: [],
    })
    expect(profile.shown()).toEqual({ plan: 'gold', seats: 3, vip: true })
  })

  test('never overwrite what is newer, unless the catalog goes by what came last', () => {
    const profile = new Profile({ status: rule({ order: 'last-received' }) })
    profile.write({ plan: 'gold', status: 'gold' }, writeAt(10, 1))
    expect(profile.write({ plan: 'free', status: 'free' }, writeAt(5, 2)).changes).toEqual([
      { name: 'status', from: 'gold', to: 'free', isTracked: true },
    ])
    expect(profile.shown()).toEqual({ plan: 'gold', status: 'free' })
    expect(profile.write({ plan: 'old' }, writeAt(1, 3))).toEqual({ isChanged: false, changes: [], refusals: [] })
  })

  test('count up and down from nothing, in both spellings', () => {
    const profile = new Profile()
    for (const operation of ['inc', 'inc', 'increment', 'dec', 'decrement']) profile.write({ n: { operation, value: '2' } })
    profile.write({ m: { operation: 'dec', value: 0 } })
    expect(profile.shown()).toEqual({ n: 2, m: 0 })
    expect(profile.registry.types.get('n')).toBe('number')
  })

  test('that mean no change are no change: setIfNull of null, equal values, members in another order', () => {
    const profile = new Profile()
    profile.write({ plan: 'gold', address: { city: 'Oslo', zip: '1' } })
    const { changes } = profile.write({
      plan: 'gold',
      address: { zip: '1', city: 'Oslo' },
      x: { operation: 'setIfNull', value: null },
    })
    expect(changes).toEqual([])
    expect(profile.parts[0].traits).not.toHaveProperty('x')
  })

  test('of groups may be written with a dot or a slash, and nested objects stay values', () => {
    const profile = new Profile({ 'clearbit.role': rule({ visibility: 'visible' }) })
    const { changes } = profile.write({ 'clearbit.role': 'cto', 'clearbit/role': 'ceo', company: { name: 'Acme' } })
    expect(changes).toEqual([
      { name: 'clearbit/role', from: null, to: 'ceo', isTracked: false },
      { name: 'company', from: null, to: { name: 'Acme' }, isTracked: true },
    ])
  })

  test('with names that every object has are traits like others', () => {
    const profile = new Profile()
    profile.write({ constructor: 'x', toString: 'y', hasOwnProperty: 'z', valueOf: 1 })
    expect(Object.entries(profile.shown())).toHaveLength(4)
  })
})

describe('the catalog', () => {
  test('hides: the value is ignored, and counted', () => {
    const profile = new Profile({ password: rule({ visibility: 'hidden' }) })
    expect(profile.write({ password: 'secret' })).toEqual({ isChanged: false, changes: [], refusals: [] })
    expect(profile.registry.noted).toEqual(['password: hidden'])
    expect(JSON.stringify(profile.parts)).not.toContain('secret')
  })

  test('hides a trait that profiles had before', () => {
    const profile = new Profile()
    profile.write({ plan: 'gold' })
    expect(entityTraits(profile.parts, new TraitRules({ plan: rule({ visibility: 'hidden' }) })).size).toBe(0)
  })

  test('forbids: the value is refused, with a record', () => {
    const profile = new Profile({ ssn: rule({ isForbidden: true }) })
    expect(profile.write({ ssn: '1', plan: 'gold' }).refusals).toEqual([
      { trait: 'ssn', code: 'trait_forbidden', message: 'The catalog forbids the trait ssn.' },
    ])
    expect(profile.shown()).toEqual({ plan: 'gold' })
  })

  test('renames: the value is kept under the other name, by that name’s rule, also over several renames', () => {
    const profile = new Profile({
      'first-name': rule({ renamedTo: 'firstName' }),
      firstName: rule({ renamedTo: 'person.first_name' }),
      'person.first_name': rule({ type: 'string', visibility: 'visible' }),
      secret: rule({ renamedTo: 'ssn' }),
      ssn: rule({ isForbidden: true }),
      circle: rule({ renamedTo: 'circle' }),
    })
    const { changes, refusals } = profile.write({ 'first-name': 7, secret: 1, circle: 1 })
    expect(changes[0]).toEqual({ name: 'person/first_name', from: null, to: '7', isTracked: false })
    expect(refusals).toMatchObject([{ trait: 'ssn', code: 'trait_forbidden' }])
    expect(profile.shown()).toEqual({ 'person/first_name': '7', circle: 1 })
  })

  test('declares types, which count more than the first value', () => {
    const profile = new Profile({ zip: rule({ type: 'string' }) }, new PlainRegistry())
    profile.registry.types.set('zip', 'number')
    profile.write({ zip: 1234 })
    expect(profile.shown()).toEqual({ zip: '1234' })
  })
})

describe('a trait is refused', () => {
  const profile = new Profile()
  profile.write({ age: 40, name: 'Ada', address: { city: 'Oslo' } })

  test.each<[string, Json, string]>([
    ['age', 'forty', 'trait_type_mismatch'],
    ['age', { operation: 'inc', value: 'one' }, 'trait_type_mismatch'],
    ['age', { operation: 'inc', value: null }, 'trait_type_mismatch'],
    ['age', { operation: 'dec', value: 2 ** 53 }, 'trait_too_large'],
    ['name', { operation: 'inc', value: 1 }, 'trait_type_mismatch'],
    ['address', { operation: 'inc', value: 1 }, 'trait_type_mismatch'],
    ['text', 'x'.repeat(3_000), 'trait_too_large'],
    ['deep', JSON.parse('{"a":'.repeat(1_000) + '1' + '}'.repeat(1_000)) as Json, 'trait_nested_too_deep'],
    ['', 1, 'trait_name_invalid'],
    ['x'.repeat(TRAIT_NAME_CHARACTERS_MAX + 1), 1, 'trait_name_invalid'],
    ['a/__proto__', 1, 'trait_name_invalid'],
  ])('%.20s: %.50j, with %s', (name, value, code) => {
    const before = structuredClone(profile.parts)
    const outcome = profile.write({ [name]: value })
    expect(outcome).toMatchObject({ isChanged: false, changes: [], refusals: [{ code }] })
    expect(outcome.refusals[0]?.trait).toBe(name.slice(0, TRAIT_NAME_CHARACTERS_MAX))
    expect(profile.registry.noted.at(-1)).toContain(code)
    expect(profile.parts).toEqual(before)
  })

  test('under the name __proto__, and no object is changed by it', () => {
    const { refusals } = profile.write(JSON.parse('{"__proto__": {"isAdmin": true}}') as JsonObject)
    expect(refusals).toMatchObject([{ trait: '__proto__', code: 'trait_name_invalid' }])
    expect('isAdmin' in {}).toBe(false)
  })

  test('and the others of its event are taken', () => {
    expect(profile.write({ age: 'forty', color: 'red' })).toMatchObject({ isChanged: true, refusals: [{ trait: 'age' }] })
    expect(profile.shown()).toMatchObject({ age: 40, color: 'red' })
  })
})

const numbered = (count: number, prefix = 't') => Object.fromEntries(Array.from({ length: count }, (_, i) => [prefix + i, i]))

describe('limits', () => {
  test('a profile has so many traits: the surplus is refused in the order of the event, known ones are taken', () => {
    const profile = new Profile()
    const { refusals } = profile.write(numbered(TRAITS_MAX + 1))
    expect(refusals).toEqual([
      { trait: `t${TRAITS_MAX}`, code: 'trait_limit', message: `The profile has ${TRAITS_MAX} traits already.` },
    ])
    expect(profile.write({ t5: 50, other: 1 })).toMatchObject({
      changes: [{ name: 't5' }],
      refusals: [{ trait: 'other', code: 'trait_limit' }],
    })
  })

  test('a part that was merged in does not take room from the other', () => {
    const profile = new Profile()
    profile.write(numbered(TRAITS_MAX))
    profile.parts.push(emptyPart('1'.repeat(24)))
    expect(profile.write({ other: 1 }, writeAt(9_999), profile.parts[1]).refusals).toEqual([])
  })

  test('the workspace has so many names', () => {
    const profile = new Profile({}, new PlainRegistry(2))
    expect(profile.write({ a: 1, b: 1, c: 1, d: null }).refusals).toMatchObject([{ trait: 'c', code: 'trait_limit' }])
    expect(profile.shown()).toEqual({ a: 1, b: 1 })
  })

  test('an event names so many refusals and says how many there were beyond', () => {
    const profile = new Profile({}, new PlainRegistry(0))
    const { refusals } = profile.write(numbered(REFUSALS_MAX + 5))
    expect(refusals).toHaveLength(REFUSALS_MAX + 1)
    expect(refusals.at(-1)).toEqual({ trait: '', code: 'trait_limit', message: '5 more traits of this event were refused.' })
  })
})

describe('writes', () => {
  test('are kept once an event and dropped when no value comes from them', () => {
    const profile = new Profile()
    profile.write({ a: 1, b: 1 }, writeAt(1))
    profile.write({ a: 2 }, writeAt(2))
    expect(profile.parts[0].writes).toEqual({ 0: writeAt(1), 1: writeAt(2) })
    profile.write({ b: 2, c: 2 }, writeAt(3))
    expect(profile.parts[0].writes).toEqual({ 1: writeAt(2), 2: writeAt(3) })
    profile.write({ a: 3 }, writeAt(4))
    expect(profile.parts[0].writes).toEqual({ 0: writeAt(4), 2: writeAt(3) })
  })

  test('are just those that operations refer to, whatever is written', () => {
    const value: fc.Arbitrary<Json> = fc.oneof(
      fc.integer({ min: 0, max: 3 }),
      fc.constantFrom<Json>(null, 'text', { operation: 'inc', value: 1 }, { operation: 'setIfNull', value: 9 }),
    )
    const event = fc.tuple(fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd.e', 'd/e'), value), fc.nat(20))
    const property = fc.property(fc.array(event, { maxLength: 80 }), (events) => {
      const profile = new Profile()
      events.forEach(([traits, second], i) => {
        const before = JSON.stringify(profile.parts)
        const shown = entityTraits(profile.parts, profile.rules)
        const { isChanged, changes } = profile.write(traits, writeAt(second, i))
        expect(JSON.stringify(profile.parts) !== before).toBe(isChanged)
        const expected = traitChanges(shown, entityTraits(profile.parts, profile.rules), profile.rules)
        expect(changes.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual(expected)
      })
      const [{ traits, writes }] = profile.parts
      const used = new Set(Object.values(traits).flatMap((list) => list.map(([, , number]) => String(number))))
      expect(Object.keys(writes)).toEqual([...used].toSorted((a, b) => Number(a) - Number(b)))
    })
    fc.assert(property, { numRuns: 300 })
  })
})

test('an entity shows the traits of all its parts, and a merge changes what it shows', () => {
  const profile = new Profile({ note: rule({ visibility: 'visible' }) })
  const other = emptyPart('1'.repeat(24))
  profile.write({ plan: 'gold', email: 'ada@example.org', seats: { operation: 'inc', value: 2 } }, writeAt(5))
  profile.write({ plan: 'free', city: 'Oslo', seats: { operation: 'inc', value: 3 }, note: 'x' }, writeAt(3), other)
  const before = entityTraits(profile.parts, profile.rules)
  profile.parts.push(other)
  const after = entityTraits(profile.parts, profile.rules)
  expect(after.get('plan')).toEqual({ value: 'gold', write: writeAt(5) })
  expect(after.get('city')).toEqual({ value: 'Oslo', write: writeAt(3) })
  expect(traitChanges(before, after, profile.rules)).toEqual([
    { name: 'city', from: null, to: 'Oslo', isTracked: true },
    { name: 'note', from: null, to: 'x', isTracked: false },
    { name: 'seats', from: 2, to: 5, isTracked: true },
  ])
})
