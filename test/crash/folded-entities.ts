/** What a reader knows of entities who hears of changes only. Throws where a change does not go on from what it has heard. */
import type { Json } from '../../src/base/json.ts'
import { isSameValue } from '../../src/model/profile/trait-value.ts'

type Known = { segments: Set<string>; facts: Map<string, Json> }

export class FoldedEntities {
  readonly #known = new Map<string, Known>()

  move(kind: string, id: string, { entered, left }: { entered: readonly string[]; left: readonly string[] }): void {
    const { segments } = this.#of(kind, id)
    for (const segment of left) {
      if (!segments.delete(segment)) throw new Error(`${kind} ${id} leaves "${segment}" without being in it.`)
    }
    for (const segment of entered) {
      if (segments.has(segment)) throw new Error(`${kind} ${id} enters "${segment}" and is in it already.`)
      segments.add(segment)
    }
  }

  change(kind: string, id: string, changes: Readonly<Record<string, readonly [from: Json, to: Json]>>): void {
    const { facts } = this.#of(kind, id)
    for (const [key, [from, to]] of Object.entries(changes)) {
      const known = facts.get(key) ?? null
      if (!isSameValue(known, from))
        throw new Error(`${key} of ${kind} ${id} was ${JSON.stringify(known)}, not ${JSON.stringify(from)}.`)
      facts.set(key, to)
    }
  }

  end(kind: string, id: string): void {
    this.#known.delete(`${kind}/${id}`)
  }

  segmentsOf(kind: string, id: string): string[] {
    return [...(this.#known.get(`${kind}/${id}`)?.segments ?? [])].toSorted()
  }

  #of(kind: string, id: string): Known {
    const key = `${kind}/${id}`
    const known = this.#known.get(key) ?? { segments: new Set(), facts: new Map() }
    this.#known.set(key, known)
    return known
  }
}
