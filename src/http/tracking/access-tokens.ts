/**
 * Access tokens that `/token` gives out: signed with a secret of this process, so nothing is kept, and a restart makes clients
 * ask for new ones (which they do after a 401, and before a token ends).
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** Clients ask for a new one after half of it. */
export const TOKEN_SECONDS = 3_600

type TokenContent = { sources: string[]; expiresAt: number }

export class AccessTokens {
  readonly #secret = randomBytes(32)

  /** A token that sends events of these sources. */
  issue(sources: string[], now: number): string {
    const content = { sources, expiresAt: now + TOKEN_SECONDS * 1_000 } satisfies TokenContent
    const text = Buffer.from(JSON.stringify(content)).toString('base64url')
    return `${text}.${this.#sign(text).toString('base64url')}`
  }

  /** The sources of a token of ours, and whether it is over; undefined for anything else. */
  read(token: string, now: number): { sources: string[]; isOver: boolean } | undefined {
    const [text = '', signature = '', more] = token.split('.')
    if (more !== undefined) return undefined
    const expected = this.#sign(text)
    const given = Buffer.from(signature, 'base64url')
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
    // Signed, so it is what `issue` wrote.
    const { sources, expiresAt } = JSON.parse(Buffer.from(text, 'base64url').toString()) as TokenContent
    return { sources, isOver: expiresAt <= now }
  }

  #sign(text: string): Buffer {
    return createHmac('sha256', this.#secret).update(text).digest()
  }
}
