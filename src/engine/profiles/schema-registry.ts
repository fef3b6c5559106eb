/**
 * The schema of traits and events, kept by itself: `profiles` tells it what comes, in the order of the log, and asks it for the
 * frozen types. It is in memory as a whole; what a transaction touched goes to the store with it. Nothing in it depends on where
 * transactions are cut, so that a replay of the log writes the same documents, byte by byte.
 */
import type { EntityKind, Millis } from '../../model/profile/entity.ts'
import type { DocumentChange, Store } from '../../store/store.ts'
import { SchemaEvents, type SeenEvent } from './schema-events.ts'
import { SchemaTraits } from './schema-traits.ts'

export { loadSchema, loadTraitTypes } from './schema-report.ts'

export class SchemaRegistry {
  /** For `applyTraits`. */
  readonly traits: Readonly<Record<EntityKind, SchemaTraits>> = {
    user: new SchemaTraits('user'),
    account: new SchemaTraits('account'),
  }
  readonly #events = new SchemaEvents()

  private constructor() {}

  /** As it was last committed. After a failed commit it must be opened again. */
  static async open(store: Pick<Store, 'load'>): Promise<SchemaRegistry> {
    const registry = new SchemaRegistry()
    await registry.traits.user.open(store)
    await registry.traits.account.open(store)
    await registry.#events.open(store)
    return registry
  }

  /** Once for every tracked event, repeats excepted. */
  noteEvent(event: SeenEvent, receivedAt: Millis): void {
    this.#events.note(event, receivedAt)
  }

  /** Closes the transaction and returns its changes; what comes later belongs to the next one. */
  changes(): DocumentChange[] {
    return [...this.traits.user.changes(), ...this.traits.account.changes(), ...this.#events.changes()]
  }
}
