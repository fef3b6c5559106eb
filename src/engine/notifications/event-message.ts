import { reportEvent } from '../../model/event/event-report.ts'
import type { TimelineEvent } from '../../model/event/timeline-event.ts'
import type { EntityId } from '../../model/profile/entity.ts'
import { messageContext } from './event-context.ts'
import type { EventMessage } from './notification.ts'

/** An event in the shape of Hull's notifications. `user`: whose it is now. */
export function eventMessage(event: TimelineEvent, user: EntityId): EventMessage {
  const {
    event_id,
    event: name,
    type,
    source,
    app_id,
    app_name,
    session_id,
    created_at,
    properties,
    context,
  } = reportEvent(event)
  return {
    event_id,
    user_id: user,
    event_source: source,
    app_id,
    app_name,
    event: name,
    event_type: type,
    context: messageContext(context),
    anonymous_id: event.anonymousId ?? null,
    session_id,
    created_at,
    properties,
  }
}
