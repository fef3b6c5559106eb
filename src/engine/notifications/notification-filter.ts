/** Which notifications a reader wants. All that are given must hold. */
import type { NotificationChannel } from '../../model/notification-channel.ts'
import { NOTIFICATION_CHANNELS } from '../../model/notification-channel.ts'
import type { EntityKind } from '../../model/profile/entity.ts'
import type { Notification } from './notification.ts'

export type NotificationFilter = {
  channels?: readonly NotificationChannel[]
  /**
   * Ids: entities that are in one of these, or have just entered or left one; a user also by the segments of the account. That an
   * entity ended is told in any case: it may have been in one.
   */
  segments?: readonly string[]
}

/** Those about users and their segments, or about accounts and theirs. */
export function channelsAbout(kind: EntityKind): NotificationChannel[] {
  return NOTIFICATION_CHANNELS.filter((channel) => channel.startsWith(kind))
}

export function wantsChannel({ channels }: NotificationFilter, channel: NotificationChannel): boolean {
  return channels === undefined || channels.includes(channel)
}

export function wants(filter: NotificationFilter, notification: Notification): boolean {
  if (!wantsChannel(filter, notification.channel)) return false
  const { segments } = filter
  return segments === undefined || segmentsOf(notification)?.some((id) => segments.includes(id)) !== false
}

/** Undefined where none is known. */
function segmentsOf(notification: Notification): string[] | undefined {
  switch (notification.channel) {
    case 'user:update': {
      const { segment_ids, account_segment_ids, changes } = notification
      return [...segment_ids, ...account_segment_ids, ...moved(changes.segments), ...moved(changes.account_segments)]
    }
    case 'account:update':
      return [...notification.account_segment_ids, ...moved(notification.changes.account_segments)]
    case 'user:delete':
    case 'account:delete':
      return undefined
    case 'users_segment:update':
    case 'users_segment:delete':
    case 'accounts_segment:update':
    case 'accounts_segment:delete':
      return [notification.segment.id]
  }
}

function moved({ entered, left }: { entered: readonly { id: string }[]; left: readonly { id: string }[] }): string[] {
  return [...entered, ...left].map(({ id }) => id)
}
