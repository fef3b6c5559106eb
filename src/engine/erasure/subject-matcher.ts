/**
 * Which texts are about the subject of an erasure. **An event goes when it names any identifier of the subject**, even when it
 * names somebody else too (an alias, the event of a user in an account): what is left of it would tell about the one who is gone.
 *
 *   where                        what makes it go
 *   members for identifiers      the same identifier, whatever its form: what keeps a person out at the door (`mentioned-identifiers.ts`)
 *   timeline events              a part of the subject, or a part's id anywhere
 *   anywhere in the event        an email, or a long id (`distinctive-text.ts`)
 *   change records, pages of     what is told of a part of the subject (`redact-change.ts`, `redact-command.ts`); of others, the values
 *   history, lists of members    with an email, a long id, or a part's id
 *   quarantined items            the same in the raw item; when that is no JSON, any identifier as a word of it
 */
import type { Json, JsonObject } from '../../base/json.ts'
import type { Claim } from '../../model/event/event.ts'
import type { EntityId } from '../../model/profile/entity.ts'
import { type IdentifierTest, itemMentionsAny, mentionsAny } from '../../model/event/mentioned-identifiers.ts'
import { ANONYMOUS_ID } from '../../model/profile/identity-rules.ts'
import { foldText, hasWord, isDistinctive, someText, spellings } from './distinctive-text.ts'
import type { Normalize, Subject } from './subject.ts'

/** Finds the documents of one subject, or of several. */
export type DocumentMatcher = Pick<
  SubjectMatcher,
  'mayConcern' | 'concernsEvent' | 'concernsItem' | 'isPart' | 'isIdentifier' | 'isNamedIn'
>

export function anyOf(matchers: readonly DocumentMatcher[]): DocumentMatcher {
  return {
    mayConcern: (text) => matchers.some((matcher) => matcher.mayConcern(text)),
    concernsEvent: (text) => matchers.some((matcher) => matcher.concernsEvent(text)),
    concernsItem: (text) => matchers.some((matcher) => matcher.concernsItem(text)),
    isPart: (id) => matchers.some((matcher) => matcher.isPart(id)),
    isIdentifier: (claim) => matchers.some((matcher) => matcher.isIdentifier(claim)),
    isNamedIn: (value) => matchers.some((matcher) => matcher.isNamedIn(value)),
  }
}

export class SubjectMatcher {
  readonly #kind: Subject['kind']
  readonly #parts: ReadonlySet<EntityId>
  readonly #normalize: Normalize
  readonly #identifiers: ReadonlySet<string>
  readonly #words: string[]
  readonly #distinctiveWords: string[]
  readonly #needles: string[]

  constructor({ kind, parts, identifiers }: Subject, normalize: Normalize) {
    this.#kind = kind
    this.#normalize = normalize
    this.#parts = new Set(parts)
    this.#identifiers = new Set(identifiers.map((claim) => keyOf(claim)))
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
    return this.mayConcern(text) && this.#isAbout(JSON.parse(text) as JsonObject)
  }

  /** Of a quarantined item; JSON text. */
  concernsItem(text: string): boolean {
    if (!this.mayConcern(text)) return false
    const item = JSON.parse(text) as JsonObject
    const raw = parseRaw(item['raw'])
    if (raw === undefined) return hasAnyWord(item, this.#words)
    return itemMentionsAny(raw, undefined, this.#test) || hasAnyWord([raw, { ...item, raw: null }], this.#distinctiveWords)
  }

  isPart(id: EntityId): boolean {
    return this.#parts.has(id)
  }

  /** In its canonical form. */
  isIdentifier(claim: Claim): boolean {
    return this.#identifiers.has(keyOf(claim))
  }

  /** Whether a value that is told of somebody else, a fact or a property, gives the subject away. */
  isNamedIn(value: Json): boolean {
    return hasAnyWord(value, this.#distinctiveWords)
  }

  /** Timeline events have the members of tracked ones. */
  #isAbout(event: JsonObject): boolean {
    return mentionsAny(event, this.#test) || hasAnyWord(event, this.#distinctiveWords)
  }

  readonly #test: IdentifierTest = ({ kind, value }, entityKind) =>
    entityKind === this.#kind && this.#identifiers.has(keyOf({ kind, value: this.#normalize(kind, value) ?? value.trim() }))
}

function keyOf({ kind, value }: Claim): string {
  return `${kind}\0${value}`
}

function hasAnyWord(value: Json, words: readonly string[]): boolean {
  return someText(value, (text) => {
    const folded = foldText(text)
    return words.some((word) => hasWord(folded, word))
  })
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
