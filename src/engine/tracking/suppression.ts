/** Keeps out events of people and accounts that were erased: one identifier is enough, be it among others that are not on the list. */
import type { Refusal } from '../../model/event/item-reading.ts'
import type { IdentifierTest } from '../../model/event/mentioned-identifiers.ts'

/**
 * Whether this identifier was erased and is to be kept out. Values come as clients sent them; how kinds compare (case of e-mail
 * addresses) is the list's to know. Called several times per event: an empty list must answer at once.
 */
export type IsSuppressed = IdentifierTest

export const SUPPRESSION_REFUSAL: Refusal = {
  code: 'person_suppressed',
  pointer: '',
  message: 'The event is about a person or an account that was erased and is kept out. Nothing of it was kept.',
}
