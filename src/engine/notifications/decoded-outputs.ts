/**
 * Lines of output batches, decoded. Pages mostly take a part of a batch, and several readers mostly stand at the same place: decoding
 * costs more than all else that a page needs, so the latest batches are remembered. The payload tells whether a batch is still the same.
 */
import { decodeBatch } from '../../model/document-batch.ts'
import type { CHANGES, EVENTS } from '../../model/system-collections.ts'
import type { OutputBatch } from '../../store/store.ts'
import type { OutputPlace } from './notification-cursor.ts'

export type OutputLine = {
  place: Required<OutputPlace>
  collection: typeof EVENTS | typeof CHANGES
  /** JSON. */
  text: string
}

/** Of payloads, compressed: two or three full batches of each collection, some 30 MB when decoded. */
const REMEMBERED_BYTES = 1_000_000
/** What stands where something was erased, padded or not. */
const ERASED = '{"erased":true'

type Decoded = { payload: Uint8Array; lines: OutputLine[] }

export class DecodedOutputs {
  /** The one that was used last stands last. */
  readonly #batches = new Map<string, Decoded>()
  #bytes = 0

  /** In the order of the batch; what was erased is left out. */
  linesOf({ payload, through }: OutputBatch, collection: OutputLine['collection']): readonly OutputLine[] {
    const key = `${collection}/${through}`
    const known = this.#batches.get(key)
    if (known) this.#forget(key, known)
    const isSame = known !== undefined && Buffer.compare(known.payload, payload) === 0
    const decoded = isSame ? known : { payload, lines: [...decode(payload, collection)] }
    this.#batches.set(key, decoded)
    this.#bytes += payload.length
    for (const [key, oldest] of this.#batches) {
      if (this.#bytes <= REMEMBERED_BYTES) break
      this.#forget(key, oldest)
    }
    return decoded.lines
  }

  #forget(key: string, { payload }: Decoded): void {
    this.#batches.delete(key)
    this.#bytes -= payload.length
  }
}

function* decode(payload: Uint8Array, collection: OutputLine['collection']): Generator<OutputLine> {
  for (const section of decodeBatch(payload)) {
    const [texts, keys, sources] = [section.documents(), section.keys(), section.sources()]
    for (const [i, text] of texts.entries()) {
      if (text.startsWith(ERASED)) continue
      const within = { index: sources[2 * i + 1] ?? 0, key: keys[i] ?? '' }
      yield { place: { position: sources[2 * i] ?? 0, within }, collection, text }
    }
  }
}
