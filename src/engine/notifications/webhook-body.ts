/** What a webhook's body tells, and of whom. */
import type { EntityKind } from '../../model/profile/entity.ts'
import { isReport, type Notification } from './notification.ts'

export function notificationsIn(text: string): Notification[] {
  return (JSON.parse(text) as { notifications: Notification[] }).notifications
}

/** Whom the reports of a notification are about. */
export function subjectsOf(notification: Notification): Record<EntityKind, string[]> {
  switch (notification.channel) {
    case 'user:update':
      return { user: [notification.user.id], account: isReport(notification.account) ? [notification.account.id] : [] }
    case 'account:update':
      return { user: [], account: [notification.account.id] }
    case 'user:delete':
    case 'account:delete':
    case 'users_segment:update':
    case 'users_segment:delete':
    case 'accounts_segment:update':
    case 'accounts_segment:delete':
      return { user: [], account: [] }
  }
}
