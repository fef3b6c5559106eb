/** Keys, shuffles and partitions may only stand on locations that exist in every valid document and hold one key-able type. */
import type { JsonType } from '../../base/json.ts'
import { formatPointer, type JsonPointer, parsePointer } from '../../base/json-pointer.ts'
import { suggest } from '../../base/suggest.ts'
import type { SchemaUri } from '../../model/catalog.ts'
import { inferLocation, inferLocations } from '../../model/schema/location.ts'
import type { SchemaSet } from '../../model/schema/schema-set.ts'
import { didYouMean, type Place, type ProblemList } from '../problem.ts'

export type KeyType = 'boolean' | 'integer' | 'string'

const KEY_TYPES: readonly string[] = ['boolean', 'integer', 'string'] satisfies KeyType[]

type Question = { schemas: SchemaSet; uri: SchemaUri; schemaName: string; pointer: JsonPointer }

/** The type at a location of a key; undefined when it cannot be part of one (reported as `title: …`). */
export function requireKeyType(
  question: Question,
  report: { title: string; place: Place; problems: ProblemList },
): KeyType | undefined {
  const { pointer, schemaName } = question
  const { title, place, problems } = report
  const location = inferLocation(question.schemas, question.uri, pointer)
  if (location.exists === 'cannot') {
    problems.error(
      place,
      `${title}: the location "${pointer}" cannot exist by ${schemaName}.`,
      didYouMean(nearestLocation(question)),
    )
    return undefined
  }
  if (location.exists === 'may') {
    const hint = location.isDeclared ? requireHint(question) : didYouMean(nearestLocation(question), requireHint(question))
    problems.error(place, `${title}: the location "${pointer}" may be missing by ${schemaName}.`, hint)
    return undefined
  }
  const types: JsonType[] = location.mayBeNull ? [...location.types, 'null'] : location.types
  const [type, ...others] = types
  if (type !== undefined && others.length === 0 && KEY_TYPES.includes(type)) return type as KeyType
  problems.error(place, `${title}: the location "${pointer}" may be ${typeNames(types)} by ${schemaName}.`, TYPE_HINT)
  return undefined
}

const TYPE_HINT = 'It must be of one type: boolean, integer or string, and not null.'

/** Reports a projection to a location where no document can have a value, or of which the schema does not speak. */
export function reportImpossible(
  question: Question,
  { title, place, problems }: { title: string; place: Place; problems: ProblemList },
): void {
  const { exists, isDeclared } = inferLocation(question.schemas, question.uri, question.pointer)
  const about = `${title}: the location "${question.pointer}"`
  const hint = didYouMean(nearestLocation(question))
  if (exists === 'cannot') problems.error(place, `${about} cannot exist by ${question.schemaName}.`, hint)
  else if (!isDeclared) problems.warn(place, `${about} is not mentioned by ${question.schemaName}.`, hint)
}

function nearestLocation({ schemas, uri, pointer }: Question): JsonPointer | undefined {
  return suggest(
    pointer,
    inferLocations(schemas, uri).map((location) => location.pointer),
  )
}

/** Names the outermost part of the location that the schema does not require. */
function requireHint({ schemas, uri, pointer }: Question): string {
  const parts = parsePointer(pointer) ?? []
  const missing = parts.findIndex((_, i) => inferLocation(schemas, uri, formatPointer(parts.slice(0, i + 1))).exists !== 'must')
  const parent = formatPointer(parts.slice(0, missing))
  return `Add "${parts[missing]}" to \`required\`${parent === '' ? '' : ` at "${parent}"`} of the schema.`
}

/** Of JSON; integers count as numbers. */
const ALL_TYPES = 6

function typeNames(types: readonly JsonType[]): string {
  if (types.length === 0) return 'anything'
  if (types.length >= ALL_TYPES) return 'of any type'
  return types.map((type) => (type === 'null' ? 'null' : `${/^[aeio]/.test(type) ? 'an' : 'a'} ${type}`)).join(' or ')
}
