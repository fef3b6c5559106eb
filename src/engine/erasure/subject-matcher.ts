/**
 * Which texts are about the subject of an erasure. **An event goes when it names any identifier of the subject**, even when it
 * names somebody else too (an alias, the event of a user in an account): what is left of it would tell about the one who is gone.
 *
 *   where                        what makes it go
 *   members for identifiers      the same identifier (`named-identifiers.ts`), whatever its form
 *   timeline events              a part of the subject, or a part's id anywhere
 *   anywhere in the event        an email, or a long id (`distinctive-text.ts`)
 *   quarantined items            the same in the raw item; when that is no JSON, any identifier as a word of it
 */
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import { ANONYMOUS_ID, DOMAIN } from '../../model/profile/identity-rules.ts'
import { foldText, hasWord, isDistinctive, someText, spellings } from './distinctive-text.ts'
import { namedIdentifiers, type NamedIdentifier } from './named-identifiers.ts'
import type { Normalize, Subject } from './subject.ts'

export class SubjectMatcher {
  readonly #kind: Subject['kind']
  readonly #normalize: Normalize
  readonly #identifiers: ReadonlySet<string>
  readonly #values: ReadonlySet<string>
  readonly #words: string[]
  readonly #distinctiveWords: string[]
  readonly #needles: string[]

  constructor({ kind, parts, identifiers }: Subject, normalize: Normalize) {
    this.#kind = kind
    this.#normalize = normalize
    this.#identifiers = new Set(identifiers.map((claim) => keyOf(claim)))
    this.#values = new Set(identifiers.map(({ value }) => value))
    this.#words = identifiers.flatMap(spellings)
    this.#distinctiveWords = [...parts, ...identifiers.filter(isDistinctive).flatMap(spellings)]
    const claimed = identifiers.flatMap(({ kind, value }) => (kind === ANONYMOUS_ID ? [value.slice(value.indexOf(':') + 1)] : []))
    this.#needles = [...new Set([...parts, ...this.#words, ...claimed.map(foldText)].map(insideJson))]
  }

  /** A quick look at the JSON of many documents at once: false only when none of them is concerned. */
  mayConcern(text: string): boolean {
    const folded = foldText(text)
    return this.#needles.some((needle) => folded.includes(needle))
  }

  /** Of a tracked event on the log, or a timeline event; JSON text. */
  concernsEvent(text: string): boolean {
    return this.mayConcern(text) && this.#concerns(JSON.parse(text) as Json)
  }

  /** Of a quarantined item; JSON text. */
  concernsItem(text: string): boolean {
    if (!this.mayConcern(text)) return false
    const item = JSON.parse(text) as JsonObject
    const raw = parseRaw(item['raw'])
    if (raw !== undefined) return this.#concerns(raw) || this.#concerns({ ...item, raw: null })
    return someText(item, (text) => hasAnyWord(text, this.#words))
  }

  #concerns(event: Json): boolean {
    const named = isObject(event) ? namedIdentifiers(event, this.#kind) : []
    return (
      named.some((identifier) => this.#isOwn(identifier)) || someText(event, (text) => hasAnyWord(text, this.#distinctiveWords))
    )
  }

  #isOwn({ kind, value }: NamedIdentifier): boolean {
    if (kind === undefined) return this.#values.has(value)
    return this.#identifiers.has(keyOf({ kind, value: this.#normalize(kind, value) ?? value }))
  }
}

function keyOf({ kind, value }: { kind: string; value: string }): string {
  return `${kind}\0${kind === DOMAIN ? value.toLowerCase() : value}`
}

function hasAnyWord(text: string, words: readonly string[]): boolean {
  const folded = foldText(text)
  return words.some((word) => hasWord(folded, word))
}

/** The item as the client sent it; undefined when it is no JSON. */
function parseRaw(raw: Json | undefined): Json | undefined {
  if (typeof raw !== 'string') return undefined
  try {
    return JSON.parse(raw) as Json
  } catch {
    return undefined
  }
}

/** A text as it stands inside a JSON text. */
function insideJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
