/** Finds users and accounts in the store, as far as it is committed. */
import { readEntityText } from '../../../model/profile/entity-text.ts'
import { invariant, MillraceError } from '../../../base/errors.ts'
import type { Claim } from '../../../model/event/event.ts'
import { type EntityId, type EntityKind, entitySpace, identifierKey, identifierSpace } from '../../../model/profile/entity.ts'
import type { Identity } from '../../../model/profile/event-claims.ts'
import type { Placed } from '../../../model/profile/survivor.ts'
import type { StoreReader } from '../../../store/store.ts'
import { parseReference } from './profile-reference.ts'

export class ProfileLookup {
  readonly #store: Pick<StoreReader, 'load'>
  readonly #identity: Identity

  constructor(store: Pick<StoreReader, 'load'>, identity: Identity) {
    this.#store = store
    this.#identity = identity
  }

  /** Throws `entity_unknown` when the text (profile-reference.ts) leads to nobody. */
  async require(kind: EntityKind, text: string): Promise<Placed> {
    const found = await this.find(kind, text)
    if (found) return found
    throw new MillraceError('entity_unknown', `There is no ${kind} "${text}".`, {
      hint: `Name one by an identifier (${this.#examples(kind)}) or by its id. What was just sent may take a moment to arrive.`,
    })
  }

  async find(kind: EntityKind, text: string): Promise<Placed | undefined> {
    return (await this.findPart(kind, text))?.placed
  }

  /** With the part that the text leads to: the owner of the identifier, or the one with this id. */
  async findPart(kind: EntityKind, text: string): Promise<{ part: EntityId; placed: Placed } | undefined> {
    const { claims, id } = parseReference(text, kind, this.#identity)
    const owners = await this.#owners(kind, claims)
    for (const part of [...owners, id]) {
      const placed = part === undefined ? undefined : await this.follow(kind, part)
      if (part !== undefined && placed) return { part, placed }
    }
    return undefined
  }

  /** The entity of whoever owns the identifier, whose value is in the form in which it is kept. */
  async findOwner(kind: EntityKind, claim: Claim): Promise<Placed | undefined> {
    const [owner] = await this.#owners(kind, [claim])
    return owner === undefined ? undefined : await this.follow(kind, owner)
  }

  /** The entity that a part belongs to; undefined when there is none, or it was erased. */
  async follow(kind: EntityKind, part: EntityId): Promise<Placed | undefined> {
    const seen = new Set<EntityId>()
    for (let id = part; ;) {
      invariant(!seen.has(id), `merges of ${kind}s lead to an entity, not around ${id}`)
      seen.add(id)
      const [text] = await this.#store.load(entitySpace(kind), [id])
      if (text === undefined) return undefined
      // Only the profiles' runner writes this space.
      const state = readEntityText(text)
      if (!('mergedInto' in state)) return { id, entity: state }
      id = state.mergedInto
    }
  }

  async #owners(kind: EntityKind, claims: readonly Claim[]): Promise<(EntityId | undefined)[]> {
    const keys = claims.map(({ kind, value }) => identifierKey(kind, value))
    const texts = await this.#store.load(identifierSpace(kind), keys)
    return texts.map((text) => (text === undefined ? undefined : (JSON.parse(text) as EntityId)))
  }

  #examples(kind: EntityKind): string {
    return this.#identity.rules[kind].map(({ kind }) => `${kind}:…`).join(', ')
  }
}
