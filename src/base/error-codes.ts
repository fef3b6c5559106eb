/** The catalogue of error codes (`noun_problem`), one line of meaning each; the reference page is generated from it. */
export const ERROR_CODES = {
  // catalog
  catalog_invalid: 'The catalog has problems; `millrace check` lists them with file and line.',
  lambda_failed: 'A lambda threw, or returned something that is not a list of documents. Its derivation stops; the rest goes on.',
  document_invalid: 'A document breaks the schema of its collection.',
  key_invalid: 'A part of a document’s key is missing, null, or not a boolean, integer or string.',
  reduction_failed: 'Two documents of one key cannot be reduced as their schema says.',
  // ingestion
  collection_unknown: 'No captured collection of this name exists in the catalog.',
  body_invalid: 'The request body, frame, row or line cannot be read.',
  body_too_large: 'The request body or frame is larger than the limit.',
  content_type_unsupported: 'The request’s content type is not one that this endpoint reads.',
  idempotency_key_reused: 'The idempotency key was used before with other content.',
  // traits: written on the event whose value was not taken
  trait_type_mismatch: 'The value cannot become the type that the trait has without loss.',
  trait_too_large: 'The value of a trait is larger than the limit.',
  trait_nested_too_deep: 'The value of a trait is nested deeper than the limit.',
  trait_name_invalid: 'The name of a trait is empty, too long, or not allowed.',
  trait_forbidden: 'The catalog forbids the trait.',
  trait_limit: 'The profile, or the workspace, has as many traits as it may have, or the event has too many that are refused.',
  // tracking
  event_invalid: 'What was sent is no event; of a strict source, one or more of the request’s events were refused.',
  type_unknown: 'The event’s type is missing or none that exists.',
  event_name_missing: 'A track event has no name.',
  identifier_missing: 'The event has none of the identifiers that its type needs.',
  identifier_invalid: 'An identifier is too long, or a number that JSON has rounded.',
  nesting_too_deep: 'The event nests objects and lists deeper than the limit.',
  event_too_large: 'The event as JSON is larger than the limit of its source.',
  person_suppressed: 'The event is about a person who was erased and is to be kept out; nothing of it was kept.',
  // reading and changing profiles
  entity_unknown: 'No user or account has this identifier or id.',
  erasure_unknown: 'No erasure has this id.',
  merge_refused: 'The two cannot be merged: they are one already, or both have an external id.',
  split_refused: 'The part cannot be split off: no merge brought it in.',
  cursor_expired: 'What the cursor leads to is no longer kept.',
  quarantine_item_unknown: 'The quarantine holds no item of this id.',
  // segments
  segment_unknown: 'No segment has this id.',
  segment_invalid: 'The document is no segment; every problem is listed with its place.',
  segment_in_use: 'The segment cannot be deleted, since others refer to it.',
  segment_not_manual: 'Members of a segment with a rule cannot be added or removed by hand.',
  segment_of_catalog: 'The segment belongs to the catalog and is changed there.',
  segment_kind_changed: 'The catalog makes a segment of users one of accounts, or the other way round.',
  segment_limit: 'There are as many segments as there may be.',
  // notifications
  webhook_unknown: 'No webhook of this name is told notifications.',
  webhook_not_stopped: 'The webhook has not stopped, so it cannot be told to go on.',
  webhook_refused: 'The receiver of a webhook has answered that it will not take what it is sent; the webhook has stopped.',
  // http
  path_unknown: 'The server has nothing at this path.',
  method_unsupported: 'What is at this path does not take this method.',
  request_invalid: 'A header or a part of the address is missing or malformed.',
  write_key_unknown: 'The request has no write key, or one that does not exist, has expired or was revoked.',
  token_refused: 'A client’s assertion, or the access token that it got, is not valid.',
  access_denied: 'The key does not allow what the request asks for.',
  rate_limited: 'The source sends more than its limit, or more than can be applied; the same request may succeed a little later.',
  upgrade_required: 'This address speaks WebSocket only.',
  server_busy: 'The server holds as much unfinished work as its limits allow; the same request may succeed a little later.',
  internal_error: 'Something failed inside Millrace that should not; this is a bug.',
  // log, store, endpoints
  log_replaced: 'A store or a target is ahead of the log: it was filled from another one.',
  log_unavailable: 'The log cannot be written or read at the moment.',
  store_unavailable: 'The store cannot be reached at the moment.',
  store_fenced: 'Another process has taken over this work; this one must stop.',
  endpoint_unavailable: 'The target of a materialization cannot be reached at the moment.',
  endpoint_fenced: 'Another process has taken over this materialization; this one must stop.',
  endpoint_table_conflict: 'The target table exists with columns other than the materialization needs.',
  value_unsupported: 'The target of a materialization cannot hold a value, or a name, of this form.',
  disk_full: 'The disk is full; nothing was accepted, and work goes on when there is space.',
  // lake
  lake_unavailable: 'The lake’s directory cannot be read or written at the moment.',
  lake_corrupt: 'Fragments of the lake have a gap, an overlap or a wrong checksum.',
  columns_unavailable: 'The columns, which questions about everybody are asked of, cannot be read or written at the moment.',
  columns_incomplete: 'The columns are being made; questions about everybody can be asked when everybody is in them.',
  question_too_slow: 'A question about everybody took longer than it may.',
  query_invalid: 'The SQL over the lake is wrong, or cannot be answered from its documents.',
  // process
  directory_locked: 'Another Millrace process uses this data directory.',
  address_in_use: 'The port is taken by another process.',
  write_keys_invalid: 'The file of write keys cannot be read or changed.',
  source_unknown: 'No source of this name exists in the catalog.',
  usage_invalid: 'The command line is not understood.',
  server_unreachable: 'No Millrace server answers at this address.',
} as const

export type ErrorCode = keyof typeof ERROR_CODES

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text)
}
