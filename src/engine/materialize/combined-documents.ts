/**
 * The documents of one transaction by key, in order of arrival per key. They stay the bytes that they came as: a document becomes
 * text, and is parsed, when the turn of its key comes. So a transaction needs little more memory than its bytes, and the garbage
 * collector has nothing to do with it.
 */
import { ByteKeys } from '../../base/byte-keys.ts'
import { GrownArray } from '../../base/grown-array.ts'
import type { Json } from '../../base/json.ts'
import type { PackedKey } from '../../model/key.ts'
import type { StreamSection } from '../document-stream.ts'
import { requireValid, type DocumentRules } from './document-rules.ts'

const LINE_FEED = 0x0a
const FIRST_CAPACITY = 1024
/** End of a list of documents; numbers of documents are counted from 1 in these lists. */
const NONE = 0

export class CombinedDocuments {
  readonly #rules: DocumentRules
  readonly #keys = new ByteKeys()
  readonly #blocks: Buffer[] = []
  /** Per document: block, begin and end of its bytes, and the next document of its key. */
  readonly #blockOf = new GrownArray(FIRST_CAPACITY)
  readonly #begins = new GrownArray(FIRST_CAPACITY)
  readonly #ends = new GrownArray(FIRST_CAPACITY)
  readonly #nexts = new GrownArray(FIRST_CAPACITY)
  /** Per key: its first and its last document. */
  readonly #firsts = new GrownArray(FIRST_CAPACITY)
  readonly #lasts = new GrownArray(FIRST_CAPACITY)
  #sizeBytes = 0

  constructor(rules: DocumentRules) {
    this.#rules = rules
  }

  /** Throws `document_invalid` for a document that was valid by an earlier schema and is not by today's. */
  add({ schemaHash, documentBytes, keyBytes, isWanted, sizeBytes }: StreamSection): void {
    const mustValidate = schemaHash !== this.#rules.schemaHash
    this.#blocks.push(documentBytes)
    this.#keys.addBlock(keyBytes)
    let [begin, keyBegin] = [0, 0]
    for (let i = 0; begin < documentBytes.length; i++) {
      const end = lineEnd(documentBytes, begin)
      const keyEnd = lineEnd(keyBytes, keyBegin)
      if (isWanted === undefined || isWanted[i] === 1) {
        this.#addDocument(this.#keys.add(keyBegin, keyEnd), begin, end)
        if (mustValidate) this.#requireValid(keyBytes.toString('utf8', keyBegin, keyEnd))
      }
      begin = end + 1
      keyBegin = keyEnd + 1
    }
    this.#sizeBytes += sizeBytes
  }

  get keyCount(): number {
    return this.#keys.size
  }

  get documentCount(): number {
    return this.#begins.length
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** In order of the first arrival; the index is the key's number. */
  keys(): PackedKey[] {
    return Array.from({ length: this.#keys.size }, (_, number) => this.#keys.text(number))
  }

  /** The documents of a key as they came, at least one. */
  texts(keyNumber: number): string[] {
    const texts: string[] = []
    for (let document = this.#firsts.get(keyNumber); document !== NONE; document = this.#nexts.get(document - 1)) {
      texts.push(this.#text(document - 1))
    }
    return texts
  }

  clear(): void {
    this.#keys.clear()
    this.#blocks.length = 0
    for (const column of [this.#blockOf, this.#begins, this.#ends, this.#nexts, this.#firsts, this.#lasts]) column.clear()
    this.#sizeBytes = 0
  }

  #addDocument(keyNumber: number, begin: number, end: number): void {
    this.#blockOf.push(this.#blocks.length - 1)
    this.#begins.push(begin)
    this.#ends.push(end)
    this.#nexts.push(NONE)
    const document = this.#begins.length
    if (keyNumber === this.#firsts.length) {
      this.#firsts.push(document)
      this.#lasts.push(document)
      return
    }
    this.#nexts.set(this.#lasts.get(keyNumber) - 1, document)
    this.#lasts.set(keyNumber, document)
  }

  #text(index: number): string {
    const block = this.#blocks[this.#blockOf.get(index)] as Buffer
    return block.toString('utf8', this.#begins.get(index), this.#ends.get(index))
  }

  /** Of the document that was added last. */
  #requireValid(key: PackedKey): void {
    requireValid(this.#rules, key, JSON.parse(this.#text(this.#begins.length - 1)) as Json)
  }
}

function lineEnd(bytes: Buffer, begin: number): number {
  const end = bytes.indexOf(LINE_FEED, begin)
  return end === -1 ? bytes.length : end
}
