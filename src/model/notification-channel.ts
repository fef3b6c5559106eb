/** The kinds of notifications, named as Hull's channels are. */
import type { EntityKind } from './profile/entity.ts'

export const NOTIFICATION_CHANNELS = [
  'user:update',
  'user:delete',
  'account:update',
  'account:delete',
  'users_segment:update',
  'users_segment:delete',
  'accounts_segment:update',
  'accounts_segment:delete',
] as const

export type NotificationChannel = (typeof NOTIFICATION_CHANNELS)[number]

export type SegmentType = 'users_segment' | 'accounts_segment'

export function segmentTypeOf(kind: EntityKind): SegmentType {
  return `${kind}s_segment`
}

/** Of one page or body. */
export const NOTIFICATIONS_MAX = 500
export const NOTIFICATIONS_DEFAULT = 100
