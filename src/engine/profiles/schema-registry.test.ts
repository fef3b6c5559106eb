import * as fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../base/json.ts'
import { DEFAULT_TRAIT_RULE, type TraitRule } from '../../model/profile/trait.ts'
import { emptyPart, writeAt } from '../../model/profile/trait.fixture.ts'
import { TraitRules } from '../../model/profile/trait-rules.ts'
import { applyTraits } from '../../model/profile/trait-writing.ts'
import { openSqliteStore } from '../../store/sqlite/open-sqlite-store.ts'
import type { DocumentChange, Store } from '../../store/store.ts'
import { ALL_PROPERTIES_MAX, NAMES_PER_PAGE, PROPERTIES_MAX, SCHEMA_NAMES_MAX, SOURCES_MAX } from './schema-documents.ts'
import type { SeenEvent } from './schema-events.ts'
import { loadSchema, loadTraitTypes, SchemaRegistry } from './schema-registry.ts'

type Input = { traits?: JsonObject; event?: SeenEvent; rules?: Record<string, TraitRule>; at: number }

/** A store and the registry over it. */
class World {
  readonly store: Store
  readonly documents = new Map<string, string | undefined>()
  /** Of the last commit. */
  changes: DocumentChange[] = []
  #registry: SchemaRegistry
  readonly #fence: number

  constructor(store: Store, registry: SchemaRegistry, fence: number) {
    this.store = store
    this.#registry = registry
    this.#fence = fence
  }

  take({ traits = {}, event, rules = {}, at }: Input): void {
    const part = emptyPart()
    const write = { ...writeAt(at), source: event?.source ?? 'site' }
    applyTraits(traits, { parts: [part], part, write, rules: new TraitRules(rules), registry: this.#registry.traits.user })
    if (event) this.#registry.noteEvent(event, at * 1_000)
  }

  async commit(): Promise<void> {
    this.changes = this.#registry.changes()
    await this.store.commit('0', this.#fence, { documents: this.changes, outputs: [], checkpoints: [] })
    for (const { space, key, value } of this.changes) this.documents.set(`${space} ${key}`, value)
  }

  async reopen(): Promise<void> {
    this.#registry = await SchemaRegistry.open(this.store)
  }

  async report() {
    await this.commit()
    return await loadSchema(this.store)
  }
}

const stores: Store[] = []
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()))
})

async function openWorld(): Promise<World> {
  const store = await openSqliteStore({ path: ':memory:' })
  stores.push(store)
  const { fence } = await store.acquire('0')
  return new World(store, await SchemaRegistry.open(store), fence)
}

const track = (name: string, properties: JsonObject = {}, source = 'site'): SeenEvent => ({
  type: 'track',
  name,
  properties,
  source,
})
const instant = (second: number) => new Date(second * 1_000).toISOString()
const numbered = (count: number, prefix: string) => Object.fromEntries(Array.from({ length: count }, (_, i) => [prefix + i, i]))

