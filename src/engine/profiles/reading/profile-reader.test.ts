import { beforeAll, describe, expect, test } from 'vitest'
import { type EventSketch, event, openProfiles, PLAIN_CATALOG, type Profiles } from '../profiles.fixture.ts'
import { ProfileReader } from './profile-reader.ts'

const CATALOG = {
  ...PLAIN_CATALOG,
  identity: { ...PLAIN_CATALOG.identity, user: [...PLAIN_CATALOG.identity.user, { kind: 'crm_id', limit: 1 }] },
}

async function profilesOf(...sketches: EventSketch[]): Promise<{ profiles: Profiles; reader: ProfileReader }> {
  const profiles = await openProfiles(CATALOG)
  for (const sketch of sketches) await profiles.send(event(sketch))
  await profiles.settle()
  return { profiles, reader: new ProfileReader(profiles.store, CATALOG) }
}

describe('a person is found', () => {
  let reader: ProfileReader
  let id: string
  beforeAll(async () => {
    const known = await profilesOf(
      {
        type: 'identify',
        userId: '42',
        anonymousId: 'intercom:590',
        traits: { email: 'ada@example.com' },
        claims: [{ kind: 'crm_id', value: 'C-7' }],
      },
      { type: 'identify', userId: 'crm_id:odd', anonymousId: 'a-odd' },
      { type: 'identify', anonymousId: '42' },
    )
    reader = known.reader
    id = (await reader.read('user', 'external_id:42')).id
  })

  test.each([
    'external_id:42',
    '42',
    ' 42 ',
    'email:Ada@Example.com',
    'ADA@example.com',
    'anonymous_id:intercom:590',
    'intercom:590',
    'crm_id:C-7',
    'C-7',
  ])('by %s', async (text) => {
    expect((await reader.read('user', text)).id).toBe(id)
  })

  test('by the id, with a prefix or without', async () => {
    expect((await reader.read('user', id)).id).toBe(id)
    expect((await reader.read('user', `id:${id.toUpperCase()}`)).id).toBe(id)
  })

  test('by the kind that is named, not by another', async () => {
    expect((await reader.read('user', 'anonymous_id:42')).id).not.toBe(id)
  })

  test.each(['email:42', 'nobody', 'external_id:', 'email:none', '', 'id:42', 'null', 'a'.repeat(24)])(
    'but not by "%s"',
    async (text) => {
      await expect(reader.read('user', text)).rejects.toMatchObject({
        code: 'entity_unknown',
        message: `There is no user "${text}".`,
        hint: expect.stringContaining('external_id:…, email:…, anonymous_id:…, crm_id:…') as string,
      })
    },
  )

  test('nor among the accounts', async () => {
    await expect(reader.read('account', '42')).rejects.toMatchObject({
      code: 'entity_unknown',
      message: 'There is no account "42".',
    })
  })
})

test('a profile tells of each value its type, its source, the event, when it happened and when it came', async () => {
  const { reader } = await profilesOf(
    {
      id: 'm-1',
      at: 0,
      type: 'identify',
      userId: '42',
      anonymousId: 'a1',
      source: 'web',
      traits: { plan: 'trial', 'clearbit/role': 'cto', seats: 3 },
    },
    {
      id: 'm-2',
      at: 5,
      type: 'identify',
      userId: '42',
      source: 'crm',
      receivedAt: '2026-03-02T00:00:00.000Z',
      traits: { seats: { operation: 'inc', value: 2 }, signed_at: '2026-01-02', plan: null },
    },
  )
  const report = await reader.read('user', '42')
  const first = { source: 'web', event: 'm-1', occurredAt: '2026-03-01T08:00:00.000Z', receivedAt: '2026-03-01T08:00:00.000Z' }
  const second = { source: 'crm', event: 'm-2', occurredAt: '2026-03-01T08:05:00.000Z', receivedAt: '2026-03-02T00:00:00.000Z' }
  const { id } = report
  expect(report).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{24}$/) as string,
    kind: 'user',
    createdAt: '2026-03-01T08:00:00.000Z',
    firstSource: 'web',
    identifiers: [
      { kind: 'external_id', value: '42', part: id, ...first },
      { kind: 'anonymous_id', value: 'a1', part: id, ...first },
    ],
    traits: {
      'clearbit/role': { value: 'cto', type: 'string', ...first },
      seats: { value: 5, type: 'number', ...second },
      signed_at: { value: '2026-01-02', type: 'date', ...second },
    },
    account: null,
    merges: [],
    apart: [],
    parts: [{ id, created: first, identifiers: 2, traits: 4 }],
  })
  expect(Object.keys(report.traits)).toEqual(['clearbit/role', 'seats', 'signed_at'])
})

