import { expect, test } from 'vitest'
import type { TrackedEvent } from '../../model/event/event.ts'
import { PARTS_MAX } from '../../model/profile/entity.ts'
import { DEFAULT_IDENTITY_RULES } from '../../model/profile/identity-rules.ts'
import { event, openProfiles, PLAIN_CATALOG, type ProfileCatalog, type Profiles } from './profiles.fixture.ts'

const identify = (members: Parameters<typeof event>[0]) => event({ type: 'identify', ...members })

async function openWith(...events: readonly TrackedEvent[]): Promise<Profiles> {
  return openWithCatalog(PLAIN_CATALOG, ...events)
}

async function openWithCatalog(catalog: ProfileCatalog, ...events: readonly TrackedEvent[]): Promise<Profiles> {
  const profiles = await openProfiles(catalog)
  for (const one of events) await profiles.send(one)
  await profiles.settle()
  return profiles
}

const names = async (profiles: Profiles) => (await profiles.timeline()).map(({ name, type }) => name ?? type)

test('an anonymous visitor becomes a known user, with one timeline', async () => {
  const profiles = await openWith(
    event({ name: 'Product Viewed', anonymousId: 'a1', at: 0 }),
    identify({ userId: 'u1', anonymousId: 'a1', traits: { email: 'Ada@Example.com', plan: 'free' }, at: 1 }),
    event({ name: 'Order Completed', userId: 'u1', at: 2 }),
  )
  const user = await profiles.find('user', 'external_id', 'u1')
  expect(user?.identifiers).toEqual(['anonymous_id=a1', 'email=ada@example.com', 'external_id=u1'])
  expect(user?.traits).toEqual({ email: 'Ada@Example.com', plan: 'free' })
  const timeline = await profiles.timeline()
  expect(timeline.map(({ name, type }) => name ?? type)).toEqual([
    'User created',
    'Product Viewed',
    'identify',
    'Attributes changed',
    'Order Completed',
  ])
  expect(new Set(timeline.map(({ user: part }) => part))).toEqual(new Set([user?.id]))
})

test('two profiles that turn out to be one are merged, with evidence, and the survivor has the external id', async () => {
  const profiles = await openWith(
    identify({ userId: 'merge_me2', traits: { email: 'ccc@example.com', ccc: true }, at: 0 }),
    identify({ anonymousId: 'b', traits: { email: 'ddd@example.com', ddd: true }, at: -5 }),
    event({ name: 'Hello', userId: 'merge_me2', anonymousId: 'b', at: 3 }),
  )
  const user = await profiles.find('user', 'anonymous_id', 'b')
  const loser = user?.entity.parts[1]?.id
  expect(user?.traits).toEqual({ email: 'ccc@example.com', ccc: true, ddd: true })
  expect(user?.entity.merges).toMatchObject([
    { survivor: user?.id, loser, evidence: { kind: 'anonymous_id', value: 'b' }, cause: { position: 3 } },
  ])
  const merged = (await profiles.timeline()).find(({ type }) => type === 'user_merged')
  expect(merged).toMatchObject({
    id: `${user?.id}:${loser}:merged`,
    name: 'User merged',
    user: user?.id,
    properties: {
      user_id: user?.id,
      user_email: 'ccc@example.com',
      user_external_id: 'merge_me2',
      user_anonymous_ids: [],
      merged_id: loser,
      merged_email: 'ddd@example.com',
      merged_external_id: null,
      merged_anonymous_ids: ['b'],
    },
  })
  const changed = (await profiles.timeline()).find(({ type }) => type === 'attributes_changed')
  expect(changed?.properties).toEqual({ 'to/ddd': true, 'from/ddd': null })
})

test('a merge and the traits of its event are one change, from what the survivor was shown with', async () => {
  const profiles = await openWith(
    identify({ userId: 'u', traits: { plan: 'free', city: 'Rome' }, at: 0 }),
    identify({ anonymousId: 'a', traits: { plan: 'trial', seats: 1 }, at: 1 }),
    identify({ userId: 'u', anonymousId: 'a', traits: { plan: 'pro', city: 'Oslo' }, at: 2 }),
  )
  const changed = (await profiles.timeline()).filter(({ type }) => type === 'attributes_changed')
  expect(changed.map(({ properties }) => properties)).toEqual([
    { 'to/plan': 'pro', 'from/plan': 'free', 'to/city': 'Oslo', 'from/city': 'Rome', 'to/seats': 1, 'from/seats': null },
  ])
})

