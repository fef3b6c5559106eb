/**
 * The identifiers and entities of one kind during a chunk: what the store holds, overlaid with what was decided since. Reading is
 * for what was opened before: `missing` says what a step needs and lacks, `load` brings it.
 */
import { invariant } from '../../base/errors.ts'
import type { Claim } from '../../model/event/event.ts'
import {
  type Entity,
  type EntityId,
  type EntityKind,
  entitySpace,
  type EntityState,
  identifierKey,
  identifierSpace,
  type Part,
} from '../../model/profile/entity.ts'
import { readEntityText, writeEntityText } from '../../model/profile/entity-text.ts'
import type { Placed } from '../../model/profile/survivor.ts'
import type { DocumentChange, Store } from '../../store/store.ts'
import { Documents } from '../apply/documents.ts'

/** Identifiers that stay in memory: 100 bytes each. Most events come from those who have sent others lately. */
const RECENT_IDENTIFIERS = 200_000

export class Identities {
  readonly kind: EntityKind
  readonly #owners: Documents<EntityId>
  readonly #entities: Documents<EntityState>

  constructor(store: Pick<Store, 'load'>, kind: EntityKind) {
    this.kind = kind
    this.#owners = new Documents(store, {
      space: identifierSpace(kind),
      revive: (text) => text.slice(1, -1),
      recentMax: RECENT_IDENTIFIERS,
    })
    // Not frozen, as parts are changed in place.
    this.#entities = new Documents(store, { space: entitySpace(kind), revive: readEntityText, write: writeEntityText })
  }

  async openIdentifiers(claims: readonly Claim[]): Promise<void> {
    await this.#owners.open(claims.map(({ kind, value }) => identifierKey(kind, value)))
  }

  /** The part that owns an identifier; undefined when nobody does. */
  owner({ kind, value }: Claim): EntityId | undefined {
    const document = this.#owners.opened(identifierKey(kind, value))
    invariant(document, `the identifier ${kind} was opened`)
    return document.value
  }

  setOwner({ kind, value }: Claim, part: EntityId | undefined): void {
    this.#owners.put(identifierKey(kind, value), part)
  }

  /** Of the documents that lead from these parts to their entities, those that are not there yet. */
  missing(parts: readonly EntityId[]): EntityId[] {
    return parts.flatMap((part) => {
      for (let id = part; ;) {
        const document = this.#entities.opened(id)
        if (document === undefined) return [id]
        if (document.value === undefined || !('mergedInto' in document.value)) return []
        id = document.value.mergedInto
      }
    })
  }

  async openEntities(ids: readonly EntityId[]): Promise<void> {
    await this.#entities.open(ids)
  }

  /** Opens whatever leads from these parts to their entities. */
  async load(parts: readonly EntityId[]): Promise<void> {
    for (let ids = this.missing(parts); ids.length > 0; ids = this.missing(parts)) await this.openEntities(ids)
  }

  /** The entity that a part belongs to; undefined when it was erased. */
  find(part: EntityId): Placed | undefined {
    for (let id = part; ;) {
      const document = this.#entities.opened(id)
      invariant(document, `the entity ${id} was opened`)
      const { value } = document
      if (value === undefined) return undefined
      if (!('mergedInto' in value)) return { id, entity: value }
      id = value.mergedInto
    }
  }

  require(part: EntityId): Placed {
    const found = this.find(part)
    invariant(found, `the part ${part} belongs to an entity`)
    return found
  }

  put(id: EntityId, state: EntityState | undefined): void {
    this.#entities.put(id, state)
  }

  /** Whoever changes an entity in place says so. */
  touch({ id, entity }: Placed): void {
    this.#entities.put(id, entity)
  }

  seal(): void {
    this.#owners.seal()
    this.#entities.seal()
  }

  close(): DocumentChange[] {
    return [...this.#owners.close(), ...this.#entities.close()]
  }
}

export function requirePart({ parts }: Entity, id: EntityId): Part {
  const part = parts.find((one) => one.id === id)
  invariant(part, `the entity has the part ${id}`)
  return part
}
