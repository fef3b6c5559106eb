/** The members of a segment, from as many pages as are needed. */
import type { Member, MemberPage } from '../../engine/segments/reading/segment-members.ts'
import type { ServerClient } from '../server-client.ts'

/** Of one page; the server gives no more. */
const PAGE_MEMBERS_MAX = 1_000

/** The first `limit`, in the order of their ids. */
export async function loadMembers(client: ServerClient, id: string, limit: number): Promise<Member[]> {
  const members: Member[] = []
  let cursor: string | null = null
  do {
    const count = Math.min(PAGE_MEMBERS_MAX, limit - members.length)
    const query = { limit: count, ...(cursor !== null && { cursor }) }
    const page: MemberPage = await client.get<MemberPage>(`/segments/${encodeURIComponent(id)}/members`, query)
    members.push(...page.members)
    cursor = page.nextCursor
  } while (cursor !== null && members.length < limit)
  return members
}
