import type { TimelineEvent } from '../../model/event/timeline-event.ts'
import type { EntityId } from '../../model/profile/entity.ts'
import type { Placed } from '../../model/profile/survivor.ts'
import type { ProfileLookup } from '../profiles/reading/profile-lookup.ts'
import type { EntityDiff } from './entity-diff.ts'
import type { Ordered, StretchContent } from './stretch-content.ts'

/** What a stretch says about one user. */
export type UserGroup = {
  placed: Placed
  events: Ordered<TimelineEvent>[]
  diff?: EntityDiff
  /** Number of the last line about it. */
  order: number
}

/**
 * By who the users are now: events go with the part that they are of, wherever it is. Changes of a user who is gone since are void, as
 * a later line says that it ended.
 */
export async function groupUsers({ users, events }: StretchContent, lookup: ProfileLookup): Promise<Map<EntityId, UserGroup>> {
  const groups = new Map<EntityId, UserGroup>()
  const groupOf = (placed: Placed, order: number): UserGroup => {
    const group = groups.get(placed.id) ?? { placed, events: [], order }
    group.order = Math.max(group.order, order)
    groups.set(placed.id, group)
    return group
  }
  const followAll = <About>(about: ReadonlyMap<EntityId, About>) =>
    Promise.all(Array.from(about, async ([id, content]) => ({ id, content, placed: await lookup.follow('user', id) })))
  const [diffs, parts] = await Promise.all([followAll(users), followAll(events)])
  for (const { id, placed, content } of diffs) {
    if (placed?.id === id && !content.content.ending) groupOf(placed, content.order).diff = content.content
  }
  for (const { placed, content } of parts) {
    if (placed) groupOf(placed, content.at(-1)?.order ?? 0).events.push(...content)
  }
  return groups
}
