/** The example of profiles holds what its README says. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../src/base/json.ts'
import { loadCatalog } from '../src/catalog/load-catalog.ts'
import { openProfiles, type Profiles } from '../src/engine/profiles/profiles.fixture.ts'
import type { TimelineEvent } from '../src/model/event/timeline-event.ts'
import { Arrival, normalizeEvent } from '../src/model/event/normalize-event.ts'

const EXAMPLE = join(import.meta.dirname, '../examples/profiles')
/** After all that happened in the file. */
const RECEIVED_AT = Date.parse('2026-03-10T00:00:00.000Z')

let profiles: Profiles
let timeline: TimelineEvent[]
const refused: string[] = []
let lines = 0

beforeAll(async () => {
  const { catalog, problems } = await loadCatalog(EXAMPLE, { env: {} })
  expect(problems).toEqual([])
  if (catalog === undefined) throw new Error('The example has no catalog.')
  profiles = await openProfiles(catalog)
  for (const line of readFileSync(join(EXAMPLE, 'events.ndjson'), 'utf8').trimEnd().split('\n')) {
    lines += 1
    const arrival = new Arrival({
      source: 'web',
      envelope: {},
      receivedAt: RECEIVED_AT + lines,
      eventBytesMax: catalog.sources['web']?.limits.eventBytesMax ?? 0,
      makeId: () => `made-${lines}`,
    })
    const item = normalizeEvent(JSON.parse(line) as Json, arrival)
    if ('refusal' in item) refused.push(`${item.refusal.code} ${line.includes('shop-bad')}`)
    else await profiles.send(item.event)
  }
  await profiles.settle()
  timeline = await profiles.timeline()
})

const user = async (id: string) => profiles.find('user', 'external_id', id)
const eventOf = (id: string) => timeline.filter((event) => event.id === id)

test('one event is set aside, one is a repeat', () => {
  expect(lines).toBe(41)
  expect(refused).toEqual(['event_name_missing true'])
  expect(eventOf('shop-006')).toHaveLength(1)
})

describe('a user', () => {
  test('is recognized on two devices, and late events change only what they may', async () => {
    const ada = await user('u-1001')
    expect(ada?.entity.parts).toHaveLength(2)
    expect(ada?.identifiers).toContain('email=ada@engines.example')
    expect(ada?.identifiers.filter((identifier) => identifier.startsWith('anonymous_id='))).toHaveLength(3)
    expect(ada?.traits).toEqual({
      email: 'ada@engines.example',
      name: 'Ada Lovelace',
      plan: 'team',
      first_touch: 'newsletter',
      orders: 2,
      spent: 50,
      last_page: '/business',
      birth_year: 1815,
      newsletter: false,
    })
    expect(timeline.filter(({ type, user: part }) => type === 'user_merged' && part === ada?.id)).toHaveLength(1)
  })

  test('keeps what is sound of an event whose other traits are refused', async () => {
    const charles = await user('u-1002')
    expect(charles?.traits).toMatchObject({ name: 'Charles Babbage', title: 'Professor' })
    const [event] = timeline.filter(({ type, refused: refusals }) => type === 'identify' && refusals !== undefined)
    expect(event?.refused?.map(({ trait }) => trait)).toEqual(['card_number', 'birth_year'])
    expect(timeline.find(({ properties }) => properties?.['product_id'] === 'coffee-9')?.user).toBe(charles?.id)
  })

  test('is known by an alias and by a telephone number', async () => {
    const grace = await user('u-1003')
    expect(grace?.traits).not.toHaveProperty('coupon')
    expect(await profiles.find('user', 'phone', '+442079460101')).toEqual(grace)
    const parts = grace?.entity.parts.map(({ id }) => id)
    const calls = timeline.filter(({ name }) => name === 'Call Answered')
    expect(calls.map(({ user: part }) => parts?.includes(part ?? ''))).toEqual([true, true])
    const [search] = timeline.filter(({ name }) => name === 'Products Searched')
    expect(parts).toContain(search?.user)
  })

  test('with an id of its own is never merged by an email', async () => {
    const king = await user('u-1004')
    expect(king?.identifiers).toEqual(['external_id=u-1004'])
    expect(
      timeline.find(({ type, user: part }) => type === 'identify' && part === king?.id)?.notes?.map(({ code }) => code),
    ).toEqual(['identifier_kept'])
  })

  test('is nobody by a blocked id', async () => {
    expect(await profiles.find('user', 'anonymous_id', 'qa-robot-3')).toBeUndefined()
  })
})

test('an account is known by its domain, and has events of its own', async () => {
  const account = await profiles.find('account', 'external_id', 'c-77')
  expect(await profiles.find('account', 'domain', 'engines.example')).toEqual(account)
  expect(account?.traits).toMatchObject({ name: 'Analytical Engines', plan: 'business', seats: 10 })
  const [invoice] = timeline.filter(({ name }) => name === 'Invoice Paid')
  expect(invoice).toMatchObject({ account: account?.id })
  expect(invoice).not.toHaveProperty('user')
})
