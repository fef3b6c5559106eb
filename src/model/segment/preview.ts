/** What a segment would hold, computed over everybody at once without saving it; and what a change of its rule would do. */
import type { EntityId } from '../profile/entity.ts'

/** Of the place in the log up to which everything was looked at. */
export type PreviewBasis = {
  asOf: number
}

/** So many entities stand for all. */
export const PREVIEW_SAMPLE_MAX = 20

export type Preview = PreviewBasis & {
  /** Users, or accounts, that there are. */
  entities: number
  /** Those that match. */
  count: number
  /** The first by id, `PREVIEW_SAMPLE_MAX` at most. */
  sample: EntityId[]
  /** How many match each condition by itself, groups included, in the order of the document; `at`: its pointer into that. */
  conditions: ConditionCount[]
  /**
   * How many are left after each condition of an `all` at the top, one after the other; with any other group at the top, the one
   * entry of the whole.
   */
  funnel: ConditionCount[]
}

export type ConditionCount = { at: string; count: number }

/** A rule over those who are members now. */
export type Comparison = PreviewBasis & {
  entering: Sampled
  leaving: Sampled
  /** Those who would be members. */
  count: number
}

/** `sample`: the first by id, `PREVIEW_SAMPLE_MAX` at most. */
export type Sampled = { count: number; sample: EntityId[] }
