/**
 * The documents of one transaction by key, in order of arrival per key. They stay the texts that they came as, slices of what was
 * read: a key is parsed when its turn comes, so a transaction of half a million documents needs little more than its bytes.
 */
import type { Json } from '../../base/json.ts'
import { invariant } from '../../base/errors.ts'
import type { PackedKey } from '../../model/key.ts'
import type { StreamSection } from '../document-stream.ts'
import { requireValid, type DocumentRules } from './document-rules.ts'

export class CombinedDocuments {
  readonly #rules: DocumentRules
  readonly #texts = new Map<PackedKey, string | string[]>()
  #sizeBytes = 0
  #documentCount = 0

  constructor(rules: DocumentRules) {
    this.#rules = rules
  }

  /** Throws `document_invalid` for a document that was valid by an earlier schema and is not by today's. */
  add({ schemaHash, documents, keys, sizeBytes }: StreamSection): void {
    const mustValidate = schemaHash !== this.#rules.schemaHash
    for (let i = 0; i < documents.length; i++) {
      const text = documents[i] as string
      const key = keys[i] as PackedKey
      if (mustValidate) requireValid(this.#rules, key, JSON.parse(text) as Json)
      const earlier = this.#texts.get(key)
      if (earlier === undefined) this.#texts.set(key, text)
      else if (typeof earlier === 'string') this.#texts.set(key, [earlier, text])
      else earlier.push(text)
    }
    this.#sizeBytes += sizeBytes
    this.#documentCount += documents.length
  }

  get keyCount(): number {
    return this.#texts.size
  }

  get documentCount(): number {
    return this.#documentCount
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** In order of the first arrival. */
  keys(): PackedKey[] {
    return [...this.#texts.keys()]
  }

  /** The documents of a key as they came, at least one. */
  texts(key: PackedKey): readonly string[] {
    const texts = this.#texts.get(key)
    invariant(texts !== undefined, `key ${key} has documents`)
    return typeof texts === 'string' ? [texts] : texts
  }

  clear(): void {
    this.#texts.clear()
    this.#sizeBytes = 0
    this.#documentCount = 0
  }
}
