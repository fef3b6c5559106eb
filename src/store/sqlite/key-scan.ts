/** A scan of all keys in a thread of its own, for the filter of a new owner. */
import { extname } from 'node:path'
import { Thread } from '../../base/thread.ts'
import type { KeyFilter } from './key-filter.ts'
import type { ScanInput, ScanQuestion } from './key-scan-thread.ts'
import type { ScannedKeys } from './scan-keys.ts'

export class KeyScan {
  readonly #thread: Thread<ScanQuestion, ScannedKeys>
  /** Resolves when the filter has the keys, or will never have them. Without them it only saves nothing. */
  readonly done: Promise<void>

  constructor(input: ScanInput, filter: KeyFilter) {
    this.#thread = new Thread({
      module: new URL(`./key-scan-thread${extname(import.meta.filename)}`, import.meta.url),
      name: 'key scan',
      input,
      diedError: (reason) => new Error(`The scan of keys ended: ${reason}.`),
    })
    this.done = this.#thread.ask('scan').then(
      async (keys) => {
        filter.addScanned(keys)
        await this.#thread.stop()
      },
      () => undefined,
    )
  }

  async end(): Promise<void> {
    await this.#thread.end()
    await this.done
  }
}
