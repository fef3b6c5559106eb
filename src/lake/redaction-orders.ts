/**
 * Orders for the thread that writes the lake, as files: whoever wants lines to go leaves an order in a folder, the writer looks there
 * before each pass and notes in the manifest how far it is, and the one who ordered takes the order away again.
 */
import { existsSync } from 'node:fs'
import { RecordFolder } from './json-file.ts'
import { Manifest } from './manifest.ts'

type OrderFiles = { folder: string; manifestPath: string; onOrdered: () => void }

export class RedactionOrders<Order extends { id: string }> {
  readonly #folder: RecordFolder<Order>
  readonly #files: OrderFiles

  constructor(files: OrderFiles) {
    this.#folder = new RecordFolder(files.folder)
    this.#files = files
  }

  /** Durable when it resolves; calls `onOrdered`. A repeat changes nothing. */
  async order(order: Order): Promise<void> {
    if ((await this.#folder.find(order.id)) === undefined) await this.#folder.save(order)
    this.#files.onOrdered()
  }

  /** What was done, once it is complete; undefined before. */
  async outcome(id: string): Promise<{ fragments: number; events: number } | undefined> {
    if (!existsSync(this.#files.manifestPath)) return undefined
    const manifest = Manifest.openForReading(this.#files.manifestPath)
    try {
      const found = manifest.redaction(id)
      return found?.isComplete === true ? { fragments: found.fragments, events: found.lines } : undefined
    } finally {
      manifest.close()
    }
  }

  async withdraw(id: string): Promise<void> {
    await this.#folder.remove(id)
  }
}
