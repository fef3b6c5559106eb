/**
 * The suppression list: who was erased and must stay out. It keeps salted hashes, so that whoever reads it learns nobody's
 * identifiers without guessing them one by one. The front door asks for every identifier of every event, and takes nothing that names
 * one of these: neither as an event nor into the quarantine.
 *
 * Invariant: an identifier is on the list before anything of its owner is erased, so nothing new can grow behind the erasure.
 */
import { hash } from 'node:crypto'
import { invariant } from '../../base/errors.ts'
import { isObject, type Json } from '../../base/json.ts'
import type { Claim, Instant } from '../../model/event/event.ts'
import type { EntityKind } from '../../model/profile/entity.ts'
import type { Normalize } from './subject.ts'

/** Where the list is kept; `write` is durable when it resolves, and a crash leaves the old text or the new one. Readable by its owner only. */
export interface SuppressionFile {
  read(): Promise<Json | undefined>
  write(list: Json): Promise<void>
}

/** Why an identifier is on the list: the id of the erasure, and when. */
export type Suppression = { erasure: string; at: Instant }

export type SuppressionOptions = {
  file: SuppressionFile
  /** Of a new list: 32 random bytes in hex. */
  newSalt: () => string
  normalize: Normalize
}

type Parts = SuppressionOptions & { salt: string; entries: Map<string, Suppression> }

export class SuppressionList {
  readonly #parts: Parts
  #written: Promise<void> = Promise.resolve()

  private constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Makes the list, with a salt of its own, when there is none. */
  static async open(options: SuppressionOptions): Promise<SuppressionList> {
    const text = await options.file.read()
    if (text === undefined) {
      const list = new SuppressionList({ ...options, salt: options.newSalt(), entries: new Map() })
      await list.#write()
      return list
    }
    return new SuppressionList({ ...options, ...readList(text) })
  }

  get size(): number {
    return this.#parts.entries.size
  }

  /** Claims may have any form. At once while the list is empty, else some 0.5 µs. */
  isSuppressed(kind: EntityKind, claim: Claim): boolean {
    return this.#parts.entries.size > 0 && this.#parts.entries.has(this.hashOf(kind, claim))
  }

  /** SHA-256 of the salt and the canonical identifier, in hex. */
  hashOf(entityKind: EntityKind, { kind, value }: Claim): string {
    const canonical = this.#parts.normalize(kind, value) ?? value.trim()
    return hash('sha256', `${this.#parts.salt}\0${entityKind}\0${kind}\0${canonical}`)
  }

  /** Counts at once, and is on stable storage when it resolves. Returns how many were not on the list before. */
  async add(entityKind: EntityKind, claims: readonly Claim[], suppression: Suppression): Promise<number> {
    const { entries } = this.#parts
    const before = entries.size
    for (const claim of claims) {
      const key = this.hashOf(entityKind, claim)
      if (!entries.has(key)) entries.set(key, suppression)
    }
    // Also when nothing is new: an earlier write may have failed.
    if (claims.length > 0) await this.#write()
    return entries.size - before
  }

  /** Lets an identifier in again; false when it was not on the list. */
  async lift(entityKind: EntityKind, claim: Claim): Promise<boolean> {
    if (!this.#parts.entries.delete(this.hashOf(entityKind, claim))) return false
    await this.#write()
    return true
  }

  /** One after the other, so that the last list is the one that stays. */
  #write(): Promise<void> {
    const write = () => {
      const { salt, entries, file } = this.#parts
      return file.write({ salt, suppressed: Object.fromEntries(entries) })
    }
    this.#written = this.#written.then(write, write)
    return this.#written
  }
}

function readList(text: Json): Pick<Parts, 'salt' | 'entries'> {
  const { salt, suppressed } = isObject(text) ? text : {}
  invariant(typeof salt === 'string' && isObject(suppressed), 'the suppression list has a salt and what is suppressed')
  // As `#write` wrote them.
  return { salt, entries: new Map(Object.entries(suppressed) as [string, Suppression][]) }
}
