import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../base/json.ts'
import { eventOf, refusalOf, TRACK } from './normalize-event.fixture.ts'

const ids = (...names: string[]) => Object.fromEntries(names.map((name) => [name, `${name}-1`]))

describe('identifiers', () => {
  test.each<[Json, string | undefined]>([
    ['u1', 'u1'],
    ['  u1\n', 'u1'],
    [42, '42'],
    [0, '0'],
    [1.5, '1.5'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    ['', undefined],
    ['   ', undefined],
    [null, undefined],
    ['undefined', undefined],
    [' null ', undefined],
    [true, undefined],
    [{ id: 1 }, undefined],
    [['u1'], undefined],
    [Infinity, undefined],
    ['x'.repeat(500), 'x'.repeat(500)],
    ['Null', 'Null'],
  ])('userId %j is read as %j', (userId, expected) => {
    expect(eventOf({ ...TRACK, userId, anonymousId: 'a1' }).userId).toBe(expected)
  })

  test('what stood there and was none is recorded', () => {
    expect(eventOf({ ...TRACK, userId: 'undefined', anonymousId: 'a1' }).corrections).toEqual([
      { member: '/userId', reason: 'is no identifier: taken as absent', was: 'undefined' },
    ])
    expect(eventOf({ ...TRACK, userId: '', anonymousId: 'a1' }).corrections).toBeUndefined()
  })

  test.each<[string, JsonObject, string]>([
    [
      'userId',
      { userId: Number('12345678901234567890') },
      '"userId" is the number "12345678901234567000", which JSON may have rounded; send it as text.',
    ],
    ['anonymousId', { anonymousId: 'x'.repeat(501) }, '"anonymousId" has 501 characters; the limit is 500.'],
    [
      'context/groupId',
      { context: { groupId: 2 ** 60 } },
      '"context.groupId" is the number "1152921504606847000", which JSON may have rounded; send it as text.',
    ],
  ])('an unusable %s is identifier_invalid, since another would be somebody else’s', (member, part, message) => {
    expect(refusalOf({ ...TRACK, ...part })).toEqual({ code: 'identifier_invalid', pointer: `/${member}`, message })
  })

  test.each<[string, string[], boolean]>([
    ['track', ['userId'], true],
    ['track', ['anonymousId'], true],
    ['track', ['groupId'], true],
    ['track', ['previousId'], false],
    ['page', ['groupId'], true],
    ['screen', ['groupId'], true],
    ['screen', [], false],
    ['identify', ['userId'], true],
    ['identify', ['anonymousId'], true],
    ['identify', ['groupId'], false],
    ['group', ['userId', 'groupId'], true],
    ['group', ['groupId'], true],
    ['group', ['userId'], false],
    ['alias', ['userId', 'previousId'], true],
    ['alias', ['anonymousId', 'previousId'], false],
    ['alias', ['userId'], false],
    ['alias', ['userId', 'anonymousId'], true],
    ['unalias', ['userId', 'previousId'], true],
    ['unalias', ['anonymousId', 'previousId'], true],
    ['unalias', ['previousId'], false],
    ['unalias', ['userId'], false],
    ['merge', ['userId', 'previousId'], true],
    ['merge', ['userId', 'anonymousId'], true],
    ['merge', ['userId'], false],
  ])('%s with %j: enough is %s', (type, names, isEnough) => {
    const item = { type, event: 'E', messageId: 'm1', ...ids(...names) }
    if (isEnough) expect(eventOf(item)).toMatchObject(ids(...names))
    else expect(refusalOf(item).code).toBe('identifier_missing')
  })

  test('a refusal says what is needed, and what stood there instead', () => {
    expect(refusalOf({ ...TRACK, userId: 'undefined', anonymousId: true })).toEqual({
      code: 'identifier_missing',
      pointer: '/userId',
      message:
        'A track event needs "userId", "anonymousId" or, as an event of an account, "groupId"; "userId" is "undefined"; "anonymousId" is "true".',
    })
    expect(refusalOf({ type: 'identify', userId: {} }).message).toBe(
      'An identify event needs "userId" or "anonymousId"; "userId" is neither text nor a number.',
    )
  })

  test('the account is that of the item, else that of its context', () => {
    expect(eventOf({ ...TRACK, context: { groupId: 7 } }).groupId).toBe('7')
    expect(eventOf({ ...TRACK, groupId: 'own', context: { groupId: 7 } }).groupId).toBe('own')
    expect(eventOf({ type: 'page', messageId: 'm', context: { groupId: 'g' } }).groupId).toBe('g')
  })

  test('an alias without previousId means the anonymous id, as browsers mean it', () => {
    expect(eventOf({ type: 'alias', userId: 'u1', anonymousId: 'a1', messageId: 'm1' })).toMatchObject({
      previousId: 'a1',
      corrections: [{ member: '/previousId', reason: 'is absent: the anonymous id was taken' }],
    })
  })

  test('an alias to oneself is an event', () => {
    expect(eventOf({ type: 'alias', userId: 'u1', previousId: 'u1' })).toMatchObject({ userId: 'u1', previousId: 'u1' })
  })
})

describe('claims', () => {
  test('external ids of users become claims, numbers among them, kinds of the field under our names', () => {
    const externalIds = [
      { id: 'ada@example.com', type: 'email', collection: 'users', encoding: 'none' },
      { id: 99, type: 'crm_id' },
      { id: 'x', type: 'user_id' },
      { id: 'y', type: 'anonymousId' },
    ]
    const event = eventOf({ ...TRACK, context: { externalIds } })
    expect(event.claims).toEqual([
      { kind: 'email', value: 'ada@example.com' },
      { kind: 'crm_id', value: '99' },
      { kind: 'external_id', value: 'x' },
      { kind: 'anonymous_id', value: 'y' },
    ])
    expect(event.context).toEqual({ externalIds })
    expect(event.corrections).toBeUndefined()
  })

  test('external ids of accounts become claims of the account, which stand behind those of the user', () => {
    const externalIds = [
      { id: 7, type: 'crm_account', collection: 'accounts' },
      { id: 'g1', type: 'group_id', collection: 'groups', encoding: 'none' },
      { id: 'g2', type: 'accountId', collection: 'accounts' },
      { id: 'u9', type: 'user_id', collection: 'accounts' },
      { id: 'C-7', type: 'crm_id', collection: null },
    ]
    const event = eventOf({ ...TRACK, context: { externalIds }, properties: {} })
    expect(event.claims).toEqual([{ kind: 'crm_id', value: 'C-7' }])
    expect(event.accountClaims).toEqual([
      { kind: 'crm_account', value: '7' },
      { kind: 'external_id', value: 'g1' },
      { kind: 'external_id', value: 'g2' },
      { kind: 'user_id', value: 'u9' },
    ])
    expect(event.corrections).toBeUndefined()
    expect(Object.keys(event).slice(4, 8)).toEqual(['userId', 'claims', 'accountClaims', 'properties'])
  })

  test('RudderStack’s external ids become claims of the user', () => {
    const externalId = [
      { id: 'b1', type: 'brazeExternalId' },
      { id: 'x', type: 'userId' },
    ]
    const event = eventOf({ ...TRACK, context: { externalId, externalIds: [{ id: 'C-7', type: 'crm_id' }] } })
    expect(event.claims).toEqual([
      { kind: 'crm_id', value: 'C-7' },
      { kind: 'brazeExternalId', value: 'b1' },
      { kind: 'external_id', value: 'x' },
    ])
    expect(eventOf({ ...TRACK, context: { externalId: 'b1' } }).corrections).toEqual([
      { member: '/context/externalId', reason: 'is no list: left out', was: 'b1' },
    ])
    expect(eventOf({ ...TRACK, context: { externalId: [{ id: 'b1' }] } }).corrections).toMatchObject([
      { member: '/context/externalId/0/type' },
    ])
  })

  test('what an account is known by is not enough for a group call, nor do its identifiers make a merge', () => {
    const context = { externalIds: [1, 2].map((id) => ({ id, type: 'crm', collection: 'accounts' })) }
    expect(refusalOf({ type: 'group', userId: 'u1', context }).pointer).toBe('/groupId')
    expect(refusalOf({ type: 'merge', userId: 'u1', context }).pointer).toBe('/mergeProperties')
  })

  test.each<[Json, string, string]>([
    [{ id: 'x', type: 'crm', collection: 'devices' }, '', 'is of no collection that is known: left out'],
    [{ id: 'x', type: 'crm', collection: 'accounts', encoding: 'sha256' }, '', 'is encoded: left out'],
    [{ id: 'x', type: 'crm', encoding: 'sha256' }, '', 'is encoded: left out'],
    [{ id: 'x' }, '/type', 'is not the name of a kind of identifier: left out'],
    [{ id: 'x', type: ' ' }, '/type', 'is not the name of a kind of identifier: left out'],
    [{ id: 'null', type: 'crm' }, '/id', 'is no identifier: taken as absent'],
    [{ id: ['x'], type: 'crm' }, '/id', 'is neither text nor a number: taken as absent'],
    [
      { id: 2 ** 60, type: 'crm' },
      '/id',
      'is the number "1152921504606847000", which JSON may have rounded; send it as text: left out',
    ],
    [{ id: 'x'.repeat(501), type: 'crm' }, '/id', 'has 501 characters; the limit is 500: left out'],
    ['x', '', 'is no object: left out'],
  ])('the external id %j is left out, with a correction, and the event taken', (entry, below, reason) => {
    const event = eventOf({ ...TRACK, context: { externalIds: [entry] } })
    expect([event.claims, event.accountClaims]).toEqual([undefined, undefined])
    expect(event.corrections).toMatchObject([{ member: `/context/externalIds/0${below}`, reason }])
  })

  test('a merge takes its identifiers from mergeProperties', () => {
    const mergeProperties = [
      { type: 'email', value: 'a@example.com' },
      { type: 'userId', value: 'u9' },
    ]
    expect(eventOf({ type: 'merge', messageId: 'm1', mergeProperties }).claims).toEqual([
      { kind: 'email', value: 'a@example.com' },
      { kind: 'external_id', value: 'u9' },
    ])
    expect(refusalOf({ type: 'merge', mergeProperties: mergeProperties.slice(1) })).toMatchObject({
      code: 'identifier_missing',
      pointer: '/mergeProperties',
    })
    expect(eventOf({ type: 'merge', userId: 'u1', mergeProperties: mergeProperties.slice(1) }).claims).toHaveLength(1)
    expect(refusalOf({ type: 'merge', mergeProperties: 'x' }).code).toBe('identifier_missing')
  })
})
