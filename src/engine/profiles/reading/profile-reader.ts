/** What is known of users and accounts, read from the store by whoever asks: the console, the CLI, other programs. */
import type { Catalog } from '../../../model/catalog.ts'
import type { EntityKind } from '../../../model/profile/entity.ts'
import { compileIdentity, type Identity } from '../../../model/profile/event-claims.ts'
import type { Placed } from '../../../model/profile/survivor.ts'
import { TraitRules } from '../../../model/profile/trait-rules.ts'
import type { StoreReader } from '../../../store/store.ts'
import { loadTraitTypes } from '../schema-registry.ts'
import { findLinkedAccount } from './linked-account.ts'
import { ProfileLookup } from './profile-lookup.ts'
import { type ProfileReport, reportLink, reportProfile, type TypeOfTrait } from './profile-report.ts'

export class ProfileReader {
  readonly lookup: ProfileLookup
  readonly identity: Identity
  readonly rules: Readonly<Record<EntityKind, TraitRules>>
  readonly #store: Pick<StoreReader, 'load'>

  constructor(store: Pick<StoreReader, 'load'>, { identity, traits }: Pick<Catalog, 'identity' | 'traits'>) {
    this.#store = store
    this.identity = compileIdentity(identity)
    this.lookup = new ProfileLookup(store, this.identity)
    this.rules = { user: new TraitRules(traits.user), account: new TraitRules(traits.account) }
  }

  /** Rejects with `entity_unknown` when the text (profile-reference.ts) leads to nobody. */
  async read(kind: EntityKind, text: string): Promise<ProfileReport> {
    return await this.report(kind, await this.lookup.require(kind, text))
  }

  async report(kind: EntityKind, placed: Placed): Promise<ProfileReport> {
    const report = reportProfile(placed, { kind, rules: this.rules[kind], typeOf: await this.typesOf(kind, placed) })
    if (kind === 'account') return report
    const link = await findLinkedAccount(placed.entity, this.lookup, this.identity)
    return { ...report, account: link ? reportLink(link, this.rules.account) : null }
  }

  /** The types of the entity's traits, which the first values anywhere froze. */
  async typesOf(kind: EntityKind, { entity }: Placed): Promise<TypeOfTrait> {
    const names = new Set(entity.parts.flatMap(({ traits }) => Object.keys(traits)))
    const types = await loadTraitTypes(this.#store, kind, [...names])
    return (name) => types.get(name)
  }
}
