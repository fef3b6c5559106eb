/** Timeline events in the form in which they are shown. Pure: the same event always gives the same report. */
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import { isDate, isDateTime } from '../schema/date-time.ts'
import type { EventReport, IndexedProperty, TimelineEvent } from './timeline-event.ts'

/** Names of events that Millrace makes, for those that carry none. */
export const MADE_EVENT_NAMES: Readonly<Record<string, string>> = {
  user_created: 'User created',
  user_merged: 'User merged',
  account_created: 'Account created',
  account_merged: 'Account merged',
  user_split: 'User split',
  account_split: 'Account split',
  attributes_changed: 'Attributes changed',
  segment: 'Segments changed',
}

/** Calls whose name, if they have one, is that of a page or screen: the event is called after the call. */
export const CALLS_WITHOUT_NAME: readonly string[] = ['identify', 'page', 'screen', 'group', 'alias', 'unalias', 'merge']

export function reportEvent(event: TimelineEvent): EventReport {
  const properties = propertiesOf(event)
  const context = event.context ?? {}
  return {
    event_id: event.id,
    event: eventName(event),
    type: event.type,
    created_at: event.occurredAt,
    indexed_at: event.receivedAt,
    app_id: event.source === '' ? null : event.source,
    app_name: event.source === '' ? null : event.source,
    source: event.source,
    session_id: sessionOf(context),
    props: Object.entries(properties).map(([name, value]) => indexProperty(name, value)),
    properties,
    context,
    position: event.position,
    index: event.index,
    ...(event.refused && { refused: event.refused }),
    ...(event.notes && { notes: event.notes }),
    ...(event.corrections && { corrections: event.corrections }),
  }
}

/** The name under which an event is shown and found. */
export function eventName({ type, name }: Pick<TimelineEvent, 'type' | 'name'>): string {
  if (CALLS_WITHOUT_NAME.includes(type)) return type
  return name ?? MADE_EVENT_NAMES[type] ?? type
}

/** The properties that a report shows. Of an identify or group its traits; of a page or screen also its name, where the properties do not have one. */
export function propertiesOf({ type, name, properties, traits }: TimelineEvent): JsonObject {
  if ((type === 'identify' || type === 'group') && traits) return { ...traits, ...properties }
  if ((type === 'page' || type === 'screen') && name !== undefined) return { name, ...properties }
  return properties ?? {}
}

/** SDKs that have sessions write their id into the context, each in a way of its own. */
function sessionOf({ sessionId, session_id: sessionText, session }: JsonObject): string | null {
  const id = sessionId ?? sessionText ?? (isObject(session) ? session['id'] : session)
  return typeof id === 'string' || typeof id === 'number' ? String(id) : null
}

/** Values one level deep have their own form, what is nested is JSON text. */
export function indexProperty(field_name: string, value: Json): IndexedProperty {
  if (value === null) return { field_name }
  if (Array.isArray(value)) return { field_name, text_value: value.map(textOf) }
  const text_value = textOf(value)
  if (typeof value === 'number') return { field_name, text_value, num_value: value }
  if (typeof value === 'boolean') return { field_name, text_value, bool_value: value }
  const isInstant = typeof value === 'string' && (isDate(value) || isDateTime(value))
  return isInstant ? { field_name, text_value, date_value: dateOf(value) } : { field_name, text_value }
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** In UTC; a text whose instant no Date can hold (a leap second) stays as it is. */
function dateOf(text: string): string {
  const instant = Date.parse(text)
  return Number.isNaN(instant) ? text : new Date(instant).toISOString()
}
