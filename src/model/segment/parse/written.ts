/** Walking through a document that somebody wrote: each value knows where it stands, and who hears of what is wrong with it. */
import { isObject } from '../../../base/json.ts'
import { formatPointer, type JsonPointer } from '../../../base/json-pointer.ts'
import type { ProblemReport } from './problem-report.ts'

type Path = readonly (string | number)[]

/** A value of the document. `undefined`: nothing stands there; null counts as nothing. */
export class Written {
  readonly value: unknown
  readonly #path: Path
  readonly #report: ProblemReport

  constructor(value: unknown, report: ProblemReport, path: Path = []) {
    this.value = value ?? undefined
    this.#report = report
    this.#path = path
  }

  get pointer(): JsonPointer {
    return formatPointer(this.#path)
  }

  /** A member, or an item; of own properties only. */
  at(step: string | number): Written {
    const { value } = this
    const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, step)
    return new Written(isThere ? (value as Record<string, unknown>)[step] : undefined, this.#report, [...this.#path, step])
  }

  /** The items of a list; a single value is a list of one. */
  items(): Written[] {
    return Array.isArray(this.value) ? this.value.map((_, i) => this.at(i)) : [this]
  }

  /** Undefined, so that it can be returned in place of what could not be read. */
  error(message: string, hint?: string): undefined {
    this.#report.add({ pointer: this.pointer, message, ...(hint !== undefined && { hint }), isWarning: false })
  }

  warn(message: string, hint?: string): void {
    this.#report.add({ pointer: this.pointer, message, ...(hint !== undefined && { hint }), isWarning: true })
  }

  /** Reports members that `known` does not name; `what` begins the message: `A group`. */
  onlyKnows(known: readonly string[], what: string): void {
    if (!isObject(this.value)) return
    for (const [name, value] of Object.entries(this.value))
      if (!known.includes(name) && value !== null)
        this.at(name).error(`${what} has no member ${quote(name)}.`, this.orKnown(name, known))
  }

  /** Reports what is none of the words that are known; `what` it would be: `operator`. */
  unknown(what: string, known: readonly string[]): undefined {
    const { value } = this
    const message =
      typeof value === 'string'
        ? `${what.charAt(0).toUpperCase()}${what.slice(1)} ${quote(value)} does not exist.`
        : `The ${what} must be a text, not ${quote(value)}.`
    return this.error(message, this.orKnown(value, known))
  }

  /** `Did you mean "…"?`, else what there is. */
  orKnown(name: unknown, known: readonly string[]): string {
    const near = typeof name === 'string' ? this.nearest(name, known) : undefined
    if (near !== undefined) return `Did you mean "${near}"?`
    return known.length === 0 ? 'There is none.' : `There ${known.length === 1 ? 'is' : 'are'}: ${known.join(', ')}.`
  }

  /** What may be meant by a name; undefined as well when too many names of the document had to be looked for. */
  nearest(name: string, known: readonly string[]): string | undefined {
    return this.#report.nearest(name, known)
  }
}

/** Messages stay readable whatever was written. */
const QUOTED_CHARACTERS_MAX = 100

/** The value as it was written, cut where it is long. */
export function quote(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  if (value === undefined || value === null) return 'nothing'
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return `a ${typeof value}`
  const text = JSON.stringify(value)
  return text.length > QUOTED_CHARACTERS_MAX ? `${text.slice(0, QUOTED_CHARACTERS_MAX).toWellFormed()}…"` : text
}
