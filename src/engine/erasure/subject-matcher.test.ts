import { expect, test } from 'vitest'
import { normalize } from './erasure.fixture.ts'
import type { Subject } from './subject.ts'
import { SubjectMatcher } from './subject-matcher.ts'

const PART = '0123456789abcdef01234567'

const ann: Subject = {
  kind: 'user',
  parts: [PART],
  identifiers: [
    { kind: 'external_id', value: '42' },
    { kind: 'email', value: 'ann@example.com' },
    { kind: 'anonymous_id', value: '5b1e6a90-6c2f-4a54-8f0a-0a8f2f6f3c11' },
    { kind: 'anonymous_id', value: 'cio_id:x7' },
    { kind: 'anonymous_id', value: 'a"b\u00e9' },
  ],
}

const acme: Subject = {
  kind: 'account',
  parts: [PART],
  identifiers: [
    { kind: 'external_id', value: 'acme' },
    { kind: 'domain', value: 'acme.com' },
    { kind: 'anonymous_id', value: 'crm:7' },
  ],
}

const concerns = (subject: Subject, event: unknown) => new SubjectMatcher(subject, normalize).concernsEvent(JSON.stringify(event))
const concernsItem = (subject: Subject, raw: string) =>
  new SubjectMatcher(subject, normalize).concernsItem(JSON.stringify({ id: 'i', message: 'wrong', raw }))

test.each([
  ['the external id', { userId: '42' }],
  ['an anonymous id', { anonymousId: '5b1e6a90-6c2f-4a54-8f0a-0a8f2f6f3c11' }],
  ['an anonymous id with characters that JSON escapes', { anonymousId: 'a"b\u00e9' }],
  ['an email in another form', { type: 'identify', traits: { email: ' Ann@Example.COM ' } }],
  ['an email in the context', { userId: 'x', context: { traits: { email: 'ann@example.com' } } }],
  ['an id that is taken over', { type: 'alias', userId: 'x', previousId: '42' }],
  ['a further identifier', { userId: 'x', claims: [{ kind: 'external_id', value: '42' }] }],
  ['a further identifier of an unknown kind', { userId: 'x', claims: [{ kind: 'cio_id', value: 'x7' }] }],
  ['a part, on a timeline', { user: PART, name: 'Viewed' }],
  ['a part, inside', { user: 'x', properties: { loser: [PART] } }],
  ['an email in a text', { userId: 'x', properties: { note: 'write to <ann@example.com>, please' } }],
  ['an email in an address', { userId: 'x', context: { page: { url: 'https://x.de/?email=ann%40example.com&a=1' } } }],
  ['an email as the name of a member', { userId: 'x', properties: { 'ann@example.com': true } }],
  ['a long id elsewhere', { userId: 'x', properties: { visitor: '5B1E6A90-6c2f-4a54-8f0a-0a8f2f6f3c11' } }],
])('an event with %s of a user is about the user', (_, event) => {
  expect(concerns(ann, event)).toBe(true)
})

test.each([
  ['a short id elsewhere', { userId: 'x', properties: { quantity: 42, sku: '42' } }],
  ['a longer id', { userId: '421' }],
  ['another’s anonymous id', { anonymousId: '42' }],
  ['the same as id of an account', { userId: 'x', groupId: '42' }],
  ['another’s email that ends like it', { userId: 'x', traits: { email: 'mary.ann@example.com' } }],
  ['another’s email with a longer name', { userId: 'x', traits: { email: 'joann@example.com' } }],
  ['an email at a longer domain', { userId: 'x', traits: { email: 'ann@example.com.au' } }],
])('an event with %s is not about the user', (_, event) => {
  expect(concerns(ann, event)).toBe(false)
})

test.each([
  ['its id', { userId: 'x', groupId: 'acme' }, true],
  ['its domain, in a group call', { type: 'group', groupId: 'x', traits: { website: 'https://www.ACME.com/en' } }, true],
  ['its part', { user: 'x', account: PART }, true],
  ['a further identifier', { userId: 'x', accountClaims: [{ kind: 'external_id', value: 'acme' }] }, true],
  ['a further identifier of an unknown kind', { userId: 'x', accountClaims: [{ kind: 'crm', value: '7' }] }, true],
  ['the same as a further identifier of a user', { userId: 'x', claims: [{ kind: 'crm', value: '7' }] }, false],
  ['its domain in an email', { userId: 'x', traits: { email: 'bob@acme.com' } }, false],
  ['its domain in an address', { userId: 'x', context: { page: { url: 'https://acme.com/x' } } }, false],
  ['the same as id of a user', { userId: 'acme' }, false],
])('an event with %s and an account', (_, event, expected) => {
  expect(concerns(acme, event)).toBe(expected)
})

test.each([
  ['as one of an account', 'accounts', true],
  ['as one of a user', 'users', false],
])('a quarantined item that names its further identifier %s', (_, collection, expected) => {
  expect(concernsItem(acme, JSON.stringify({ context: { externalIds: [{ id: '7', type: 'crm', collection }] } }))).toBe(expected)
})

test.each([
  ['names it as SDKs do', JSON.stringify({ userId: 42 }), true],
  ['names it in the context', JSON.stringify({ context: { externalIds: [{ id: '42', type: 'external_id' }] } }), true],
  ['has the number elsewhere', JSON.stringify({ userId: 'x', properties: { quantity: 42 } }), false],
  ['is broken and has it as a word', '{"userId": 42, "properties": ', true],
  ['is broken and has it inside a word', '{"userId": 421, "properties": ', false],
  ['is a list', JSON.stringify(['ann@example.com']), true],
])('a quarantined item that %s', (_, raw, expected) => {
  expect(concernsItem(ann, raw)).toBe(expected)
})

test('what is quickly looked at is never denied wrongly', () => {
  const matcher = new SubjectMatcher(ann, normalize)
  expect(matcher.mayConcern('{"a":1}\n{"b":"bob@example.com"}')).toBe(false)
  expect(matcher.mayConcern('{"a":1}\n{"b":"ANN@example.com"}')).toBe(true)
  expect(matcher.mayConcern(JSON.stringify({ anonymousId: 'A"Be\u0301' }))).toBe(true)
})
