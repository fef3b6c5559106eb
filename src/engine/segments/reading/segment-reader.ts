/** Segments and who is in them, read from the store by whoever asks. */
import { MillraceError } from '../../../base/errors.ts'
import { suggest } from '../../../base/suggest.ts'
import type { Instant } from '../../../model/event/event.ts'
import type { EntityId, EntityKind } from '../../../model/profile/entity.ts'
import { Membership } from '../../../model/segment/membership.ts'
import { membershipSpace, SEGMENT_SPACE, type SegmentState } from '../../../model/segment/segment.ts'
import type { ProfileReader } from '../../profiles/reading/profile-reader.ts'
import { isInternal } from '../segment-references.ts'
import { reportSegment, type SegmentReport } from './segment-report.ts'
import { loadSegmentStates, type SegmentStore } from './segment-store.ts'
import { type ShortProfile, shortProfile } from './short-profile.ts'

export type MembershipReport = Pick<SegmentReport, 'id' | 'name' | 'type' | 'state'> & { since: Instant }

export class SegmentReader {
  readonly store: SegmentStore
  readonly profiles: ProfileReader

  constructor(store: SegmentStore, profiles: ProfileReader) {
    this.store = store
    this.profiles = profiles
  }

  /** In the order of the ids, without internal ones. */
  async states(): Promise<SegmentState[]> {
    return (await loadSegmentStates(this.store)).filter(({ definition }) => !isInternal(definition.id))
  }

  async list(): Promise<SegmentReport[]> {
    return (await this.states()).map(reportSegment)
  }

  async find(id: string): Promise<SegmentState | undefined> {
    const [text] = isInternal(id) ? [] : await this.store.load(SEGMENT_SPACE, [id])
    // Only the engine writes this space.
    return text === undefined ? undefined : (JSON.parse(text) as SegmentState)
  }

  /** Rejects with `segment_unknown`. */
  async require(id: string): Promise<SegmentState> {
    const found = await this.find(id)
    if (found) return found
    const near = suggest(
      id,
      (await this.states()).map(({ definition }) => definition.id),
    )
    throw new MillraceError('segment_unknown', `There is no segment "${id}".`, {
      hint: near === undefined ? '`millrace segment list` shows those that there are.' : `Did you mean "${near}"?`,
    })
  }

  /** Rejects with `segment_unknown`. */
  async read(id: string): Promise<SegmentReport> {
    return reportSegment(await this.require(id))
  }

  /** Those that a user or account is in, in the order of the ids. Rejects with `entity_unknown`. */
  async ofEntity(kind: EntityKind, ref: string): Promise<{ entity: ShortProfile; segments: MembershipReport[] }> {
    const placed = await this.profiles.lookup.require(kind, ref)
    const membership = (await this.loadMemberships(kind, [placed.id]))[0] ?? Membership.none
    const ids = membership.segments().filter((id) => !isInternal(id))
    const texts = await this.store.load(SEGMENT_SPACE, ids.toSorted())
    const segments = texts.flatMap((text): MembershipReport[] => {
      if (text === undefined) return []
      const { id, name, type, state } = reportSegment(JSON.parse(text) as SegmentState)
      return [{ id, name, type, state, since: new Date(membership.since(id) ?? 0).toISOString() }]
    })
    return { entity: shortProfile(placed, this.profiles.rules[kind]), segments }
  }

  /** In the order of the ids; undefined for those that are in none. */
  async loadMemberships(kind: EntityKind, ids: readonly EntityId[]): Promise<(Membership | undefined)[]> {
    const texts = await this.store.load(membershipSpace(kind), ids)
    return texts.map((text) => (text === undefined ? undefined : Membership.read(text)))
  }
}
