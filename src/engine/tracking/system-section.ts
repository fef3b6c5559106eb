import type { Section } from '../../model/document-batch.ts'
import { SYSTEM_SCHEMA_HASH } from '../../model/system-collections.ts'

/** Documents of one of Millrace's own collections on their way into a batch: keys have one part, and there are no partitions. */
export class SystemSection implements Section {
  readonly collection: string
  readonly schemaHash = SYSTEM_SCHEMA_HASH
  readonly documents: string[] = []
  readonly keys: string[] = []
  readonly partitions: string[] = []

  constructor(collection: string) {
    this.collection = collection
  }

  /** `text`: JSON without line breaks. */
  add(key: string, text: string): void {
    this.documents.push(text)
    this.keys.push(`[${JSON.stringify(key)}]`)
    this.partitions.push('')
  }
}
