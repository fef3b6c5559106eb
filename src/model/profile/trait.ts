/** Types and rules of traits. */

/** `array`: of scalars. `json`: anything else. */
export const TRAIT_TYPES = ['string', 'number', 'boolean', 'date', 'array', 'geo_point', 'json'] as const
export type TraitType = (typeof TRAIT_TYPES)[number]

/** `hidden`: ignored on the way in. `visible`: kept. `tracked`: kept, and its changes are events. */
export const TRAIT_VISIBILITIES = ['hidden', 'visible', 'tracked'] as const
export type TraitVisibility = (typeof TRAIT_VISIBILITIES)[number]

/** What the catalog says of one trait. */
export type TraitRule = {
  /** Else the type of the first value that comes is kept for good. */
  type?: TraitType
  /** Default `tracked`. */
  visibility: TraitVisibility
  /** `newest`: the value with the latest occurredAt wins, whenever it comes. `last-received`: the one that came last. */
  order: 'newest' | 'last-received'
  /** Values that come under this name are kept under that one. */
  renamedTo?: string
  /** Values are refused, with a record. */
  isForbidden: boolean
}

export const DEFAULT_TRAIT_RULE: TraitRule = { visibility: 'tracked', order: 'newest', isForbidden: false }

/** Of one entity. */
export const TRAITS_MAX = 2_000
/** Of one value, as JSON in UTF-8. */
export const TRAIT_VALUE_BYTES_MAX = 2_048
/** Nesting of one value. */
export const TRAIT_DEPTH_MAX = 16
export const TRAIT_NAME_CHARACTERS_MAX = 200