test('two external ids are never merged: the identifier stays with its owner, and the event says so', async () => {
  const profiles = await openWith(
    identify({ userId: 'u1', traits: { email: 'x@example.com' } }),
    identify({ userId: 'u2', traits: { email: 'x@example.com' } }),
  )
  const [one, two] = [await profiles.find('user', 'external_id', 'u1'), await profiles.find('user', 'external_id', 'u2')]
  expect(one?.id).not.toBe(two?.id)
  expect(await profiles.find('user', 'email', 'x@example.com')).toEqual(one)
  const last = (await profiles.timeline()).findLast(({ type }) => type === 'identify')
  expect(last?.notes).toMatchObject([{ kind: 'email', code: 'identifier_kept' }])
  expect(two?.traits).toEqual({ email: 'x@example.com' })
})

test('of several identifiers of a kind, one that stays with its owner does not keep the others from merging', async () => {
  const profiles = await openWith(identify({ userId: 'other', anonymousId: 'a1' }), event({ name: 'Seen', anonymousId: 'a2' }), {
    ...identify({ userId: 'u', anonymousId: 'a1' }),
    claims: [{ kind: 'anonymous_id', value: 'a2' }],
  })
  expect((await profiles.find('user', 'anonymous_id', 'a1'))?.identifiers).toContain('external_id=other')
  expect((await profiles.find('user', 'anonymous_id', 'a2'))?.identifiers).toContain('external_id=u')
  expect((await profiles.timeline()).at(-1)?.notes).toMatchObject([{ kind: 'anonymous_id', code: 'identifier_kept' }])
})

test('an external id is added to a profile that has none, and never changes', async () => {
  const profiles = await openWith(
    identify({ anonymousId: 'a', traits: { email: 'x@example.com' } }),
    identify({ userId: 'u1', traits: { email: 'x@example.com' } }),
    identify({ userId: 'u2', anonymousId: 'a' }),
  )
  expect((await profiles.find('user', 'email', 'x@example.com'))?.identifiers).toContain('external_id=u1')
  expect((await profiles.find('user', 'external_id', 'u2'))?.identifiers).toEqual(['external_id=u2'])
})

test.each(['anonymous_id', 'ignore'] as const)('an external id that does not look like one: %s', async (otherwise) => {
  const externalId = { pattern: 'u-\\d+', otherwise }
  const profiles = await openProfiles({ ...PLAIN_CATALOG, identity: { ...PLAIN_CATALOG.identity, externalId } })
  await profiles.send(identify({ userId: 'u-1' }), event({ name: 'Seen', userId: 'guest-7' }))
  await profiles.settle()
  expect(await profiles.find('user', 'external_id', 'u-1')).toBeDefined()
  expect(await profiles.find('user', 'external_id', 'guest-7')).toBeUndefined()
  expect((await profiles.find('user', 'anonymous_id', 'guest-7'))?.identifiers).toEqual(
    otherwise === 'ignore' ? undefined : ['anonymous_id=guest-7'],
  )
  expect((await profiles.timeline()).at(-1)).toMatchObject({
    name: 'Seen',
    notes: [{ kind: 'external_id', code: 'identifier_blocked' }],
  })
})

test('an alias joins an anonymous id, aliasing to oneself does nothing, and unalias takes an id away', async () => {
  const profiles = await openWith(
    event({ anonymousId: 'old', name: 'Seen' }),
    event({ type: 'alias', userId: 'u1', previousId: 'old' }),
    event({ type: 'alias', userId: 'u1', previousId: 'u1' }),
  )
  const joined = await profiles.find('user', 'anonymous_id', 'old')
  expect(joined?.identifiers).toEqual(['anonymous_id=old', 'external_id=u1'])
  expect(await names(profiles)).toEqual(['User created', 'Seen', 'alias', 'alias'])
  await profiles.send(event({ type: 'unalias', userId: 'u1', previousId: 'old' }), event({ anonymousId: 'old', name: 'Again' }))
  await profiles.settle()
  expect((await profiles.find('user', 'external_id', 'u1'))?.identifiers).toEqual(['external_id=u1'])
  expect((await profiles.find('user', 'anonymous_id', 'old'))?.id).not.toBe(joined?.id)
})

test('an alias of two known users merges nothing', async () => {
  const profiles = await openWith(
    identify({ userId: 'u1' }),
    identify({ userId: 'u2' }),
    event({ type: 'alias', userId: 'u2', previousId: 'u1' }),
  )
  const alias = (await profiles.timeline()).findLast(({ type }) => type === 'alias')
  expect(alias?.notes).toMatchObject([{ code: 'identifier_kept' }])
  expect((await profiles.find('user', 'external_id', 'u1'))?.identifiers).toEqual(['external_id=u1'])
})

