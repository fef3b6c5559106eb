/** What is wrong with one document, as far as anybody would read it, and what may have been meant. */
import type { JsonPointer } from '../../../base/json-pointer.ts'
import { suggest } from '../../../base/suggest.ts'

export type SegmentProblem = {
  /** Where, in the document; of what is missing, where it should stand. */
  pointer: JsonPointer
  /** What is wrong, on which thing, with the value in quotes: a sentence. */
  message: string
  /** What would be right, as a sentence. */
  hint?: string
  /** It may be meant so; the segment can be used. */
  isWarning: boolean
}

/** Nobody reads more of one document; a document can have a hundred thousand. */
const PROBLEMS_MAX = 100
/** Looking for a name among thousands takes milliseconds, and a document may have hundreds of them: this is a quarter of a second. */
const COMPARISONS_MAX = 10_000
const COMPARED_CHARACTERS_MAX = 100

export class ProblemReport {
  readonly #kept: SegmentProblem[] = []
  #comparisonsLeft = COMPARISONS_MAX
  #errors = 0
  #warnings = 0

  /** True when nothing was reported but warnings. */
  get isSound(): boolean {
    return this.#errors === 0
  }

  add(problem: SegmentProblem): void {
    if (problem.isWarning) this.#warnings++
    else this.#errors++
    if (this.#kept.length < PROBLEMS_MAX) this.#kept.push(problem)
  }

  /** The first `PROBLEMS_MAX`, and one that says how many more there are. */
  toArray(): SegmentProblem[] {
    const more = this.#errors + this.#warnings - this.#kept.length
    if (more === 0) return [...this.#kept]
    return [...this.#kept, { pointer: '', message: `There are ${more} further problems.`, isWarning: this.isSound }]
  }

  /** The name that is most like it; undefined when none is, and after many questions. */
  nearest(name: string, known: readonly string[]): string | undefined {
    const word = name.slice(0, COMPARED_CHARACTERS_MAX)
    const differenceMax = Math.max(2, Math.floor(word.length / 3))
    const candidates = known.filter((one) => Math.abs(one.length - word.length) <= differenceMax)
    if (candidates.length > this.#comparisonsLeft) return undefined
    this.#comparisonsLeft -= candidates.length
    return suggest(word, candidates)
  }
}
