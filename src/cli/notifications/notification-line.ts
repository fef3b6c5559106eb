/** One line for one notification: what, about whom, and what changed. */
import { isObject, type Json } from '../../base/json.ts'
import {
  type EntityReport,
  type EventMessage,
  type FactChanges,
  isReport,
  type Notification,
  type SegmentChanges,
} from '../../engine/notifications/notification.ts'

const CHANNEL_WIDTH = 'account:update'.length
/** Of an event's or a value's text. */
const TEXT_MAX = 40

/** `width`: columns of the terminal; longer lines are cut. */
export function notificationLine(notification: Notification, width?: number): string {
  const parts = [notification.channel.padEnd(CHANNEL_WIDTH), ...partsOf(notification)]
  const line = visible(parts.filter((part) => part !== '').join('  '))
  return width === undefined || line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`
}

function partsOf(notification: Notification): string[] {
  switch (notification.channel) {
    case 'user:update': {
      const { user, account, events, changes } = notification
      return [
        nameOf(user) + (isReport(account) ? ` in ${nameOf(account)}` : ''),
        changes.is_new ? 'new' : '',
        eventsText(events),
        factsText(changes.user),
        movesText(changes.segments),
        changesOfAccount(changes.account, changes.account_segments),
      ]
    }
    case 'account:update': {
      const { account, changes } = notification
      return [nameOf(account), changes.is_new ? 'new' : '', factsText(changes.account), movesText(changes.account_segments)]
    }
    case 'user:delete':
      return [notification.user.id, endText(notification.merged_into)]
    case 'account:delete':
      return [notification.account.id, endText(notification.merged_into)]
    case 'users_segment:update':
    case 'users_segment:delete':
    case 'accounts_segment:update':
    case 'accounts_segment:delete':
      return [notification.segment.id, notification.segment.name]
  }
}

/** Of the same several times in a row, how often: `Order Completed ×2`. */
function eventsText(events: readonly EventMessage[]): string {
  const runs: { name: string; times: number }[] = []
  for (const { event } of events) {
    const last = runs.at(-1)
    if (last?.name === event) last.times++
    else runs.push({ name: event, times: 1 })
  }
  return runs.map(({ name, times }) => (times === 1 ? cut(name) : `${cut(name)} ×${times}`)).join(', ')
}

function nameOf(report: EntityReport): string {
  const { external_id, email, domain, id } = report
  return cut([external_id, email, domain].find((one) => typeof one === 'string') ?? id)
}

function changesOfAccount(facts: FactChanges, moves: SegmentChanges): string {
  const text = [factsText(facts), movesText(moves)].filter((part) => part !== '').join(' ')
  return text === '' ? '' : `account: ${text}`
}

function factsText(facts: FactChanges): string {
  return Object.entries(facts)
    .map(([key, [from, to]]) => `${key}=${show(from)}→${show(to)}`)
    .join(' ')
}

function movesText({ entered, left }: SegmentChanges): string {
  return [...entered.map(({ name }) => `+${cut(name)}`), ...left.map(({ name }) => `-${cut(name)}`)].join(' ')
}

function endText(mergedInto: string | null): string {
  return mergedInto === null ? 'erased' : `is ${mergedInto} now`
}

function show(value: Json): string {
  if (value === null) return '∅'
  return cut(typeof value === 'string' ? value : isObject(value) || Array.isArray(value) ? JSON.stringify(value) : String(value))
}

function cut(text: string): string {
  return text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX - 1)}…`
}

/** What clients send must not steer the terminal. */
function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '·')
}