describe('the schema of traits', () => {
  test('tells type, times, counts, sources, refusals and what was hidden', async () => {
    const world = await openWorld()
    const hidden = { password: { ...DEFAULT_TRAIT_RULE, visibility: 'hidden' as const } }
    world.take({ traits: { age: 40, password: 'secret' }, rules: hidden, at: 5 })
    world.take({ traits: { age: 'forty' }, event: track('x', {}, 'app'), at: 9 })
    world.take({ traits: { age: null, never: null }, event: track('x', {}, 'app'), at: 3 })
    const { traits } = await world.report()
    expect(traits).toEqual({
      user: [
        {
          name: 'age',
          type: 'number',
          count: 2,
          firstSeenAt: instant(3),
          lastSeenAt: instant(9),
          sources: { site: 1, app: 1 },
          otherSources: 0,
          refused: 1,
          lastRefusal: { code: 'trait_type_mismatch', source: 'app', at: instant(9) },
          hidden: 0,
        },
        expect.objectContaining({ name: 'password', type: null, count: 0, firstSeenAt: instant(5), hidden: 1 }),
      ],
      account: [],
    })
    expect([...world.documents.values()].join()).not.toMatch(/secret|forty/)
  })

  test('freezes the first type, also over a restart, unless the catalog declares another', async () => {
    const world = await openWorld()
    world.take({ traits: { zip: 1234 }, at: 1 })
    await world.commit()
    await world.reopen()
    world.take({ traits: { zip: 'SW1A' }, at: 2 })
    expect((await world.report()).traits.user).toMatchObject([{ type: 'number', count: 1, refused: 1 }])
    world.take({ traits: { zip: 'SW1A' }, rules: { zip: { ...DEFAULT_TRAIT_RULE, type: 'string' } }, at: 3 })
    expect((await world.report()).traits.user).toMatchObject([{ type: 'string', count: 2, refused: 1 }])
    expect(await loadTraitTypes(world.store, 'user', ['zip', 'other'])).toEqual(new Map([['zip', 'string']]))
    expect(await loadTraitTypes(world.store, 'account', ['zip'])).toEqual(new Map())
  })

  test('keeps so many names; values under further ones are refused and counted, deletions are not', async () => {
    const world = await openWorld()
    const perEvent = 1_000
    for (let i = 0; i < SCHEMA_NAMES_MAX / perEvent; i++) world.take({ traits: numbered(perEvent, `t${i}.`), at: 1 })
    await world.commit()
    await world.reopen()
    world.take({ traits: { surplus: 1, gone: null, 't3.5': 2, ['x'.repeat(300)]: 1 }, at: 2 })
    const { traits, unkept } = await world.report()
    expect(traits.user).toHaveLength(SCHEMA_NAMES_MAX)
    expect(traits.user.find(({ name }) => name === 't3/5')).toMatchObject({ count: 2, lastSeenAt: instant(2) })
    expect(unkept).toEqual({ user: 2, account: 0, event: 0 })
  })
})

describe('the schema of events', () => {
  test('tells what came in properties, by name and type of event', async () => {
    const world = await openWorld()
    const properties = { sku: 'a', at: '2026-03-01T12:00:00Z', day: '2026-03-01', n: 1, b: true, l: [1], o: {}, z: null }
    world.take({ event: track('page', properties), at: 7 })
    world.take({ event: track('page', { sku: 5, constructor: 1 }, 'app'), at: 8 })
    world.take({ event: { type: 'page', source: 'site' }, at: 9 })
    const { events } = await world.report()
    expect(events).toMatchObject([
      { type: 'page', name: null, count: 1, properties: [] },
      { type: 'track', name: 'page', count: 2, firstSeenAt: instant(7), lastSeenAt: instant(8), sources: { site: 1, app: 1 } },
    ])
    expect(Object.fromEntries(events[1]?.properties.map(({ name, types }) => [name, types]) ?? [])).toEqual({
      at: { date: 1 },
      b: { boolean: 1 },
      constructor: { number: 1 },
      day: { date: 1 },
      l: { array: 1 },
      n: { number: 1 },
      o: { object: 1 },
      sku: { string: 1, number: 1 },
      z: { null: 1 },
    })
    const sku = events[1]?.properties.find(({ name }) => name === 'sku')
    expect(sku).toEqual({
      name: 'sku',
      count: 2,
      firstSeenAt: instant(7),
      lastSeenAt: instant(8),
      types: { string: 1, number: 1 },
    })
  })

  test('keeps so many names and sources, none that is too long, and counts the others', async () => {
    const world = await openWorld()
    for (let i = 0; i < SCHEMA_NAMES_MAX + 2; i++) world.take({ event: track(`event ${i}`), at: 1 })
    world.take({ event: track('x'.repeat(201)), at: 1 })
    for (let i = 0; i < SOURCES_MAX + 3; i++) world.take({ event: track('event 7', {}, `source ${i}`), at: 1 })
    const { events, unkept } = await world.report()
    expect(events).toHaveLength(SCHEMA_NAMES_MAX)
    expect(unkept).toEqual({ user: 0, account: 0, event: 3 })
    expect(events.find(({ name }) => name === 'event 7')).toMatchObject({ count: SOURCES_MAX + 4, otherSources: 4 })
  })

  test('keeps so many properties of a name, and of all names, and counts the values of others', async () => {
    const world = await openWorld()
    const full = ALL_PROPERTIES_MAX / PROPERTIES_MAX
    for (let i = 0; i < full - 1; i++) world.take({ event: track(`event ${i}`, numbered(PROPERTIES_MAX + 2, 'p')), at: 1 })
    await world.commit()
    await world.reopen()
    world.take({ event: track('event 0', { ...numbered(2, 'q'), p0: 1, ['x'.repeat(201)]: 1 }), at: 1 })
    world.take({ event: track('almost', numbered(PROPERTIES_MAX - 1, 'p')), at: 1 })
    world.take({ event: track('last', { a: 1, b: 2 }), at: 1 })
    const events = new Map((await world.report()).events.map((event) => [event.name, event]))
    const counts = (name: string) => [events.get(name)?.properties.length, events.get(name)?.otherProperties]
    expect(counts('event 1')).toEqual([PROPERTIES_MAX, 2])
    expect(counts('event 0')).toEqual([PROPERTIES_MAX, 5])
    expect(counts('almost')).toEqual([PROPERTIES_MAX - 1, 0])
    expect(counts('last')).toEqual([1, 1])
  }, 60_000)
})

