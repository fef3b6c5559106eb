/**
 * Collections that Millrace itself keeps, beside those of the catalog; catalog names may not begin with `millrace/`. They go
 * through the same log, batches, outputs and lake as all others.
 */

/** Reserved for Millrace: the catalog refuses collections that begin so. */
export const SYSTEM_PREFIX = 'millrace/'

/** On the log: accepted events (model/event/event.ts), as the door made them. Key: the message id. Partition: none. */
export const INBOX = 'millrace/inbox'
/** On the log: what the door set aside (model/event/quarantine.ts). Key: the item's id. */
export const QUARANTINE = 'millrace/quarantine'
/** On the log: what an operator asked for (model/profile/command.ts). Key: the command's id. */
export const COMMANDS = 'millrace/commands'
/**
 * Published by `profiles`, filed in the lake: every event on a timeline (model/event/timeline-event.ts), repeats dropped, with
 * the profile parts that it belongs to; events that Millrace makes stand among them. Key: the part of the user, or of the account.
 */
export const EVENTS = 'millrace/events'

/**
 * Published by `profiles`: what each input changed about entities and segments (model/segment/entity-change.ts). Not filed; kept in
 * the store for as long as notifications may ask for it. Key: the entity or segment.
 */
export const CHANGES = 'millrace/changes'

/** The schema of system collections has no versions of its own yet; whoever changes their form counts this up. */
export const SYSTEM_SCHEMA_HASH = 'millrace-1'
