/** The write keys as a running server knows them: it notices when the file changes, so rotation needs no restart. */
import { statSync } from 'node:fs'
import type { Clock } from '../../base/clock.ts'
import { hashOfKey, type WriteKey } from '../../engine/tracking/write-keys.ts'
import { readWriteKeys } from './write-key-file.ts'

/** A revoked key works for at most this long. */
const LOOK_INTERVAL_MS = 1_000

export class WriteKeyBook {
  readonly #path: string
  readonly #clock: Clock
  readonly #reportProblem: (error: unknown) => void
  #keys: ReadonlyMap<string, WriteKey>
  #signature: string
  #lookedAt: number

  /** Throws `write_keys_invalid`; later the last file that could be read holds, and each one that could not is reported once. */
  constructor(path: string, clock: Clock, reportProblem: (error: unknown) => void) {
    this.#path = path
    this.#clock = clock
    this.#reportProblem = reportProblem
    this.#signature = signatureOf(path)
    this.#keys = byHash(readWriteKeys(path))
    this.#lookedAt = clock.now()
  }

  /** The key of this text, valid or not. The file is looked at once a second, and for each text that nobody knows. */
  find(text: string): WriteKey | undefined {
    const hash = hashOfKey(text)
    if (this.#clock.now() - this.#lookedAt >= LOOK_INTERVAL_MS) this.#refresh()
    const known = this.#keys.get(hash)
    if (known !== undefined) return known
    this.#refresh()
    return this.#keys.get(hash)
  }

  #refresh(): void {
    this.#lookedAt = this.#clock.now()
    const signature = signatureOf(this.#path)
    if (signature === this.#signature) return
    this.#signature = signature
    try {
      this.#keys = byHash(readWriteKeys(this.#path))
    } catch (error) {
      this.#reportProblem(error)
    }
  }
}

function byHash(keys: readonly WriteKey[]): ReadonlyMap<string, WriteKey> {
  return new Map(keys.map((key) => [key.hash, key]))
}

/** Different for each file that `changeWriteKeys` has put there. */
function signatureOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true })
  return stat === undefined ? '' : `${stat.ino} ${stat.mtimeNs} ${stat.size}`
}
