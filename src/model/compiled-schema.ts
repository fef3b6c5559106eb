/** A JSON Schema 2020-12 with `reduce` annotations, compiled: what the engine may ask of it. */
import type { Json } from '../base/json.ts'
import type { JsonPointer } from '../base/json-pointer.ts'

export type Violation = {
  /** Where in the document. */
  pointer: JsonPointer
  /** For example `must be integer` or `must have required property "user"`. */
  message: string
}

/** `full`: the left side is the complete base (a register, a loaded row). `partial`: both sides are deltas. */
export type ReduceMode = 'full' | 'partial'

export interface CompiledSchema {
  /** Every violation, or undefined when the document is valid. Never changes the document. */
  validate(document: unknown): Violation[] | undefined
  /**
   * The reduction of `left` (earlier) with `right` (later), by the annotations that apply to `right`.
   * `left` undefined means there is no earlier document. Undefined as a result means deleted.
   * Neither side is changed, but the result may share parts with both. `right` must be valid.
   * Throws `reduction_failed` (with the pointer in its message) when a strategy cannot apply to the two values.
   */
  reduce(left: Json | undefined, right: Json, mode: ReduceMode): Json | undefined
}
