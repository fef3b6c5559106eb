/**
 * The identifiers and entities of one kind during a chunk: what the store holds, overlaid with what was decided since. Reading is
 * for what was opened before: `isOpen` says whether it was, `load` brings what lacks.
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
import { Documents, type OpenDocument } from '../apply/documents.ts'

/** Most events come from those who have sent others lately: some 300,000 identifiers and 50,000 profiles of twenty traits. */
const RECENT_IDENTIFIER_CHARACTERS = 20_000_000
const RECENT_ENTITY_CHARACTERS = 50_000_000

export class Identities {
  readonly kind: EntityKind
  readonly #owners: Documents<EntityId>
  readonly #entities: Documents<EntityState>

  constructor(store: Pick<Store, 'load'>, kind: EntityKind) {
    this.kind = kind
    this.#owners = new Documents(store, {
      space: identifierSpace(kind),
      revive: (text) => text.slice(1, -1),
      recentCharacters: RECENT_IDENTIFIER_CHARACTERS,
    })
    // Not frozen, as parts are changed in place.
    this.#entities = new Documents(store, {
      space: entitySpace(kind),
      revive: readEntityText,
      write: writeEntityText,
      recentCharacters: RECENT_ENTITY_CHARACTERS,
    })
  }

  /** Who owns each, in their order; until the chunk is sealed. */
  openIdentifiers(claims: readonly Claim[]): OpenDocument<EntityId>[] | Promise<OpenDocument<EntityId>[]> {
    return this.#owners.open(claims.map(({ kind, value }) => identifierKey(kind, value)))
  }

  /** Of an identifier that may not be open. */
  setOwner({ kind, value }: Claim, part: EntityId | undefined): void {
    this.#owners.put(identifierKey(kind, value), part)
  }

  /** Whether everything that leads from this part to its entity is there. */
  isOpen(part: EntityId): boolean {
    return this.#firstMissing(part) === undefined
  }

  /** Opens whatever leads from these parts to their entities. */
  async load(parts: readonly EntityId[]): Promise<void> {
    const findMissing = () => parts.flatMap((part) => this.#firstMissing(part) ?? [])
    for (let ids = findMissing(); ids.length > 0; ids = findMissing()) await this.#entities.open(ids)
  }

  /** Those that were not erased. */
  present(parts: readonly EntityId[]): Promise<Set<EntityId>> {
    return this.#entities.present(parts)
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

  /** Finds the entity of a part that may not be open. */
  locate(part: EntityId): Placed | undefined | Promise<Placed | undefined> {
    return this.isOpen(part) ? this.find(part) : this.load([part]).then(() => this.find(part))
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

  get changedCharacters(): number {
    return this.#owners.changedCharacters + this.#entities.changedCharacters
  }

  /** On the way from a part to its entity. */
  #firstMissing(part: EntityId): EntityId | undefined {
    for (let id = part; ;) {
      const document = this.#entities.opened(id)
      if (document === undefined) return id
      if (document.value === undefined || !('mergedInto' in document.value)) return undefined
      id = document.value.mergedInto
    }
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
