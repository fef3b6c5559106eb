import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPublicFreemail } from './freemail.ts'
import { blockedPattern, compileIdentityRules, domainOfEmail, normalizeIdentifier } from './identifier-value.ts'
import { DEFAULT_IDENTITY_RULES } from './identity-rules.ts'

const rules = compileIdentityRules({
  ...DEFAULT_IDENTITY_RULES,
  blockedValues: [...DEFAULT_IDENTITY_RULES.blockedValues, '^qa-.*$', 'blocked\\.example', 'a|b'],
  freemailDomains: ['mail.example', 'https://WWW.post.example/'],
})

/** The value, or the reason why there is none. */
function check(kind: string, value: string): string {
  const normalized = normalizeIdentifier(kind, value, rules)
  return typeof normalized === 'string' ? normalized : `refused: ${normalized.reason}`
}

describe('any identifier', () => {
  test.each([
    ['user-4711', 'user-4711'],
    ['  user-4711\t\n', 'user-4711'],
    ['\u00a0Ünal ', 'Ünal'],
    ['User-4711', 'User-4711'],
    ['x'.repeat(500), 'x'.repeat(500)],
    [` ${'x'.repeat(500)} `, 'x'.repeat(500)],
    ['x'.repeat(501), 'refused: too_long'],
    ['', 'refused: blank'],
    [' \t', 'refused: blank'],
  ])('%j: %s', (value, expected) => {
    expect(check('external_id', value)).toBe(expected)
    expect(check('anonymous_id', value)).toBe(expected)
    expect(check('phone', value)).toBe(expected)
  })
})

describe('blocked values', () => {
  test.each([
    'null',
    ' NULL ',
    'undefined',
    'None',
    'NaN',
    'anonymous',
    'guest',
    'unknown',
    'true',
    'FALSE',
    'N/A',
    '-1',
    '0',
    '000',
    '---',
    '00000000-0000-0000-0000-000000000000',
    '[object Object]',
    'QA-17',
    'qa-a\nb',
    'a',
    'B',
  ])('%j identifies nobody', (value) => {
    for (const kind of ['external_id', 'anonymous_id', 'email', 'domain', 'phone'])
      expect(check(kind, value), kind).toBe('refused: blocked')
  })

  test.each(['nullable', 'not null', 'undefined1', '01', '-10', 'aqa-1', 'ab', 'guests', 'object Object'])('%j does', (value) => {
    expect(check('external_id', value)).toBe(value)
  })

  test('are recognized in the canonical form as well', () => {
    expect(check('domain', 'https://www.Blocked.example/')).toBe('refused: blocked')
    expect(check('email', 'QA-1@example.org')).toBe('refused: blocked')
  })

  test('may be none', () => {
    expect(blockedPattern([]).test('')).toBe(false)
    expect(blockedPattern([]).test('null')).toBe(false)
  })
})

describe('emails', () => {
  test.each([
    ['ada@example.org', 'ada@example.org'],
    [' Ada.Lovelace+news@Mail.Example.ORG ', 'ada.lovelace+news@mail.example.org'],
    ["o'brien@example.co.uk", "o'brien@example.co.uk"],
    ['jürgen@münchen.example', 'jürgen@xn--mnchen-3ya.example'],
    ['JU\u0308RGEN@example.org', 'jürgen@example.org'],
    ['someone@gmail.com', 'someone@gmail.com'],
    [`${'x'.repeat(308)}@example.org`, `${'x'.repeat(308)}@example.org`],
    [`${'x'.repeat(309)}@example.org`, 'refused: email_invalid'],
    ['ada', 'refused: email_invalid'],
    ['ada@', 'refused: email_invalid'],
    ['@example.org', 'refused: email_invalid'],
    ['ada@example', 'refused: email_invalid'],
    ['ada@localhost', 'refused: email_invalid'],
    ['ada@127.0.0.1', 'refused: email_invalid'],
    ['ada@example..org', 'refused: email_invalid'],
    ['ada@.org', 'refused: email_invalid'],
    ['ada@example.o', 'refused: email_invalid'],
    ['ada@-example.org', 'refused: email_invalid'],
    ['ada@exam_ple.org', 'refused: email_invalid'],
    ['ada@home@example.org', 'refused: email_invalid'],
    ['ada lovelace@example.org', 'refused: email_invalid'],
    ['Ada <ada@example.org>', 'refused: email_invalid'],
    ['mailto:ada@example.org', 'refused: email_invalid'],
    ['ada@example.org, bob@example.org', 'refused: email_invalid'],
    ['a\u0000b@example.org', 'refused: email_invalid'],
  ])('%j: %s', (value, expected) => {
    expect(check('email', value)).toBe(expected)
  })

  test('have a domain', () => {
    expect(domainOfEmail('ada@mail.example.org')).toBe('mail.example.org')
  })
})

