/** What the tests of materializations have in common: a stream that they fill, and a collection whose documents show every fault. */
import type { Position } from '../../log/log.ts'
import { SchemaSet } from '../../model/schema/schema-set.ts'
import type { DocumentStream, StreamSection } from '../document-stream.ts'
import type { DocumentRules } from './document-rules.ts'

export type Fact = { id: string; n: number; note: string } | { id: string; gone: true }

const URI = 'file:///facts.yaml'

/** Sums and lists: a fact that is lost, applied twice or out of order shows. `gone` deletes. */
const schemas = new SchemaSet({
  [URI]: {
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'string' } },
    if: { required: ['gone'], properties: { gone: { const: true } } },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    then: { reduce: { strategy: 'lastWriteWins', delete: true } },
    else: {
      reduce: { strategy: 'merge' },
      required: ['n', 'notes'],
      properties: {
        n: { type: 'integer', maximum: 1_000_000, reduce: { strategy: 'sum' } },
        notes: { type: 'array', items: { type: 'string' }, reduce: { strategy: 'append' } },
      },
    },
  },
})

export const rules: DocumentRules = { collection: 'examples/facts', schema: schemas.compile(URI), schemaHash: schemas.hash(URI) }

function factText(fact: Fact): string {
  return JSON.stringify('gone' in fact ? fact : { id: fact.id, n: fact.n, notes: [fact.note] })
}

const keyOf = (id: string) => JSON.stringify([id])

/** Facts by position; what is appended later comes later. Each read gives at most `positionsPerRead` positions. */
export class FactStream implements DocumentStream {
  readonly inputs: { position: Position; facts: Fact[] }[] = []
  positionsPerRead = Number.POSITIVE_INFINITY
  schemaHash = rules.schemaHash

  append(...facts: Fact[]): void {
    this.inputs.push({ position: this.inputs.length + 1, facts })
  }

  async read(after: Position, { through = Number.POSITIVE_INFINITY }: { through?: Position }) {
    const inputs = this.inputs.filter(({ position }) => position > after && position <= through).slice(0, this.positionsPerRead)
    const sections = inputs.map(({ facts }): StreamSection => {
      const documents = facts.map(factText)
      const documentBytes = Buffer.from(documents.join('\n'))
      const keyBytes = Buffer.from(facts.map(({ id }) => keyOf(id)).join('\n'))
      return { schemaHash: this.schemaHash, documentBytes, keyBytes, sizeBytes: documentBytes.length }
    })
    return { sections, through: inputs.at(-1)?.position ?? after, scannedBytes: 1 }
  }
}

/** The ten lines that the engine must agree with. */
export function reducePlainly(facts: readonly Fact[]): Map<string, { id: string; n: number; notes: string[] }> {
  const rows = new Map<string, { id: string; n: number; notes: string[] }>()
  for (const fact of facts) {
    if ('gone' in fact) rows.delete(fact.id)
    else {
      const row = rows.get(fact.id) ?? { id: fact.id, n: 0, notes: [] }
      rows.set(fact.id, { id: fact.id, n: row.n + fact.n, notes: [...row.notes, fact.note] })
    }
  }
  return rows
}