test('a merged profile is one, found by everything that led to either, and says what showed it', async () => {
  const { reader } = await profilesOf(
    { id: 'first', at: 0, type: 'page', anonymousId: 'a1' },
    { id: 'second', at: 1, type: 'identify', userId: '42' },
    { id: 'both', at: 2, type: 'identify', userId: '42', anonymousId: 'a1', traits: { plan: 'x' } },
  )
  const report = await reader.read('user', 'a1')
  expect((await reader.read('user', '42')).id).toBe(report.id)
  const [own, merged] = report.parts
  expect(report.id).toBe(own?.id)
  expect(report.merges).toEqual([
    {
      survivor: own?.id,
      loser: merged?.id,
      cause: expect.objectContaining({ event: 'both' }) as unknown,
      evidence: { kind: 'anonymous_id', value: 'a1' },
    },
  ])
  expect((await reader.read('user', merged?.id ?? '')).id).toBe(report.id)
  expect(report.createdAt).toBe('2026-03-01T08:00:00.000Z')
})

describe('the account of a user', () => {
  const acme: EventSketch = { type: 'group', userId: 'boss', groupId: 'acme', traits: { domain: 'acme.com', name: 'Acme' } }

  test('is the one that was named last, in the order of time', async () => {
    const { reader } = await profilesOf(
      acme,
      { type: 'group', userId: 'u', groupId: 'other', at: 9, id: 'newest' },
      { type: 'group', userId: 'u', groupId: 'acme', at: 3, id: 'late' },
    )
    const { account } = await reader.read('user', 'u')
    expect(account).toMatchObject({ by: 'link', externalId: 'other', domain: null, name: null, since: { event: 'newest' } })
    expect(account?.id).toBe((await reader.read('account', 'other')).id)
  })

  test('is the one that was named last by any of the profiles that were merged', async () => {
    const { reader } = await profilesOf(
      { type: 'group', userId: 'u', groupId: 'acme', at: 3 },
      { type: 'group', anonymousId: 'a1', groupId: 'other', at: 9 },
      { type: 'identify', userId: 'u', anonymousId: 'a1', at: 10 },
    )
    expect((await reader.read('user', 'u')).account).toMatchObject({ by: 'link', externalId: 'other' })
  })

  test('is else the one that has the domain of the email', async () => {
    const { reader } = await profilesOf(acme, { type: 'identify', userId: 'u', traits: { email: 'u@acme.com' } })
    const { account } = await reader.read('user', 'u')
    expect(account).toEqual({
      id: (await reader.read('account', 'acme.com')).id,
      by: 'domain',
      domain: 'acme.com',
      externalId: 'acme',
      name: 'Acme',
      since: null,
    })
  })

  test.each<[string, EventSketch]>([
    ['no email', { type: 'identify', userId: 'u' }],
    ['an email of a domain that no account has', { type: 'identify', userId: 'u', traits: { email: 'u@elsewhere.com' } }],
    ['an email of free mail', { type: 'identify', userId: 'u', traits: { email: 'u@gmail.com' } }],
  ])('is none with %s', async (_name, sketch) => {
    const { reader } = await profilesOf(acme, sketch)
    expect((await reader.read('user', 'u')).account).toBeNull()
  })
})