test('blocked values identify nobody, and limits hold, and both are said', async () => {
  const profiles = await openWith(
    event({ name: 'A', userId: 'null', anonymousId: '00000000-0000-0000-0000-000000000000' }),
    ...Array.from({ length: 6 }, (_, i) => identify({ userId: 'u', traits: { email: `e${i}@example.com` } })),
  )
  const timeline = await profiles.timeline()
  expect(timeline[0]).toMatchObject({ name: 'A', notes: [{ code: 'identifier_blocked' }, { code: 'identifier_blocked' }] })
  expect(timeline[0]?.user).toBeUndefined()
  expect((await profiles.find('user', 'external_id', 'u'))?.identifiers).toHaveLength(6)
  expect(timeline.findLast(({ type }) => type === 'identify')?.notes).toMatchObject([{ kind: 'email', code: 'identifier_limit' }])
})

test('a storm of merges ends at the limit of a kind', async () => {
  const anonymous = Array.from({ length: 120 }, (_, i) => event({ name: 'A', anonymousId: `a${i}` }))
  const aliases = Array.from({ length: 120 }, (_, i) => event({ type: 'alias', userId: 'u', previousId: `a${i}` }))
  const profiles = await openProfiles()
  await profiles.send(...anonymous, ...aliases)
  await profiles.settle()
  expect((await profiles.find('user', 'external_id', 'u'))?.identifiers).toHaveLength(101)
  const refused = (await profiles.timeline()).filter(({ notes }) => notes?.some(({ code }) => code === 'identifier_kept'))
  expect(refused).toHaveLength(20)
})

/** A visitor is met, joined, and taken away again. */
const coming = (i: number) => [
  event({ name: 'A', anonymousId: `a${i}` }),
  event({ type: 'alias', userId: 'u', previousId: `a${i}` }),
  event({ type: 'unalias', userId: 'u', previousId: `a${i}` }),
]

test('a storm of merges ends at the limit of parts when identifiers are taken away again', async () => {
  const profiles = await openWith(...Array.from({ length: PARTS_MAX + 3 }, (_, i) => coming(i)).flat())
  expect((await profiles.find('user', 'external_id', 'u'))?.entity.parts).toHaveLength(PARTS_MAX)
  const kept = (await profiles.timeline()).filter(({ notes }) => notes?.some(({ code }) => code === 'identifier_kept'))
  expect(kept).toHaveLength(3)
})

test('accounts: a group call makes one, names it, links the user, and events find it; free mail is no domain', async () => {
  const profiles = await openWith(
    event({ type: 'group', userId: 'u1', groupId: 'acme', traits: { domain: 'https://www.Acme.com/x', seats: 3 } }),
    event({ name: 'Opened', groupId: 'acme' }),
    event({ type: 'group', userId: 'u2', groupId: 'other', traits: { domain: 'gmail.com' } }),
  )
  const account = await profiles.find('account', 'domain', 'acme.com')
  expect(account?.identifiers).toEqual(['domain=acme.com', 'external_id=acme'])
  expect(account?.traits).toMatchObject({ seats: 3 })
  const user = await profiles.find('user', 'external_id', 'u1')
  expect(user?.entity.parts[0]?.link?.account).toBe(account?.id)
  const opened = (await profiles.timeline()).find(({ name }) => name === 'Opened')
  expect([opened?.account, opened?.user]).toEqual([account?.id, undefined])
  expect(await profiles.find('account', 'domain', 'gmail.com')).toBeUndefined()
})

/** Accounts are known by their id in the CRM, before their anonymous ids. */
const CRM_CATALOG: ProfileCatalog = {
  ...PLAIN_CATALOG,
  identity: { ...DEFAULT_IDENTITY_RULES, account: DEFAULT_IDENTITY_RULES.account.toSpliced(2, 0, { kind: 'crm_id', limit: 2 }) },
}
const crmId = (value: string) => ({ accountClaims: [{ kind: 'crm_id', value }] })

test('an identifier of the catalog’s kind leads to the account, one of an unknown kind becomes an anonymous id of it', async () => {
  const profiles = await openWithCatalog(
    CRM_CATALOG,
    event({ type: 'group', userId: 'u', groupId: 'acme', traits: { seats: 3 }, ...crmId('C-7') }),
    event({ name: 'Opened', userId: 'v', accountClaims: [...crmId('C-7').accountClaims, { kind: 'billing', value: '9' }] }),
    event({ name: 'Paid', userId: 'w', accountClaims: [{ kind: 'billing', value: '9' }] }),
    event({ name: 'Ignored', userId: 'w', ...crmId('null') }),
  )
  const account = await profiles.find('account', 'crm_id', 'C-7')
  expect(account?.identifiers).toEqual(['anonymous_id=billing:9', 'crm_id=C-7', 'external_id=acme'])
  const timeline = await profiles.timeline()
  const accountOf = (wanted: string) => timeline.find(({ name }) => name === wanted)?.account
  expect([accountOf('Opened'), accountOf('Paid'), accountOf('Ignored')]).toEqual([account?.id, account?.id, undefined])
  expect(timeline.find(({ name }) => name === 'Ignored')?.notes).toMatchObject([{ kind: 'crm_id', code: 'identifier_blocked' }])
  expect((await profiles.find('user', 'external_id', 'v'))?.identifiers).toEqual(['external_id=v'])
})

