/** What a watcher of live events wants to see. */
import { isObject } from '../../base/json.ts'
import type { TrackedEvent } from '../../model/event/event.ts'
import type { QuarantinedItem } from '../../model/event/quarantine.ts'

/** All that are given must hold. */
export type LiveFilter = { source?: string; userId?: string; type?: string }

/** From the query of a request; other members are not looked at. */
export function readFilter(query: unknown): LiveFilter {
  if (!isObject(query)) return {}
  const named = (['source', 'userId', 'type'] as const).flatMap((name) => {
    const value = query[name]
    return typeof value === 'string' && value !== '' ? [[name, value]] : []
  })
  return Object.fromEntries(named) as LiveFilter
}

export function wantsEvent({ source, userId, type }: LiveFilter, event: TrackedEvent): boolean {
  return (
    (source === undefined || event.source === source) &&
    (userId === undefined || event.userId === userId) &&
    (type === undefined || event.type === type)
  )
}

/** What was set aside is looked into only when the filter asks for more than the source. */
export function wantsItem({ source, userId, type }: LiveFilter, item: QuarantinedItem): boolean {
  if (source !== undefined && item.source !== source) return false
  if (userId === undefined && type === undefined) return true
  const members = membersOf(item.raw)
  return (
    (userId === undefined || String(members['userId']) === userId) &&
    (type === undefined || (members['type'] ?? item.pathType) === type)
  )
}

/** A refused request has neither person nor type. */
export function wantsRefusal({ source, userId, type }: LiveFilter, refusal: { source?: string }): boolean {
  return userId === undefined && type === undefined && (source === undefined || refusal.source === source)
}

function membersOf(raw: string): { [name: string]: unknown } {
  try {
    const value: unknown = JSON.parse(raw)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}
