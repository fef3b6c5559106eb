/** What the tests of traits have in common: parts, writes in any order, and the registry in its plainest form. */
import type { Part, Write } from './entity.ts'
import type { TraitType } from './trait.ts'
import type { TraitRegistry } from './trait-writing.ts'

/** At a second of occurrence; by default received in the same order. */
export function writeAt(second: number, position = second): Write {
  return {
    source: 'site',
    event: `event-${position}`,
    occurredAt: second * 1_000,
    receivedAt: position * 1_000,
    position,
    index: 0,
  }
}

export function emptyPart(id = '0'.repeat(24)): Part {
  return { id, created: writeAt(0), identifiers: [], traits: {}, writes: {} }
}

/** Freezes the first type of each name, up to `namesMax` names, and writes down what it is told. */
export class PlainRegistry implements TraitRegistry {
  readonly types = new Map<string, TraitType>()
  readonly noted: string[] = []
  readonly #namesMax: number

  constructor(namesMax = Number.POSITIVE_INFINITY) {
    this.#namesMax = namesMax
  }

  typeOf(name: string): TraitType | undefined {
    return this.types.get(name)
  }

  noteValue(name: string, type: TraitType | undefined): boolean {
    if (type !== undefined && !this.types.has(name)) {
      if (this.types.size >= this.#namesMax) return false
      this.types.set(name, type)
    }
    this.noted.push(`${name}: ${type ?? 'deleted'}`)
    return true
  }

  noteRefusal(name: string, code: string): void {
    this.noted.push(`${name}: ${code}`)
  }

  noteHidden(name: string): void {
    this.noted.push(`${name}: hidden`)
  }
}
