/**
 * The assertion with which a client asks for a token: a JWT that it signed with its private key (RFC 7523, RS256 only). Each
 * is taken once: its `jti` is kept until it ends.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { isObject, type JsonObject } from '../../base/json.ts'
import { MillraceError } from '../../base/errors.ts'
import type { Source } from '../../model/catalog.ts'

/** Clocks of clients differ from ours by so much, and they say so in `iat` and `exp`. */
const CLOCK_SKEW_SECONDS = 60
/** SDKs ask for one minute; longer ones would have to be remembered for longer. */
const LIFETIME_SECONDS_MAX = 600
/** Of assertions that are not over yet: ten minutes of seventeen a second. */
const REMEMBERED_MAX = 10_000

type Client = { source: string; key: KeyObject }

export class ClientAssertions {
  readonly #clients = new Map<string, Client[]>()
  /** When each one that was taken ends, in Unix seconds; the oldest first. */
  readonly #taken = new Map<string, number>()

  /** Throws `catalog_invalid` for a public key that is no RSA key in PEM. */
  constructor(sources: readonly Source[]) {
    for (const { name, oauthClients } of sources) {
      for (const { id, publicKey } of oauthClients) {
        const client = { source: name, key: readKey(publicKey, `Source "${name}", OAuth client "${id}"`) }
        this.#clients.set(id, [...(this.#clients.get(id) ?? []), client])
      }
    }
  }

  /** Names of the sources that the assertion's client may send to. Throws `token_refused` and `server_busy`. */
  take(assertion: string, { audiences, now }: { audiences: readonly string[]; now: number }): string[] {
    const { header, claims, signed, signature } = readJwt(assertion)
    if (header['alg'] !== 'RS256') throw refused('must be signed with RS256')
    const { sub, iss, jti } = claims
    const client = typeof sub === 'string' && iss === sub ? sub : ''
    const sources = (this.#clients.get(client) ?? [])
      .filter(({ key }) => verify('sha256', signed, key, signature))
      .map(({ source }) => source)
    if (sources.length === 0) throw refused('has an unknown client (`iss` and `sub`), or was not signed with its key')
    requireAudience(claims, audiences)
    const seconds = now / 1_000
    const endsAt = requireTimes(claims, seconds)
    if (typeof jti !== 'string' || jti === '' || jti.length > 200) throw refused('needs a `jti` of 1 to 200 characters')
    this.#remember(`${client} ${jti}`, endsAt, seconds)
    return sources
  }

  #remember(id: string, endsAt: number, now: number): void {
    if ((this.#taken.get(id) ?? 0) > now) throw refused('was used before (`jti`)')
    if (this.#taken.size >= REMEMBERED_MAX) {
      for (const [other, end] of this.#taken) if (end <= now) this.#taken.delete(other)
    }
    if (this.#taken.size >= REMEMBERED_MAX) {
      throw new MillraceError('server_busy', 'Too many tokens were asked for in the last minutes.', { retryable: true })
    }
    this.#taken.delete(id)
    this.#taken.set(id, endsAt)
  }
}

function readKey(pem: string, title: string): KeyObject {
  try {
    const key = createPublicKey(pem)
    if (key.asymmetricKeyType === 'rsa') return key
  } catch (cause) {
    throw new MillraceError('catalog_invalid', `${title}: the public key cannot be read.`, {
      hint: 'It must be RSA in PEM.',
      cause,
    })
  }
  throw new MillraceError('catalog_invalid', `${title}: the public key is no RSA key.`, { hint: 'It must be RSA in PEM.' })
}

function readJwt(text: string): { header: JsonObject; claims: JsonObject; signed: Buffer; signature: Buffer } {
  const [header = '', claims = '', signature = '', more] = text.split('.')
  const parts = [header, claims].map(readPart)
  const [headerPart, claimsPart] = parts
  if (more !== undefined || headerPart === undefined || claimsPart === undefined) throw refused('is no JWT')
  return {
    header: headerPart,
    claims: claimsPart,
    signed: Buffer.from(`${header}.${claims}`),
    signature: Buffer.from(signature, 'base64url'),
  }
}

function readPart(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function requireAudience({ aud }: JsonObject, audiences: readonly string[]): void {
  const named = Array.isArray(aud) ? aud : [aud]
  if (named.some((one) => typeof one === 'string' && audiences.includes(one.replace(/\/$/, '')))) return
  throw refused(`is for another server: its \`aud\` must be "${audiences[0] ?? ''}"`)
}

/** When it ends. */
function requireTimes({ iat, exp }: JsonObject, now: number): number {
  if (typeof exp !== 'number' || typeof iat !== 'number') throw refused('needs `iat` and `exp` in Unix seconds')
  if (exp + CLOCK_SKEW_SECONDS <= now) throw refused('is over (`exp`)')
  if (iat - CLOCK_SKEW_SECONDS > now) throw refused('is of the future (`iat`)')
  if (exp - iat > LIFETIME_SECONDS_MAX || exp - now > LIFETIME_SECONDS_MAX) {
    throw refused(`holds for more than ${LIFETIME_SECONDS_MAX} seconds`)
  }
  return exp + CLOCK_SKEW_SECONDS
}

function refused(problem: string): MillraceError {
  return new MillraceError('token_refused', `The client assertion ${problem}.`)
}
