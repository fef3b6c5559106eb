/** What decides beside the user: the account, segments, and for accounts their users. */
import { describe, expect, test } from 'vitest'
import { SEGMENT_SPACE } from '../../../model/segment/segment.ts'
import type { EventSketch } from '../../profiles/profiles.fixture.ts'
import { ADA, at, childrenOf, explain, explainOne, instant, orders } from './explanation.fixture.ts'
import { all, SegmentWorld, trait } from './segment-world.fixture.ts'

describe('of others', () => {
  const ACME: EventSketch[] = [
    ...ADA,
    { type: 'group', userId: 'ada', groupId: 'acme', at: at(4), traits: { tier: 'gold' } },
    { type: 'group', userId: 'bob', groupId: 'acme', at: at(2), traits: { tier: 'silver' } },
  ]

  test('a trait of the account counts since the user belongs to it', async () => {
    const found = await explainOne(trait('account.tier', 'is_set'), ACME)
    expect(found).toMatchObject({ text: 'account.tier is set', value: 'gold', since: instant(4), write: { source: 'web' } })
    const later: EventSketch[] = [...ACME, { type: 'group', groupId: 'acme', userId: 'cyd', at: at(6), traits: { tier: 'iron' } }]
    expect(await explainOne(trait('account.tier', 'is_set'), later)).toMatchObject({ value: 'iron', since: instant(6) })
  })

  test('what the account was before the user belonged to it does not count', async () => {
    const older: EventSketch = {
      type: 'group',
      userId: 'bob',
      groupId: 'acme',
      at: at(2),
      traits: { country: 'NO', domain: 'acme.com' },
    }
    const country = trait('account.country', 'equals', 'NO')
    expect(await explainOne(country, [...ACME, older])).toMatchObject({ matches: true, value: 'NO', since: instant(4) })
    // Since when a domain leads to an account is not kept.
    expect(await explainOne(country, [...ADA, older])).toMatchObject({ matches: true, value: 'NO', since: null })
    expect(await explainOne(country)).toMatchObject({ matches: false, value: null, since: null, isWithoutAccount: true })
    expect(await explainOne(country, [...ACME, older])).not.toHaveProperty('isWithoutAccount')
  })

  test('memberships name the segments, and since when', async () => {
    const world = await SegmentWorld.open(...ACME)
    await world.define('vip', { name: 'VIP', manual: true })
    await world.define('old', { name: 'Old', manual: true })
    await world.define('big', { name: 'Big', kind: 'account', manual: true })
    await world.enter('user', 'ada', { vip: instant(5), old: instant(3) })
    await world.enter('account', 'acme', { big: instant(1) })
    await world.define(
      's',
      all(
        trait('segment', 'is_member', 'vip', 'old'),
        trait('segment', 'is_not_member', 'vip'),
        trait('account.segment', 'is_member', 'big'),
      ),
    )
    const [own, not, account] = childrenOf((await explain(world)).tree)
    expect(own).toMatchObject({ matches: true, value: ['vip', 'old'], since: instant(3) })
    expect(not).toMatchObject({ matches: false, value: ['vip'], since: instant(5) })
    // Not longer than it belongs to the account.
    expect(account).toMatchObject({ matches: true, value: ['big'], since: instant(4) })
  })

  test('an account is explained by its own traits, what its users did, and how many of them there are', async () => {
    const world = await SegmentWorld.open(...ACME, {
      type: 'track',
      name: 'Order',
      userId: 'bob',
      at: at(7),
      context: { groupId: 'acme' },
    })
    const users = {
      property: { key: 'users' },
      operator: 'is_at_least',
      options: { count: 2, predicate: { type: 'all', predicates: [trait('plan', 'is_set')] } },
    }
    const { definition } = await world.define('s', { ...all(trait('tier', 'equals', 'gold'), users), kind: 'account' })
    const [, counted] = definition.predicate?.of ?? []
    if (counted?.is !== 'users') throw new Error('It counts users.')
    const id = await world.idOf('account', 'acme')
    const state = { users: { [counted.segment]: 1 } }
    await world.put({ space: 'part/account', key: id, value: JSON.stringify(state) })
    const [own, crowd] = childrenOf((await explain(world, 'acme')).tree)
    expect(own).toMatchObject({ matches: true, value: 'gold', since: instant(4) })
    expect(crowd).toMatchObject({ matches: false, value: 1, since: null, text: 'at least 2 users where plan is set' })
  })

  test('a merged profile counts the events of all its parts', async () => {
    const world = await SegmentWorld.open(
      ...ADA,
      { id: 'p1', type: 'track', name: 'Order', anonymousId: 'phone', at: at(7) },
      { type: 'identify', userId: 'ada', anonymousId: 'phone', at: at(8) },
    )
    await world.define('s', all(orders('is_at_least', { count: 4 })))
    const [found] = childrenOf((await explain(world, 'phone')).tree)
    expect(found).toMatchObject({ matches: true, value: 4, since: instant(7) })
  })

  test('internal segments are nobody’s business', async () => {
    const world = await SegmentWorld.open(...ADA)
    const { definition } = await world.define('s', all(trait('plan', 'is_set')))
    const internal = { definition: { ...definition, id: '~x' }, owner: 'internal' }
    await world.put({ space: SEGMENT_SPACE, key: '~x', value: JSON.stringify(internal) })
    await expect(explain(world, 'ada', '~x')).rejects.toMatchObject({ code: 'segment_unknown' })
  })
})
