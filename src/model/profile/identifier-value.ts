/**
 * Values of identifiers in the one form that they are kept and looked up in, and values that identify nobody. Every identifier
 * of every event comes through here, so what most values need is checked without copying.
 */
import { domainToASCII } from 'node:url'
import { IDENTIFIER_CHARACTERS_MAX } from '../event/identifiers.ts'
import { isPublicFreemail } from './freemail.ts'
import { DOMAIN, EMAIL, type IdentityRules } from './identity-rules.ts'

/** Why a value identifies nobody; `message` goes on from the value: `"null" is a blocked value`. */
export type IdentifierRefusal = {
  reason: 'blank' | 'too_long' | 'blocked' | 'email_invalid' | 'domain_invalid' | 'freemail'
  message: string
}

/** What of the catalog's rules concerns values, compiled once. */
export type CompiledIdentityRules = {
  /** True for values that the rules block, in any case of letters. */
  isBlocked: (value: string) => boolean
  /** `domain` in its canonical form. */
  isFreemail: (domain: string) => boolean
}

/** 64 before the @ and 255 after it (RFC 5321). */
const EMAIL_CHARACTERS_MAX = 320
/** RFC 1035, as text. */
const DOMAIN_CHARACTERS_MAX = 253
/** Domains may come as the address of a page, which is longer; nothing beyond is looked at. */
const RAW_CHARACTERS_MAX = 2_000

const REFUSALS = {
  blank: { reason: 'blank', message: 'is empty' },
  tooLong: { reason: 'too_long', message: `is longer than ${IDENTIFIER_CHARACTERS_MAX} characters` },
  blocked: { reason: 'blocked', message: 'is a blocked value: it identifies nobody' },
  email: { reason: 'email_invalid', message: 'is no email address' },
  domain: { reason: 'domain_invalid', message: 'is no domain' },
  freemail: { reason: 'freemail', message: 'is a domain of free mail: it identifies no account' },
} as const satisfies Record<string, IdentifierRefusal>

/** `rules` have been checked with the catalog: patterns compile and do not run away. */
export function compileIdentityRules({ blockedValues, freemailDomains }: IdentityRules): CompiledIdentityRules {
  const blocked = blockedPattern(blockedValues)
  const freemail = new Set(freemailDomains.map((domain) => normalizeDomain(domain) ?? domain))
  return {
    isBlocked: (value) => blocked.test(value),
    isFreemail: (domain) => isPublicFreemail(domain) || freemail.has(domain),
  }
}

/**
 * The value in its canonical form, or why it identifies nobody. The canonical form is its own canonical form. Emails are
 * in lower case, domains as well and without what an address of a page has around them; all others are only trimmed.
 */
export function normalizeIdentifier(kind: string, value: string, rules: CompiledIdentityRules): string | IdentifierRefusal {
  const text = trim(value)
  const refusal = plainRefusal(kind, text) ?? (rules.isBlocked(text) ? REFUSALS.blocked : undefined)
  if (refusal) return refusal
  if (kind !== EMAIL && kind !== DOMAIN) return text
  const canonical = kind === EMAIL ? normalizeEmail(text) : normalizeDomain(text)
  if (canonical === undefined) return kind === EMAIL ? REFUSALS.email : REFUSALS.domain
  // Patterns speak of what people see, which may be the canonical form only.
  if (canonical !== text && rules.isBlocked(canonical)) return REFUSALS.blocked
  return kind === DOMAIN && rules.isFreemail(canonical) ? REFUSALS.freemail : canonical
}

function plainRefusal(kind: string, text: string): IdentifierRefusal | undefined {
  if (text === '') return REFUSALS.blank
  if (kind === DOMAIN) return text.length > RAW_CHARACTERS_MAX ? REFUSALS.domain : undefined
  return text.length > IDENTIFIER_CHARACTERS_MAX ? REFUSALS.tooLong : undefined
}

/** One expression for all: matches a whole value in any case, line breaks like other characters. Throws what RegExp throws. */
export function blockedPattern(patterns: readonly string[]): RegExp {
  // An empty class matches nothing.
  const alternatives = patterns.length === 0 ? '[]' : patterns.map((pattern) => `(?:${pattern})`).join('|')
  return new RegExp(`^(?:${alternatives})$`, 'is')
}

const SPACE = 0x20
const LAST_ASCII = 0x7e

/** As `String.trim`, which costs a call into the runtime even where there is nothing to do. */
function trim(value: string): string {
  const first = value.charCodeAt(0)
  const last = value.charCodeAt(value.length - 1)
  return first > SPACE && first <= LAST_ASCII && last > SPACE && last <= LAST_ASCII ? value : value.trim()
}

/** Labels of letters, digits and hyphens, at least two, the last beginning with a letter: no addresses of machines. In lower case. */
const DOMAIN_FORM = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/
/** What people have in front of the @: no blanks, controls, quotes or brackets, which mean that a name came along. */
// eslint-disable-next-line no-control-regex -- these are what must not be there
const LOCAL_PART = /^[^\s\u0000-\u001f\u007f"(),:;<>@[\\\]]+$/

/** Undefined for what no person can be written to. */
function normalizeEmail(text: string): string | undefined {
  const at = text.indexOf('@')
  if (at < 1 || text.length > EMAIL_CHARACTERS_MAX) return undefined
  const local = lowerCase(text.slice(0, at))
  const domain = asciiDomain(text.slice(at + 1))
  if (domain === undefined || !LOCAL_PART.test(local)) return undefined
  const email = `${local}@${domain}`
  return email.length > EMAIL_CHARACTERS_MAX ? undefined : email
}

/** Without scheme, `www.`, port, path and the dot of the root. Undefined for what is no domain of an organization. */
export function normalizeDomain(text: string): string | undefined {
  const bare = text
    .replace(/^(?:[a-z][a-z0-9+.-]*:)?\/\//i, '')
    .replace(/[/?#].*$/s, '')
    .replace(/:\d+$/, '')
  return asciiDomain(bare.replace(/\.$/, ''))?.replace(/^(?:www\.)+(?=[^.]+\.)/, '')
}

/** Of a canonical email. */
export function domainOfEmail(email: string): string {
  return email.slice(email.indexOf('@') + 1)
}

/** In lower case, and names of other scripts as the network writes them. */
function asciiDomain(text: string): string | undefined {
  const domain = isAscii(text) ? text.toLowerCase() : domainToASCII(text)
  return domain.length <= DOMAIN_CHARACTERS_MAX && DOMAIN_FORM.test(domain) ? domain : undefined
}

/** Composed, so that one letter is one letter however it was typed. */
function lowerCase(text: string): string {
  return isAscii(text) ? text.toLowerCase() : text.toLowerCase().normalize('NFC')
}

function isAscii(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- all of ASCII
  return /^[\u0000-\u007f]*$/.test(text)
}
