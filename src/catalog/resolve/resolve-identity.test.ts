import { expect, test } from 'vitest'
import { DEFAULT_IDENTITY_RULES } from '../../model/profile/identity-rules.ts'
import { append, loadFiles, problemLines, suite } from '../scratch-catalog.fixture.ts'

const KIND_HINT = 'Use up to 100 letters of a to z, digits, "_", "-" and ".", beginning with a letter.'
const TRY_HINT = 'Use at most two repetitions such as * and +, and none around another.'
const ESCAPE_HINT = 'Put `\\` before characters that stand for themselves, such as ( [ * + ?.'

suite('identity', [
  {
    name: 'every wrong field is reported at once',
    change: append(`identity:
  user: { kinds: { phone: { limt: 3 } }, limits: { email: 5000 } }
  accounts: {}
  blocked: test
`),
    problems: [
      'millrace.yaml:2:29 Identity: unknown field "limt". | Did you mean "limit"?',
      'millrace.yaml:2:59 Identity: user.limits.email must be 1000 at most, not 5000.',
      'millrace.yaml:3:3 Identity: unknown field "accounts". | Did you mean "account"?',
      'millrace.yaml:4:12 Identity: blocked must be a list, not "test".',
    ],
  },
  {
    name: 'it stands in one file only',
    change: append('import: [more.yaml]\nidentity: {}\n'),
    files: { 'more.yaml': 'identity: { freemail: [] }\n' },
    problems: ['more.yaml:1:1 Identity is defined twice; the first definition is at millrace.yaml:2. | Put both into one.'],
  },
  {
    name: 'kinds that are added are new, and have names',
    change: append(`identity:
  user: { kinds: { email: {}, userId: {}, id: {}, 'a:b': {}, External-ID: {}, domain: {}, ios.idfa: {} } }
  account: { kinds: { domain: {}, group_id: {} } }
`),
    problems: [
      'millrace.yaml:2:20 Identity of users: the kind "email" is built in. | Its limit is set with `limits: { email: … }`.',
      'millrace.yaml:2:31 Identity of users: the kind "userId" is another name of "external_id", which is built in. | Choose another name.',
      'millrace.yaml:2:43 Identity of users: the kind "id" is that which Millrace gives itself. | Choose another name.',
      `millrace.yaml:2:51 Identity of users: "a:b" is not a name for a kind. | ${KIND_HINT}`,
      'millrace.yaml:2:62 Identity of users: the kind "External-ID" is another name of "external_id", which is built in. | Choose another name.',
      'millrace.yaml:3:23 Identity of accounts: the kind "domain" is built in. | Its limit is set with `limits: { domain: … }`.',
      'millrace.yaml:3:35 Identity of accounts: the kind "group_id" is another name of "external_id", which is built in. | Choose another name.',
    ],
  },
  {
    name: 'a kind goes before one that exists, never before external_id, and not around in a circle',
    change: append(`identity:
  user:
    kinds:
      a: { before: emial }
      b: { before: external_id }
      c: { before: d }
      d: { before: c }
`),
    problems: [
      'millrace.yaml:4:20 Identity of users: the kind "a" goes before "emial", which does not exist. | Did you mean "email"?',
      'millrace.yaml:5:20 Identity of users: the kind "b" cannot go before "external_id". | Nothing decides before `external_id`; name another kind.',
      'millrace.yaml:6:20 Identity of users: the kind "c" would have to go before itself. | Let one of them go before a built-in kind.',
      'millrace.yaml:7:20 Identity of users: the kind "d" would have to go before itself. | Let one of them go before a built-in kind.',
    ],
  },
  {
    name: 'limits are those of built-in kinds, and that of external_id is fixed',
    change: append(`identity:
  user: { kinds: { phone: {} }, limits: { external_id: 2, phone: 4, domain: 3, emial: 2 } }
  account: { limits: { external_id: 1, email: 2 } }
`),
    problems: [
      'millrace.yaml:2:43 Identity of users: the limit of "external_id" is always 1. | It never changes once it is known; remove the limit.',
      'millrace.yaml:2:59 Identity of users: the limit of "phone" belongs to its kind. | Write `kinds: { phone: { limit: 4 } }`.',
      'millrace.yaml:2:69 Identity of users: there is no kind "domain". | Built in: external_id, email, anonymous_id.',
      'millrace.yaml:2:80 Identity of users: there is no kind "emial". | Did you mean "email"?',
      'millrace.yaml:3:40 Identity of accounts: there is no kind "email". | Built in: external_id, domain, anonymous_id.',
    ],
  },
  {
    name: 'there are not too many kinds',
    change: append(`identity: { user: { kinds: { ${Array.from({ length: 21 }, (_, i) => `k${i}: {}`).join(', ')} } } }\n`),
    problems: ['millrace.yaml:1:21 Identity of users: there are 21 kinds. | Keep those that identify, 20 at most.'],
  },
  {
    name: 'blocked values are expressions that compile, end soon, and leave real values alone',
    change: append(`identity:
  blocked:
    - (
    - a)|(b
    - (a+)+
    - a.*b.*c.*
    - (a|b){30}
    - (a)\\1
    - '.*'
    - ''
`).map(([from, to]): [string, string] => [from, to.replace("    - ''\n", '')]),
    problems: [
      `millrace.yaml:3:7 Identity, blocked value "(": it is no regular expression: unterminated group. | ${ESCAPE_HINT}`,
      `millrace.yaml:4:7 Identity, blocked value "a)|(b": it is no regular expression: unmatched ')'. | ${ESCAPE_HINT}`,
      `millrace.yaml:5:7 Identity, blocked value "(a+)+": it may try too many ways to match. | ${TRY_HINT}`,
      `millrace.yaml:6:7 Identity, blocked value "a.*b.*c.*": it may try too many ways to match. | ${TRY_HINT}`,
      `millrace.yaml:7:7 Identity, blocked value "(a|b){30}": it may try too many ways to match. | ${TRY_HINT}`,
      'millrace.yaml:8:7 Identity, blocked value "(a)\\1": it refers back to a group. | Write what must repeat twice.',
      'millrace.yaml:9:7 Identity, blocked value ".*": it matches every value. | Say what only wrong values have.',
    ],
  },
  {
    name: 'blocked values together end soon',
    change: append(
      `identity: { blocked: [${['a', 'b', 'c', 'd', 'e'].map((letter) => `'${letter}.*${letter}.*'`).join(', ')}] }\n`,
    ),
    problems: [
      'millrace.yaml:1:22 Identity: the blocked values together may try too many ways to match. | Let few of them repeat twice, such as with .*@.*, and the others once.',
    ],
  },
  {
    name: 'an empty expression and an endless one are refused',
    change: append(`identity: { blocked: ['', ${'x'.repeat(201)}] }\n`),
    problems: [
      'millrace.yaml:1:23 Identity: blocked[0] must not be empty.',
      'millrace.yaml:1:27 Identity: blocked[1] must have 200 characters at most.',
    ],
  },
  {
    name: 'the form of external ids is a regular expression that ends soon, and what becomes of others is said',
    change: append("identity: { externalId: { pattern: '(u-', otherwise: ignore } }\n"),
    problems: [
      `millrace.yaml:1:36 Identity, external id "(u-": it is no regular expression: unterminated group. | ${ESCAPE_HINT}`,
    ],
  },
  {
    name: 'the form of external ids needs to say what becomes of others',
    change: append("identity: { externalId: { pattern: 'u-.+' } }\n"),
    problems: ['millrace.yaml:1:25 Identity: externalId.otherwise is missing.'],
  },
  {
    name: 'domains of free mail are domains',
    change: append('identity: { freemail: [example.net, no domain] }\n'),
    problems: ['millrace.yaml:1:37 Identity: "no domain" is no domain. | Write it like "example.net".'],
  },
])

