/** What follows when an entity has entered or left segments, or when an account is another than before: for timelines, accounts, users. */
import type { EntityId } from '../../model/profile/entity.ts'
import { DOMAIN } from '../../model/profile/identity-rules.ts'
import { domainKey, usersUnder } from './account-links.ts'
import { type Evaluated, findAccount } from './evaluation.ts'
import { changePart } from './segment-documents.ts'
import type { LiveSegment } from './segment-index.ts'
import type { SegmentWork } from './segment-work.ts'
import { isVisible, segmentsChangedEvent } from './segments-changed.ts'
import { accountOf } from './tallying.ts'

/** Of an account's users so many are looked at with the input that changed it; the others follow before the next ones. */
const USERS_AT_ONCE = 1_000

export async function followSegments(work: SegmentWork, evaluated: Evaluated): Promise<void> {
  const { kind, placed, entered, left } = evaluated
  if (entered.length + left.length === 0) return
  const event = segmentsChangedEvent(work, evaluated)
  if (event) {
    work.changes.add(kind, placed.id, { entered: idsOf(entered), left: idsOf(left) })
    work.publish(event)
  }
  if (kind === 'account') return await followAccount(work, placed.id, [...entered, ...left])
  for (const segment of entered) await countUser(work, placed.id, { segment, difference: 1 })
  for (const segment of left) await countUser(work, placed.id, { segment, difference: -1 })
}

/** Evaluates these segments for all users of an account, by any of its parts. */
export async function fanOut(work: SegmentWork, account: EntityId, segments: Iterable<LiveSegment>): Promise<void> {
  const placed = await findAccount(work, account)
  if (placed === undefined) return
  const keys = placed.entity.parts.flatMap(({ id, identifiers }) => [
    id,
    ...identifiers.flatMap(({ kind, value }) => (kind === DOMAIN ? [domainKey(value)] : [])),
  ])
  const dependent = [...segments]
  let count = 0
  for await (const users of usersUnder(work, keys)) {
    for (const user of users) {
      if (count++ < USERS_AT_ONCE) work.touched.add('user', user, dependent)
      else work.documents.wakeAt(work.place.at, { kind: 'user', part: user, document: await work.documents.part('user', user) })
    }
  }
}

function idsOf(segments: readonly LiveSegment[]): string[] {
  return segments.filter(isVisible).map(({ id }) => id)
}

async function followAccount(work: SegmentWork, account: EntityId, changed: readonly LiveSegment[]): Promise<void> {
  const { index } = work.documents.registry
  const dependent = changed.flatMap(({ id }) => index.byAccountSegment.get(id) ?? [])
  if (dependent.length > 0) await fanOut(work, account, dependent)
}

type Counting = { segment: LiveSegment; difference: 1 | -1 }

/** An account counts its users in segments that its own segments ask about. */
async function countUser(work: SegmentWork, user: EntityId, { segment, difference }: Counting): Promise<void> {
  const asking = work.documents.registry.index.byUsers.get(segment.id)
  if (asking === undefined) return
  const account = await accountOf(work, user)
  if (account === undefined) return
  const document = await work.documents.part('account', account)
  const users = { ...document.value?.users }
  const count = (users[segment.id] ?? 0) + difference
  if (count > 0) users[segment.id] = count
  else delete users[segment.id]
  changePart(document, { users })
  work.touched.add('account', account, asking)
}