describe('a transaction', () => {
  test('writes what was touched, and a page of names only for new names', async () => {
    const world = await openWorld()
    world.take({ traits: numbered(NAMES_PER_PAGE + 1, 't'), event: track('buy'), at: 1 })
    await world.commit()
    const keys = () => world.changes.map(({ space, key }) => `${space} ${key}`)
    expect(keys().filter((key) => key.startsWith('schema/names'))).toEqual([
      'schema/names user-trait/0',
      'schema/names user-trait/1',
      'schema/names event/0',
    ])
    world.take({ traits: { t5: 1, t7: 2 }, event: track('buy'), at: 2 })
    world.take({ traits: { t5: 3 }, at: 2 })
    await world.commit()
    expect(keys()).toEqual(['schema/user-trait t5', 'schema/user-trait t7', 'schema/event track:buy'])
    world.take({ traits: { new: 1 }, at: 2 })
    await world.commit()
    expect(keys()).toEqual(['schema/user-trait new', 'schema/names user-trait/1'])
    await world.commit()
    expect(keys()).toEqual([])
    await world.reopen()
    world.take({ traits: { t5: 4 }, at: 3 })
    await world.commit()
    expect(keys()).toEqual(['schema/user-trait t5'])
  })
})

const name = fc.constantFrom('a', 'b.c', '7', '07', 'created_at', 'constructor', '__proto__', 'x'.repeat(201))
const value = fc.oneof(
  fc.constantFrom<Json>(null, 1, 'text', true, '2026-03-01', { operation: 'inc', value: 1 }),
  fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<Json>,
)
const members = fc.dictionary(name, value, { maxKeys: 4 })
const event = fc.record({
  type: fc.constantFrom('track' as const, 'page' as const),
  name: fc.constantFrom('buy', '9', 'x'.repeat(201)),
  source: fc.constantFrom('site', '3', '2'),
  properties: members,
})
const input = fc.record({ traits: members, event, at: fc.integer({ min: 1, max: 1_000_000 }) })

test('the same inputs give byte-equal documents, however transactions are cut and wherever it was opened again', async () => {
  const steps = fc.array(fc.tuple(input, fc.constantFrom('go on', 'commit', 'reopen')), { minLength: 1, maxLength: 30 })
  const property = fc.asyncProperty(steps, async (steps) => {
    const [whole, cut] = [await openWorld(), await openWorld()]
    for (const [input, then] of steps) {
      whole.take(input)
      cut.take(input)
      if (then !== 'go on') await cut.commit()
      if (then === 'reopen') await cut.reopen()
    }
    expect(await cut.report()).toEqual(await whole.report())
    expect(cut.documents).toEqual(whole.documents)
    await Promise.all(stores.splice(0).map((store) => store.close()))
  })
  await fc.assert(property, { numRuns: 60 })
}, 60_000)