test('what is left out is the default, and what is added comes to it', async () => {
  const text = `identity:
  user:
    kinds:
      handset: { before: phone, limit: 1 }
      phone: { limit: 3, before: email }
      cookie: {}
      ga: {}
    limits: { email: 10, external_id: 1 }
  externalId: { pattern: 'u-[0-9]+', otherwise: anonymous_id }
  blocked: ['test', '^qa-.*$']
  freemail: [HTTPS://www.Mail.Example/login]
`
  const loaded = await loadFiles({ 'millrace.yaml': text })
  expect(problemLines(loaded)).toEqual([])
  expect(loaded.catalog?.identity).toEqual({
    user: [
      { kind: 'external_id', limit: 1 },
      { kind: 'handset', limit: 1 },
      { kind: 'phone', limit: 3 },
      { kind: 'email', limit: 10 },
      { kind: 'cookie', limit: 5 },
      { kind: 'ga', limit: 5 },
      { kind: 'anonymous_id', limit: 100 },
    ],
    account: DEFAULT_IDENTITY_RULES.account,
    externalId: { pattern: 'u-[0-9]+', otherwise: 'anonymous_id' },
    blockedValues: [...DEFAULT_IDENTITY_RULES.blockedValues, 'test', '^qa-.*$'],
    freemailDomains: ['mail.example'],
  })
})

test('the built-in blocked values can be turned off', async () => {
  const loaded = await loadFiles({ 'millrace.yaml': 'identity: { blocked: [test], blockedDefaults: false }\n' })
  expect(loaded.catalog?.identity).toEqual({ ...DEFAULT_IDENTITY_RULES, blockedValues: ['test'] })
})

test('a catalog that says nothing of identity has the defaults', async () => {
  const loaded = await loadFiles({ 'millrace.yaml': 'sources: { web: {} }\n' })
  expect(loaded.catalog?.identity).toEqual(DEFAULT_IDENTITY_RULES)
})
