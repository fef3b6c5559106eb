/** Who may do what: write keys and access tokens let events in, keys with `read` or `admin` open everything else. */
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../base/clock.ts'
import { MillraceError } from '../../base/errors.ts'
import { hasScope, type KeyScope, standingOf, type WriteKey } from '../../engine/tracking/write-keys.ts'
import type { Source } from '../../model/catalog.ts'
import type { EventType } from '../../model/event/event.ts'
import type { AccessTokens } from './access-tokens.ts'
import { type Credential, headerCredentials, keysIn } from './credentials.ts'
import { isLocalRequest } from './local-request.ts'

/** Events of `source` may come in, of these types only when they are named. */
export type Grant = { source: Source; types?: readonly EventType[] }

type AccessParts = {
  /** By name. */
  sources: Readonly<Record<string, Source>>
  keys: { find(text: string): WriteKey | undefined }
  tokens: AccessTokens
  clock: Clock
  /** True when nobody beyond this machine can reach the server: people on it need no key to look and manage. */
  isLoopbackOnly: boolean
}

export class Access {
  readonly #parts: AccessParts

  constructor(parts: AccessParts) {
    this.#parts = parts
  }

  /** What the first of the credentials that holds lets in; undefined when none holds. */
  grantOf(credentials: readonly Credential[]): Grant | undefined {
    for (const credential of credentials) {
      const judged = this.#judge(credential)
      if (judged !== undefined && 'source' in judged) return judged
    }
    return undefined
  }

  /** Why none of the credentials holds. */
  refusalOf(credentials: readonly Credential[]): MillraceError {
    for (const credential of credentials) {
      const judged = this.#judge(credential)
      if (judged instanceof MillraceError) return judged
    }
    return credentials.length === 0 ? missingKey() : unknownKey()
  }

  /**
   * Lets a request read or manage, or throws `write_key_unknown` or `access_denied`. Where the server listens on loopback only,
   * a request from this machine needs no key; one from a page of another site, or through a proxy, does.
   */
  requireScope(request: Pick<FastifyRequest, 'headers'>, scope: 'read' | 'admin'): void {
    const credentials = headerCredentials(request)
    if (credentials.length === 0 && this.#parts.isLoopbackOnly && isLocalRequest(request.headers)) return
    const keys = credentials.flatMap(({ text }) => keysIn(text)).flatMap((text) => this.#parts.keys.find(text) ?? [])
    if (keys.some((key) => this.#isValid(key) && hasScope(key, scope))) return
    const [key] = keys
    if (key === undefined) throw credentials.length === 0 ? missingKey(scope) : unknownKey()
    throw this.#refusalOfKey(key) ?? denied(key, scope)
  }

  #judge({ kind, text }: Credential): Grant | MillraceError | undefined {
    if (kind === 'bearer') {
      const token = this.#parts.tokens.read(text, this.#parts.clock.now())
      if (token !== undefined) return this.#judgeToken(token)
    }
    for (const candidate of keysIn(text)) {
      const key = this.#parts.keys.find(candidate)
      if (key !== undefined) return this.#judgeKey(key)
    }
    return undefined
  }

  #judgeKey(key: WriteKey): Grant | MillraceError {
    const refusal = this.#refusalOfKey(key)
    if (refusal !== undefined) return refusal
    if (!hasScope(key, 'track')) return denied(key, 'track')
    const source = this.#findSource(key.source ?? '')
    if (source === undefined) {
      return new MillraceError(
        'write_key_unknown',
        `The source "${key.source ?? ''}" of this write key is no longer in the catalog.`,
      )
    }
    return key.types === undefined ? { source } : { source, types: key.types }
  }

  /** A client of several sources names the one it means by the write key of the body, which is judged next. */
  #judgeToken({ sources, isOver }: { sources: readonly string[]; isOver: boolean }): Grant | MillraceError | undefined {
    if (isOver) return new MillraceError('token_refused', 'The access token is over.', { hint: 'Ask for a new one at /token.' })
    const [name = '', another] = sources
    if (another !== undefined) return undefined
    const source = this.#findSource(name)
    return source && { source }
  }

  #findSource(name: string): Source | undefined {
    return Object.hasOwn(this.#parts.sources, name) ? this.#parts.sources[name] : undefined
  }

  #isValid(key: WriteKey): boolean {
    return standingOf(key, this.#parts.clock.now()) === 'valid'
  }

  #refusalOfKey(key: WriteKey): MillraceError | undefined {
    const standing = standingOf(key, this.#parts.clock.now())
    if (standing === 'valid') return undefined
    const what = standing === 'revoked' ? 'was revoked' : 'has expired'
    return new MillraceError('write_key_unknown', `The write key ${key.id} (${key.prefix}…) ${what}.`)
  }
}

function missingKey(scope?: KeyScope): MillraceError {
  if (scope === undefined) return new MillraceError('write_key_unknown', 'The request has no write key.')
  return new MillraceError('write_key_unknown', `A key with the scope "${scope}" is needed here.`, {
    hint: 'Send it as `Authorization: Bearer <key>`. Without a key only this machine may ask, directly, of a server on loopback.',
  })
}

function unknownKey(): MillraceError {
  return new MillraceError('write_key_unknown', 'There is no such write key.')
}

function denied({ id, prefix }: WriteKey, scope: KeyScope): MillraceError {
  return new MillraceError('access_denied', `The key ${id} (${prefix}…) lacks the scope "${scope}".`)
}