describe('domains', () => {
  test.each([
    ['example.org', 'example.org'],
    [' Shop.Example.ORG. ', 'shop.example.org'],
    ['https://www.example.org/about?x=1#y', 'example.org'],
    ['//example.org', 'example.org'],
    ['http://example.org:8080', 'example.org'],
    ['example.org?utm=x', 'example.org'],
    ['www.example.org', 'example.org'],
    ['www.www.example.org', 'example.org'],
    ['www.org', 'www.org'],
    ['www2.example.org', 'www2.example.org'],
    ['münchen.example', 'xn--mnchen-3ya.example'],
    [`https://example.org/${'x'.repeat(1_000)}`, 'example.org'],
    [`https://example.org/${'x'.repeat(2_000)}`, 'refused: domain_invalid'],
    [`${'x.'.repeat(124)}example`, 'refused: domain_invalid'],
    ['example', 'refused: domain_invalid'],
    ['localhost:8080', 'refused: domain_invalid'],
    ['https://', 'refused: domain_invalid'],
    ['127.0.0.1', 'refused: domain_invalid'],
    ['ada@example.org', 'refused: domain_invalid'],
    ['Example Inc.', 'refused: domain_invalid'],
    ['example.org..', 'refused: domain_invalid'],
    [`${'x'.repeat(64)}.org`, 'refused: domain_invalid'],
    ['gmail.com', 'refused: freemail'],
    ['https://www.gmail.com', 'refused: freemail'],
    ['mail.example', 'refused: freemail'],
    ['post.example', 'refused: freemail'],
    ['my.mail.example', 'my.mail.example'],
  ])('%j: %s', (value, expected) => {
    expect(check('domain', value)).toBe(expected)
  })

  test.each(['gmail.com', 'googlemail.com', 'proton.me', 'hotmail.co.uk', 'gmx.de', 'qq.com', 'icloud.com'])(
    '%s is of free mail',
    (domain) => {
      expect(isPublicFreemail(domain)).toBe(true)
    },
  )

  test.each(['example.org', 'ibm.com', 'facebook.com', 'google.com', 'constructor'])('%s is not', (domain) => {
    expect(isPublicFreemail(domain)).toBe(false)
  })
})

test('a canonical value is its own canonical value, whatever comes', () => {
  const label = fc.stringMatching(/^[A-Za-z0-9ü-]{1,6}$/)
  const domain = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))
  const wrapped = fc
    .tuple(
      fc.constantFrom('', 'https://', '//', 'www.', 'a@', 'Ä@', ' '),
      domain,
      fc.constantFrom('', '.', ':80', '/x', '?q', ' '),
    )
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(
      fc.constantFrom('email', 'domain', 'external_id'),
      fc.oneof(wrapped, fc.string({ unit: 'binary' }), fc.emailAddress()),
      (kind, value) => {
        const normalized = normalizeIdentifier(kind, value, rules)
        if (typeof normalized === 'string') expect(normalizeIdentifier(kind, normalized, rules)).toBe(normalized)
        else expect(normalized.message).toMatch(/^is /)
      },
    ),
    { numRuns: 3_000 },
  )
})
