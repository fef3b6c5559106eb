/** Turns what Zod finds wrong with one entry of a catalog file into problems that name the value and its place. */
import type * as z from 'zod'
import { suggest } from '../../base/suggest.ts'
import { didYouMean, type Place, type ProblemList } from '../problem.ts'
import { type Path, type Spot, valueAt } from './source-file.ts'

type Issue = z.core.$ZodIssue

/** The parsed entry at a spot, or undefined when its shape is wrong (reported). `title` starts the messages, e.g. `Collection "users"`. */
export function parseEntry<T>(
  schema: z.ZodType<T>,
  { file, path }: Spot,
  { title, problems }: { title?: string; problems: ProblemList },
): T | undefined {
  const value = valueAt(file.value, path)
  const known = new WeakMap<readonly string[], string[]>()
  const result = schema.safeParse(value, { error: (issue) => rememberFields(issue, known) })
  if (result.success) return result.data
  for (const issue of result.error.issues.flatMap((issue) => nearestBranch(issue, value, []))) {
    const say = (place: Place, message: string, suggestion?: string) =>
      problems.error(place, title ? `${title}: ${message}` : capitalized(message), suggestion)
    const at = [...path, ...asPath(issue.path)]
    if (issue.code === 'unrecognized_keys') {
      const fields = known.get(issue.keys) ?? []
      for (const field of issue.keys)
        say(
          file.placeOfName([...at, field]),
          `unknown field "${field}".`,
          didYouMean(suggest(field, fields), `Known: ${fields.join(', ')}.`),
        )
    } else say(file.placeOf(at), messageOf(issue, valueAt(value, asPath(issue.path))))
  }
  return undefined
}

/** Zod says which fields are too many, not which exist; both hang on the one list of names that the issue carries. */
function rememberFields(issue: z.core.$ZodRawIssue, known: WeakMap<readonly string[], string[]>): undefined {
  // Only objects with a shape raise this.
  if (issue.code === 'unrecognized_keys') known.set(issue.keys, Object.keys((issue.inst as z.ZodObject | undefined)?.shape ?? {}))
}

/** Of a union the issues of the branch that the value comes nearest to, with full paths. */
function nearestBranch(issue: Issue, root: unknown, prefix: Path): Issue[] {
  const path = [...prefix, ...asPath(issue.path)]
  if (issue.code !== 'invalid_union') return [{ ...issue, path }]
  const fits = issue.errors.find((branch) => !branch.some((inner) => inner.code === 'invalid_type' && inner.path.length === 0))
  if (fits) return fits.flatMap((inner) => nearestBranch(inner, root, path))
  const expected = issue.errors
    .flat()
    .flatMap((inner) => (inner.code === 'invalid_type' ? [KIND_NAMES[inner.expected] ?? inner.expected] : []))
  if (valueAt(root, path) === undefined) return [{ code: 'custom', path: [...path], message: `${fieldName(path)}is missing.` }]
  const message = `must be ${[...new Set(expected)].join(' or ')}, not ${kindOf(valueAt(root, path))}.`
  return [{ code: 'custom', path: [...path], message: `${fieldName(path)}${message}` }]
}

function messageOf(issue: Issue, value: unknown): string {
  const name = fieldName(asPath(issue.path))
  if (issue.code === 'custom') return issue.message
  if (value === undefined) return `${name}is missing.`
  if (issue.code === 'invalid_type')
    return `${name}must be ${KIND_NAMES[issue.expected] ?? issue.expected}, not ${kindOf(value)}.`
  if (issue.code === 'too_small' || issue.code === 'too_big') return `${name}${sizeMessage(issue, value)}`
  if (issue.code === 'invalid_key') return 'a name must not be empty.'
  if (issue.code !== 'invalid_value') return `${name}${issue.message}`
  return `${name}must be ${issue.values.map((allowed) => JSON.stringify(allowed)).join(' or ')}, not ${kindOf(value)}.`
}

/** Bounds of numbers, text and lists. */
function sizeMessage(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig, value: unknown): string {
  const units: Record<string, string> = { string: ' characters', array: ' entries' }
  const unit = units[issue.origin]
  if (issue.code === 'too_big' && unit) return `must have ${issue.maximum}${unit} at most.`
  if (issue.code === 'too_big') return `must be ${issue.maximum} at most, not ${kindOf(value)}.`
  return unit ? 'must not be empty.' : `must be ${issue.minimum} at least, not ${kindOf(value)}.`
}

const KIND_NAMES: Record<string, string> = {
  string: 'text',
  array: 'a list',
  object: 'a map of fields',
  record: 'a map of fields',
  boolean: 'true or false',
  int: 'an integer',
  number: 'a number',
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (value === undefined) return 'missing'
  if (value === null) return 'empty'
  return typeof value === 'object' ? 'a map of fields' : JSON.stringify(value)
}

/** For example `key[0] `, with the blank that a sentence needs; nothing for the entry itself. */
function fieldName(path: Path): string {
  const name = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')
  return name === '' ? '' : `${name.replace(/^\./, '')} `
}

function asPath(path: readonly PropertyKey[]): Path {
  return path.map((step) => (typeof step === 'number' ? step : String(step)))
}

function capitalized(message: string): string {
  return message.charAt(0).toUpperCase() + message.slice(1)
}
