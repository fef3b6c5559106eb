/** The rows of one transaction and table: the stored documents, loaded in order of the keys, and the new ones reduced onto them. */
import { compilePointer, type PointerReader } from '../../base/json-pointer.ts'
import type { Json } from '../../base/json.ts'
import { MillraceError } from '../../base/errors.ts'
import { LOAD_KEYS_MAX, type Row, type TableEndpoint, type TableSpec } from '../../endpoint/endpoint.ts'
import { unpackKey, type PackedKey } from '../../model/key.ts'
import type { CombinedDocuments } from './combined-documents.ts'
import { reduceFully, requireValid, type DocumentRules } from './document-rules.ts'

export type TableRowsOptions = { endpoint: TableEndpoint; tableIndex: number; spec: TableSpec; rules: DocumentRules }

/** Loaded documents that are held at once, roughly; large documents are loaded a few at a time. */
const LOADED_BYTES_MAX = 16_000_000
/** For the first load, when the size of the documents is not known yet. */
const FIRST_LOAD_KEYS = 500

export class TableRows {
  readonly #options: TableRowsOptions
  readonly #readers: PointerReader[]
  #keysPerLoad = FIRST_LOAD_KEYS

  constructor(options: TableRowsOptions) {
    this.#options = options
    this.#readers = options.spec.fields.filter(({ role }) => role === 'value').map(({ location }) => compilePointer(location))
  }

  /** Loads, reduces and stores in steps; false when `signal` aborted in between. The caller commits. */
  async write(pending: CombinedDocuments, signal: AbortSignal): Promise<boolean> {
    const keys = pending.keys()
    // Neighbours in the order of packed keys are, but for the lengths of numbers, neighbours in the table as well.
    const order = keys.map((_, number) => number).toSorted((a, b) => ((keys[a] as PackedKey) < (keys[b] as PackedKey) ? -1 : 1))
    for (let start = 0; start < order.length;) {
      const step = order.slice(start, start + this.#keysPerLoad)
      await this.#writeStep(pending, keys, step)
      start += step.length
      await breathe()
      if (signal.aborted) return false
    }
    return true
  }

  async #writeStep(pending: CombinedDocuments, packedKeys: readonly PackedKey[], numbers: readonly number[]): Promise<void> {
    const { endpoint, tableIndex } = this.#options
    const keys = numbers.map((number) => unpackKey(packedKeys[number] as PackedKey))
    const stored = await endpoint.load(tableIndex, keys)
    this.#keysPerLoad = nextKeysPerLoad(stored)
    const rows: Row[] = []
    for (let i = 0; i < keys.length; i++) {
      const number = numbers[i] as number
      const change = this.#reduce(packedKeys[number] as PackedKey, stored[i], pending.texts(number))
      if (change === undefined) continue
      rows.push({ key: keys[i] ?? [], ...change, exists: stored[i] !== undefined })
    }
    if (rows.length > 0) await endpoint.store(tableIndex, rows)
  }

  /** Undefined when the row stays as it is. */
  #reduce(key: PackedKey, stored: string | undefined, texts: readonly string[]): Pick<Row, 'values' | 'document'> | undefined {
    const { rules } = this.#options
    const documents = texts.map((text) => JSON.parse(text) as Json)
    const base = stored === undefined ? undefined : this.#parseStored(key, stored)
    const reduced = reduceFully(rules, key, base, documents)
    if (reduced === undefined) return stored === undefined ? undefined : { values: [], document: undefined }
    // A lone new document that its reduction leaves alone was validated when it was published, and keeps its text.
    const isUntouched = stored === undefined && documents.length === 1 && reduced === documents[0]
    const document = isUntouched ? texts[0] : JSON.stringify(reduced)
    if (document === stored) return undefined
    if (!isUntouched) requireValid(rules, key, reduced, 'The reduced document')
    return { values: this.#readers.map((read) => read(reduced)), document }
  }

  #parseStored(key: PackedKey, stored: string): Json {
    try {
      return JSON.parse(stored) as Json
    } catch (cause) {
      throw new MillraceError(
        'document_invalid',
        `Table "${this.#options.spec.table}", key ${key}: the stored document is not JSON.`,
        {
          cause,
          hint: 'Something else has changed this row. Drop the table to have it filled again from the first document on.',
        },
      )
    }
  }
}

function nextKeysPerLoad(stored: readonly (string | undefined)[]): number {
  let size = 0
  for (const document of stored) size += document?.length ?? 0
  const averageBytes = Math.max(1, size / Math.max(1, stored.length))
  return Math.max(1, Math.min(LOAD_KEYS_MAX, Math.floor(LOADED_BYTES_MAX / averageBytes)))
}

/** Lets the thread see messages, such as that to stop, in the midst of a large transaction. */
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
