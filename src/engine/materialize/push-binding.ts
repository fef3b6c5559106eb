/**
 * One binding of a push materialization. A body is remembered before it is first sent, and sent until it is received:
 *
 *   state     | ready documents                        | 2xx
 *   idle      | combine, cut, remember → prepared      | –
 *   prepared  | –                                      | next cut remembered → prepared, or position remembered → idle
 *
 * After a crash a prepared body is made again from the same range of the stream, which yields the same documents.
 */
import { durabilityPoint } from '../../base/durability-point.ts'
import { invariant } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import type { Position } from '../../log/log.ts'
import type { DocumentStream } from '../document-stream.ts'
import { CombinedDocuments } from './combined-documents.ts'
import { reducePartially, requireValid, type DocumentRules } from './document-rules.ts'
import { idempotencyKey, type CursorStore, type PreparedBody, type PushCursor } from './push-cursor.ts'

export type PushLimits = { documents: number; bytes: number; combinedBytes: number; readBytes: number }

export type PushBindingOptions = {
  rules: DocumentRules
  stream: DocumentStream
  store: CursorStore
  cursorName: string
  cursor: PushCursor
  limits: PushLimits
}

export class PushBinding {
  readonly #options: PushBindingOptions
  #cursor: PushCursor
  /** Of the range of the prepared body; undefined when they are yet to be read again. */
  #documents: string[] | undefined
  #scannedBytes = 0

  constructor(options: PushBindingOptions) {
    this.#options = options
    this.#cursor = options.cursor
  }

  get position(): Position {
    return this.#cursor.position
  }

  /** The body to send next; undefined when there is none at the moment. Until `received` it stays the same. */
  async prepare(): Promise<{ documents: readonly string[]; idempotencyKey: string } | undefined> {
    if (this.#documents === undefined) {
      const prepared = this.#cursor.prepared
      const combined = await this.#combine(prepared?.through)
      if (combined === undefined) return undefined
      this.#documents = combined.documents
      // A changed catalog may have left fewer documents than there were when the body was prepared.
      const isWhole = prepared !== undefined && prepared.to <= combined.documents.length
      if (!isWhole) await this.#remember({ ...this.#cursor, prepared: this.#cut(combined.through, 0) })
    }
    const body = this.#cursor.prepared
    invariant(body !== undefined, 'there are documents only while a body is prepared')
    return { documents: this.#documents.slice(body.from, body.to), idempotencyKey: idempotencyKey(this.#cursor, body) }
  }

  /** The prepared body has arrived. */
  async received(): Promise<void> {
    durabilityPoint('body-received')
    const { stream, position, prepared } = this.#cursor
    invariant(prepared !== undefined && this.#documents !== undefined, 'only a prepared body is received')
    if (prepared.to < this.#documents.length) {
      await this.#remember({ stream, position, prepared: this.#cut(prepared.through, prepared.to) })
    } else {
      await this.#remember({ stream, position: prepared.through })
      this.#documents = undefined
    }
  }

  /**
   * All that is ready, until the limits; or, given `through`, exactly what a prepared body was cut from. Undefined when there
   * are no documents, or the stream has not come to `through` (again).
   */
  async #combine(through: Position | undefined): Promise<{ documents: string[]; through: Position } | undefined> {
    const { stream, rules, limits } = this.#options
    const pending = new CombinedDocuments(rules)
    let position = this.#cursor.position
    while (through === undefined ? !this.#isFull(pending) : position < through) {
      const chunk = await stream.read(position, { maxBytes: limits.readBytes, ...(through === undefined ? {} : { through }) })
      if (chunk.through === position) {
        if (through !== undefined) return undefined
        break
      }
      for (const section of chunk.sections) pending.add(section)
      this.#scannedBytes += chunk.scannedBytes
      position = chunk.through
    }
    if (pending.keyCount > 0) return { documents: this.#combinedTexts(pending), through: position }
    await this.#skip(position)
    return undefined
  }

  /** A stretch without documents is passed in memory, and remembered when reading it again would cost something. */
  async #skip(position: Position): Promise<void> {
    const { stream } = this.#cursor
    if (this.#scannedBytes < this.#options.limits.combinedBytes) this.#cursor = { stream, position }
    else await this.#remember({ stream, position })
  }

  #combinedTexts(pending: CombinedDocuments): string[] {
    const { rules } = this.#options
    return pending.keys().map((key, number) => {
      const texts = pending.texts(number)
      const [first] = texts
      if (texts.length === 1 && first !== undefined) return first
      const combined = reducePartially(
        rules,
        key,
        texts.map((text) => JSON.parse(text) as Json),
      )
      requireValid(rules, key, combined, 'The combined document')
      return JSON.stringify(combined)
    })
  }

  #isFull(pending: CombinedDocuments): boolean {
    const { documents, combinedBytes } = this.#options.limits
    return pending.keyCount >= documents || pending.sizeBytes >= combinedBytes
  }

  /** At least one document, then as many as the limits of a body allow. */
  #cut(through: Position, from: number): PreparedBody {
    const { documents: documentsMax, bytes: bytesMax } = this.#options.limits
    const documents = this.#documents ?? []
    let bytes = Buffer.byteLength(documents[from] ?? '')
    let to = from + 1
    while (to < documents.length && to - from < documentsMax) {
      bytes += Buffer.byteLength(documents[to] ?? '') + 1
      if (bytes > bytesMax) break
      to++
    }
    return { through, from, to }
  }

  async #remember(cursor: PushCursor): Promise<void> {
    await this.#options.store.saveCursor(this.#options.cursorName, JSON.stringify(cursor))
    if (cursor.prepared) durabilityPoint('body-prepared')
    this.#cursor = cursor
    this.#scannedBytes = 0
  }
}
