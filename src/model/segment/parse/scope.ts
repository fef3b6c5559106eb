/** What reading a segment's document must know beside the document: what exists, and what it is about. */
import type { EntityKind } from '../../profile/entity.ts'
import type { TraitType } from '../../profile/trait.ts'
import type { TraitRules } from '../../profile/trait-rules.ts'
import type { Owner } from '../predicate.ts'
import type { SegmentDefinition } from '../segment.ts'

export type ParseContext = {
  /** What the catalog says, or else that of the first value that came. Names as profiles have them (`crm/stage`). */
  typeOf: (kind: EntityKind, trait: string) => TraitType | undefined
  knownTraits: (kind: EntityKind) => readonly string[]
  /** Where it is known what becomes of values that come under a name. */
  traitRules?: Readonly<Record<EntityKind, TraitRules>>
  knownEvents: readonly string[]
  /** All that exist, with their kinds; whether the one that is read is among them makes no difference. */
  segments: ReadonlyMap<string, EntityKind>
  /** The workspace's. */
  timeZone: string
  /** Of traits and events only those are known that the catalog names: others are no mistake unless they look like one of them. */
  isPartial?: boolean
}

export type Scope = {
  /** Of the segment that is read. */
  id: string
  /** Of the entities that the predicates at hand are about. */
  kind: EntityKind
  context: ParseContext
  timeZone: SegmentDefinition['timeZone']
  /** Of the group at hand, from 1. */
  depth: number
  /** How many predicates and filters were met so far, over the whole document. */
  met: { predicates: number; isReported: boolean }
}

export function ownerKind(owner: Owner, { kind }: Scope): EntityKind {
  return owner === 'account' ? 'account' : kind
}
