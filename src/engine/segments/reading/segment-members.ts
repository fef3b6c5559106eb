/** The members of a segment, page by page: who they are from the columns, since when from the store. */
import { z } from 'zod'
import type { Instant } from '../../../model/event/event.ts'
import { readCursor, writeCursor } from '../../profiles/reading/page-cursor.ts'
import type { SegmentQueries } from './segment-queries.ts'
import type { SegmentReader } from './segment-reader.ts'
import { loadShortProfiles, type ShortProfile } from './short-profile.ts'

export type Member = ShortProfile & { since: Instant }

export type MemberPage = {
  members: Member[]
  /** Give it back for the next page; null on the last. A page may hold fewer than asked for and yet not be the last. */
  nextCursor: string | null
}

/**
 * In the order of the ids. Whoever left a moment ago is not shown; whoever entered a moment ago may be missing. Rejects with
 * `segment_unknown`, `request_invalid` for a foreign cursor, and as `queries` do.
 */
export async function listMembers(
  { reader, queries }: { reader: SegmentReader; queries: Pick<SegmentQueries, 'members'> },
  id: string,
  { limit, cursor }: { limit: number; cursor?: string },
): Promise<MemberPage> {
  const { definition } = await reader.require(id)
  const after = cursor === undefined ? undefined : readCursor(cursor, z.string())
  const ids = await queries.members(definition, { limit, ...(after !== undefined && { after }) })
  const last = ids.length < limit ? undefined : ids.at(-1)
  const { store, profiles } = reader
  const { kind } = definition
  const memberships = await reader.loadMemberships(kind, ids)
  const since = new Map(ids.map((entity, i) => [entity, memberships[i]?.since(id)]))
  const shown = await loadShortProfiles({ store, rules: profiles.rules[kind] }, kind, ids)
  const members = shown.flatMap((profile): Member[] => {
    const at = since.get(profile.id)
    return at === undefined ? [] : [{ ...profile, since: new Date(at).toISOString() }]
  })
  return { members, nextCursor: last === undefined ? null : writeCursor(last) }
}
