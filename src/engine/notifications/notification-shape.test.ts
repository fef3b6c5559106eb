import { describe, expect, test } from 'vitest'
import type { AccountUpdate, Notification } from './notification.ts'
import {
  ACME,
  ANN,
  changed,
  entityDocuments,
  instantAt,
  membershipDocument,
  readWhole,
  segmentDocument,
  userIn,
  World,
} from './notifications.fixture.ts'

function segment(id: string, name: string, type: string) {
  return { id, name, type, created_at: '2018-02-12T09:11:42Z', updated_at: '2018-02-12T09:16:33Z' }
}

async function example(): Promise<Notification[]> {
  const world = await World.open()
  const user = entityDocuments('user', ANN, {
    identifiers: [
      ['external_id', '1'],
      ['email', 'stephane@hull.io'],
    ],
    traits: { accepts_marketing: false, has_password: false, is_approved: false, hello: 'world' },
    link: ACME,
  })
  const account = entityDocuments('account', ACME, {
    identifiers: [
      ['external_id', 'account-1'],
      ['domain', 'hull.io'],
    ],
    traits: { name: 'Hull inc', updated_at: '2018-02-12T09:22:37Z' },
  })
  const segments = [
    segmentDocument('user', 'with-email', 'Users with Email'),
    segmentDocument('user', 'anonymous', 'Anonymous Users'),
    segmentDocument('account', 'with-domain', 'Accounts with Domain'),
    segmentDocument('account', 'recent', 'Recently updated accounts'),
    membershipDocument('user', ANN, 'with-email', '~users-of-something'),
    membershipDocument('account', ACME, 'with-domain'),
  ]
  await world.apply(
    [
      [
        changed('user', ANN, {
          facts: { accepts_marketing: [true, false], email: [null, 'first@hull.io'] },
          left: ['anonymous'],
        }),
      ],
      [changed('account', ACME, { facts: { name: ['Hull', 'Hull inc'] }, entered: ['with-domain'], left: ['recent'] })],
      [
        {
          of: 'event',
          user: ANN,
          id: 'e1',
          type: 'page',
          source: 'Shopify',
          anonymousId: 'anon-1',
          properties: { foo: 'bar' },
          context: { ip: '10.52.8.14', sessionId: '152-5f7a', page: { url: 'https://example.com/account' } },
        },
        { of: 'event', user: ANN, id: 'c1', type: 'attributes_changed', source: 'crm' },
        { of: 'event', user: ANN, id: 's1', type: 'segment', source: '' },
      ],
      [
        changed('user', ANN, {
          facts: { email: ['first@hull.io', 'stephane@hull.io'], is_approved: [null, false], traits_hello: [null, 'world'] },
          entered: ['with-email', '~users-of-something'],
        }),
        changed('account', ACME, { facts: { updated_at: ['2018-01-10T09:00:09Z', '2018-02-12T09:22:37Z'] } }),
      ],
    ],
    [...user, ...account, ...segments],
  )
  return await readWhole(world)
}
describe('the example of the seed', () => {
  const account_segments = {
    entered: [segment('with-domain', 'Accounts with Domain', 'accounts_segment')],
    left: [segment('recent', 'Recently updated accounts', 'accounts_segment')],
  }

  test('has its shape, field by field', async () => {
    const notifications = await example()
    expect(notifications).toHaveLength(2)
    const { message_id, events, ...rest } = userIn(notifications, ANN)
    expect(message_id).toMatch(/^[0-9a-f]{24}$/)
    expect(rest).toEqual({
      channel: 'user:update',
      user: {
        id: ANN,
        accepts_marketing: false,
        created_at: instantAt(0),
        indexed_at: instantAt(4),
        domain: 'hull.io',
        email: 'stephane@hull.io',
        external_id: '1',
        has_password: false,
        is_approved: false,
        segment_ids: ['with-email'],
        traits_hello: 'world',
      },
      segments: [segment('with-email', 'Users with Email', 'users_segment')],
      segment_ids: ['with-email'],
      account: {
        id: ACME,
        created_at: instantAt(0),
        updated_at: '2018-02-12T09:22:37Z',
        external_id: 'account-1',
        domain: 'hull.io',
        name: 'Hull inc',
      },
      account_segments: [segment('with-domain', 'Accounts with Domain', 'accounts_segment')],
      account_segment_ids: ['with-domain'],
      changes: {
        user: {
          accepts_marketing: [true, false],
          email: [null, 'stephane@hull.io'],
          is_approved: [null, false],
          traits_hello: [null, 'world'],
        },
        segments: {
          left: [segment('anonymous', 'Anonymous Users', 'users_segment')],
          entered: [segment('with-email', 'Users with Email', 'users_segment')],
        },
        account: { name: ['Hull', 'Hull inc'], updated_at: ['2018-01-10T09:00:09Z', '2018-02-12T09:22:37Z'] },
        account_segments,
        is_new: false,
      },
    })
    expect(events).toEqual([
      {
        properties: { foo: 'bar' },
        event_id: 'e1',
        user_id: ANN,
        event_source: 'Shopify',
        app_name: 'Shopify',
        app_id: 'Shopify',
        event: 'page',
        event_type: 'page',
        context: expect.objectContaining({
          ip: '10.52.8.14',
          page: { url: 'https://example.com/account', host: 'example.com', path: '/account' },
          campaign: { name: null, source: null, medium: null, term: null, content: null },
        }) as unknown,
        anonymous_id: 'anon-1',
        session_id: '152-5f7a',
        created_at: instantAt(3),
      },
    ])
  })

  test('of the account is the same without user and events', async () => {
    const account = (await example()).find((one): one is AccountUpdate => one.channel === 'account:update')
    expect(account).toEqual({
      message_id: expect.any(String) as unknown,
      channel: 'account:update',
      account: expect.objectContaining({ id: ACME, name: 'Hull inc' }) as unknown,
      account_segments: [segment('with-domain', 'Accounts with Domain', 'accounts_segment')],
      account_segment_ids: ['with-domain'],
      changes: {
        account: { name: ['Hull', 'Hull inc'], updated_at: ['2018-01-10T09:00:09Z', '2018-02-12T09:22:37Z'] },
        account_segments,
        is_new: false,
      },
    })
  })
})
