/** What is wrong with a catalog, and where. All of it is collected before anything is reported. */
import { relative } from 'node:path'

export type Place = {
  /** Absolute path. */
  file: string
  /** Counted from 1, as editors do. */
  line: number
  column: number
}

export type Problem = Place & {
  /** What is wrong, on which thing, with the value in quotes. */
  message: string
  /** What to do about it, as a sentence. */
  suggestion?: string
  /** A catalog with an error cannot be used; one with warnings can. */
  severity: 'error' | 'warning'
}

export class ProblemList {
  readonly #problems = new Map<string, Problem>()

  error(place: Place, message: string, suggestion?: string): void {
    this.#add(place, message, { severity: 'error', ...(suggestion !== undefined && { suggestion }) })
  }

  warn(place: Place, message: string, suggestion?: string): void {
    this.#add(place, message, { severity: 'warning', ...(suggestion !== undefined && { suggestion }) })
  }

  get hasErrors(): boolean {
    return this.#problems.values().some((problem) => problem.severity === 'error')
  }

  /** In the order of files as they were first met, then of lines. */
  toArray(files: readonly string[]): Problem[] {
    const rank = new Map(files.map((file, i) => [file, i]))
    const order = (a: Problem, b: Problem) =>
      (rank.get(a.file) ?? files.length) - (rank.get(b.file) ?? files.length) || a.line - b.line || a.column - b.column
    return [...this.#problems.values()].toSorted(order)
  }

  /** The same thing may be found twice, for example in a schema that two collections share. */
  #add({ file, line, column }: Place, message: string, rest: Pick<Problem, 'severity' | 'suggestion'>): void {
    const identity = JSON.stringify([file, line, column, message])
    if (!this.#problems.has(identity)) this.#problems.set(identity, { file, line, column, message, ...rest })
  }
}

/** `Did you mean "…"?` when there is something near, else the fallback. */
export function didYouMean(nearest: string | undefined, fallback?: string): string | undefined {
  return nearest === undefined ? fallback : `Did you mean "${nearest}"?`
}

/** `file:line:column  message`, with the suggestion on an indented line of its own. */
export function formatProblem({ file, line, column, message, suggestion, severity }: Problem): string {
  const mark = severity === 'warning' ? 'warning: ' : ''
  const hint = suggestion === undefined ? '' : `\n    ${suggestion}`
  return `${displayPath(file)}:${line}:${column}  ${mark}${message}${hint}`
}

/** Relative to the working directory when the file is below it, so that terminals can open it. */
export function displayPath(file: string): string {
  const path = relative(process.cwd(), file)
  return path.startsWith('..') ? file : path
}