test('two accounts that turn out to be one by such an identifier are merged, unless both have external ids', async () => {
  const profiles = await openWithCatalog(
    CRM_CATALOG,
    event({ name: 'Opened', userId: 'u', ...crmId('C-7') }),
    event({ type: 'group', userId: 'u', groupId: 'acme', traits: { seats: 3 } }),
    event({ type: 'group', userId: 'u', groupId: 'acme', traits: { plan: 'pro' }, ...crmId('C-7') }),
    event({ type: 'group', userId: 'v', groupId: 'other', ...crmId('C-7') }),
  )
  const account = await profiles.find('account', 'crm_id', 'C-7')
  expect(account).toMatchObject({
    identifiers: ['crm_id=C-7', 'external_id=acme'],
    traits: { seats: 3, plan: 'pro' },
    entity: { merges: [{ evidence: { kind: 'crm_id', value: 'C-7' } }] },
  })
  expect((await profiles.find('account', 'external_id', 'other'))?.identifiers).toEqual(['external_id=other'])
  const last = (await profiles.timeline()).findLast(({ type }) => type === 'group')
  expect(last?.notes).toMatchObject([{ kind: 'crm_id', code: 'identifier_kept' }])
})

test('a user belongs to the account that was named last, in the order of time', async () => {
  const profiles = await openWith(
    event({ type: 'group', userId: 'u', groupId: 'second', at: 10 }),
    event({ type: 'group', userId: 'u', groupId: 'first', at: 5 }),
    event({ type: 'group', userId: 'u', groupId: 'second', at: 20 }),
    event({ type: 'group', userId: 'u', groupId: 'late', at: 15 }),
  )
  const second = await profiles.find('account', 'external_id', 'second')
  expect((await profiles.find('user', 'external_id', 'u'))?.entity.parts[0]?.link?.account).toBe(second?.id)
})

test('a split gives both profiles back as they would be, and they stay apart', async () => {
  const profiles = await openWith(
    identify({ userId: 'u', traits: { plan: 'pro', visits: { operation: 'inc', value: 1 } }, at: 0 }),
    identify({ anonymousId: 'a', traits: { plan: 'free', visits: { operation: 'inc', value: 5 } }, at: 1 }),
    identify({ userId: 'u', anonymousId: 'a', traits: { seen: true }, at: 2 }),
    identify({ anonymousId: 'a', traits: { plan: 'trial' }, at: 3 }),
  )
  const merged = await profiles.find('user', 'external_id', 'u')
  expect(merged?.traits).toEqual({ plan: 'trial', visits: 6, seen: true })
  const part = merged?.entity.parts[1]?.id ?? ''
  await profiles.command({ kind: 'split', entityKind: 'user', part })
  await profiles.settle()
  expect((await profiles.find('user', 'external_id', 'u'))?.traits).toEqual({ plan: 'pro', visits: 1, seen: true })
  expect((await profiles.find('user', 'anonymous_id', 'a'))?.traits).toEqual({ plan: 'trial', visits: 5 })
  await profiles.send(event({ name: 'Again', userId: 'u', anonymousId: 'a' }))
  await profiles.settle()
  expect((await profiles.find('user', 'anonymous_id', 'a'))?.id).toBe(part)
  await profiles.command({ kind: 'merge', entityKind: 'user', survivor: merged?.id ?? '', loser: part })
  await profiles.settle()
  expect((await profiles.find('user', 'anonymous_id', 'a'))?.traits).toEqual(merged?.traits)
})

test('an erased user is gone from the state, and the same identifiers begin anew', async () => {
  const profiles = await openWith(
    identify({ userId: 'u', traits: { plan: 'pro' } }),
    event({ name: 'A', anonymousId: 'a' }),
    event({ name: 'B', userId: 'u', anonymousId: 'a' }),
  )
  const user = await profiles.find('user', 'external_id', 'u')
  const parts = user?.entity.parts.map(({ id }) => id) ?? []
  await profiles.command({ kind: 'erase', entityKind: 'user', parts })
  await profiles.settle()
  expect(await profiles.find('user', 'external_id', 'u')).toBeUndefined()
  expect(await profiles.find('user', 'anonymous_id', 'a')).toBeUndefined()
  expect(await profiles.store.load('entity/user', parts)).toEqual([undefined, undefined])
  await profiles.send(identify({ userId: 'u' }))
  await profiles.settle()
  expect(await profiles.find('user', 'external_id', 'u')).toMatchObject({ traits: {} })
})
