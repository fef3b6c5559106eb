/** What could not become an event: set aside whole, with the reason, to be looked at, mended and sent again. */
import type { ErrorCode } from '../../base/error-codes.ts'
import type { Instant } from './event.ts'

/** On the log, and in the store under space `quarantine` (key: `id`) until it is replayed, discarded or erased. */
export type QuarantinedItem = {
  /** 24 hex digits, growing with time. */
  id: string
  source: string
  receivedAt: Instant
  /** The envelope's, which the items's times are read with. */
  sentAt?: Instant
  /** Why, as the answer said it. */
  code: ErrorCode
  message: string
  /** JSON pointer to what is wrong; empty for the whole. */
  pointer: string
  /** As it was found in the item, if it was. */
  messageId?: string
  /** What the path said the type is, when the body says nothing. */
  pathType?: string
  /** It came as history: `sentAt` shifts nothing. */
  keepsTimes?: true
  /** The item with the envelope's context merged in, as JSON text, or the raw text when it is no JSON; cut at `RAW_CHARACTERS_MAX`. */
  raw: string
  isCut?: true
}

/** Above the limit of an event, so that only what was too large is cut. */
export const RAW_CHARACTERS_MAX = 65_536
/** The oldest make room for new ones; a counter in the status says how many did. The log keeps them all. */
export const QUARANTINE_ITEMS_MAX = 100_000
/** Space of the store. */
export const QUARANTINE_SPACE = 'quarantine'
