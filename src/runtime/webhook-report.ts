/** What is said of a webhook: what its delivery says, unless the thread that it runs in is not well. */
import type { WebhookStatus } from '../engine/notifications/webhook-delivery.ts'
import type { Position } from '../log/log.ts'
import type { Millis } from '../model/profile/entity.ts'
import type { TaskState } from './supervise.ts'

export type WebhookReport = {
  state: TaskState['state']
  /** Of one that does not run: why. */
  code?: string
  message?: string
  hint?: string
  /** Everything up to this position of the log was received. */
  position?: Position
  /** How many entries of the log that are applied come after it. */
  lag?: number
  /** For how long the first of them has been there. Over HTTP only, when there is one. */
  lagMs?: number
  /** Received since the start. */
  notifications?: number
  /** What went wrong last, ISO 8601; stays until a body is received. */
  lastError?: { at: string; message: string; attempts: number }
  /** What it was not told when it was made to go on, and will not be; until it has heard of that. */
  missed?: { after: Position; through: Position }
}

export type WebhookFacts = {
  thread: { state: TaskState; since: Millis }
  /** What the delivery said last; undefined when it has said nothing yet. */
  status: WebhookStatus | undefined
  applied: Position
  behindSince: Millis | undefined
  now: Millis
}

export function reportWebhook({ thread, status, applied, behindSince, now }: WebhookFacts): WebhookReport {
  const told = status && progressOf(status, { applied, behindSince, now })
  if (thread.state.state === 'running') return { ...told, ...deliveryState(status) }
  const { state, code, message, hint } = thread.state
  // Whoever is stuck or dead cannot say so.
  const lastError = { at: new Date(thread.since).toISOString(), message, attempts: 0 }
  return { ...told, state, code, message, ...(hint !== undefined && { hint }), lastError }
}

function progressOf(
  { position, lag: lagThen, notifications, lastError, missed }: WebhookStatus,
  { applied, behindSince, now }: Pick<WebhookFacts, 'applied' | 'behindSince' | 'now'>,
): Omit<WebhookReport, 'state'> {
  // Before `apply` has said how far it is, the delivery knows better.
  const lag = Math.max(applied - position, applied === 0 ? lagThen : 0)
  return {
    position,
    lag,
    ...(lag === 0 ? { lagMs: 0 } : behindSince !== undefined && { lagMs: Math.max(0, now - behindSince) }),
    notifications,
    ...(lastError && { lastError }),
    ...(missed && { missed }),
  }
}

function deliveryState(status: WebhookStatus | undefined): Pick<WebhookReport, 'state' | 'code' | 'message' | 'hint'> {
  if (status === undefined || status.state === 'running') return { state: 'running' }
  const { state, lastError, stopped } = status
  return { state, ...(lastError && { message: lastError.message }), ...stopped }
}
