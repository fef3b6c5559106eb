/**
 * Field selection: which locations of a collection become columns of a table, and under which names. Rules: those of Estuary Flow’s materializations.
 */
import type { JsonType } from '../../base/json.ts'
import type { JsonPointer } from '../../base/json-pointer.ts'
import { suggest } from '../../base/suggest.ts'
import type { Collection, EndpointConfig, FieldSelector } from '../catalog.ts'
import type { SchemaSet } from '../schema/schema-set.ts'
import { listCandidates, type FieldCandidate } from './field-candidates.ts'

/** A column of a target table, or a member of a pushed document: the outcome of field selection. */
export type SelectedField = {
  /** Column name, for example `segment_name` or `flow_document`. */
  field: string
  location: JsonPointer
  role: 'key' | 'value' | 'document'
  /** The JSON types that the location may have, without null. */
  types: JsonType[]
  mayBeNull: boolean
}

export type FieldSelection = {
  /** Keys first in key order, then values sorted by name, then the document. */
  fields: SelectedField[]
  /** What cannot be satisfied, as sentences. */
  problems: string[]
}

/** What an endpoint can do with a field. */
type Constraint =
  /** The location must be covered by some field: keys, and the whole document. */
  | 'location required'
  /** A column of its own is useful: one scalar type. */
  | 'location recommended'
  /** Possible when asked for: one type that is no scalar. */
  | 'optional'
  /** Several types, or none. */
  | 'forbidden'

export function selectFields(
  collection: Collection,
  schemas: SchemaSet,
  selector: FieldSelector,
  endpointKind: EndpointConfig['kind'],
): FieldSelection {
  const candidates = listCandidates(collection, schemas, selector.include)
  const constraintOf =
    endpointKind === 'webhook' ? pushConstraint : (field: FieldCandidate) => tableConstraint(field, collection.key)
  const problems = [...unknownFields(selector, candidates), ...contradictions(selector)]
  const included = new Set(selector.include)
  const excluded = new Set(selector.exclude)
  const covered = new Set<JsonPointer>()
  const selected = candidates.filter((field) => {
    const constraint = constraintOf(field)
    if (included.has(field.name) && constraint === 'forbidden') {
      if (!excluded.has(field.name)) problems.push(forbiddenMessage(field, endpointKind))
      return false
    }
    if (excluded.has(field.name) && !included.has(field.name)) return false
    const isWanted = included.has(field.name) || (!covered.has(field.location) && isSelected(constraint, selector))
    if (isWanted) covered.add(field.location)
    return isWanted
  })
  for (const location of endpointKind === 'webhook' ? [''] : [...collection.key, ''])
    if (!covered.has(location)) problems.push(uncoveredMessage(location))
  return { fields: inOrder(selected, collection.key), problems }
}

function isSelected(constraint: Constraint, selector: FieldSelector): boolean {
  switch (constraint) {
    case 'location required':
      return true
    case 'location recommended':
      return selector.recommended
    case 'optional':
    case 'forbidden':
      return false
    default:
      return constraint satisfies never
  }
}

/** A SQL table: null is no type of its own, as every value column may be null. */
function tableConstraint(field: FieldCandidate, key: readonly JsonPointer[]): Constraint {
  if (field.location === '' || key.includes(field.location)) return 'location required'
  const [type, ...others] = field.types
  if (type === undefined || others.length > 0) return 'forbidden'
  return type === 'object' || type === 'array' ? 'optional' : 'location recommended'
}

/** A webhook is pushed whole documents and nothing else. */
function pushConstraint(field: FieldCandidate): Constraint {
  return field.location === '' ? 'location required' : 'forbidden'
}

function inOrder(selected: readonly FieldCandidate[], key: readonly JsonPointer[]): SelectedField[] {
  const firstOf = (location: JsonPointer) => selected.find((field) => field.location === location)
  const keys = key.flatMap((location) => firstOf(location) ?? [])
  const document = firstOf('')
  const values = selected
    .filter((field) => !keys.includes(field) && field !== document)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return [
    ...keys.map((field) => selectedField(field, 'key')),
    ...values.map((field) => selectedField(field, 'value')),
    ...(document ? [selectedField(document, 'document')] : []),
  ]
}

function selectedField({ name, location, types, mayBeNull }: FieldCandidate, role: SelectedField['role']): SelectedField {
  return { field: name, location, role, types, mayBeNull }
}

function unknownFields(selector: FieldSelector, candidates: readonly FieldCandidate[]): string[] {
  const known = candidates.map((field) => field.name)
  return [...selector.include, ...selector.exclude]
    .filter((name) => !known.includes(name))
    .map((name) => {
      const near = suggest(name, known)
      return `the field "${name}" does not exist.${near === undefined ? '' : ` Did you mean "${near}"?`}`
    })
}

function contradictions({ include, exclude }: FieldSelector): string[] {
  return include.filter((name) => exclude.includes(name)).map((name) => `the field "${name}" is both included and excluded.`)
}

function forbiddenMessage({ name, types }: FieldCandidate, endpointKind: EndpointConfig['kind']): string {
  if (endpointKind === 'webhook') return `the field "${name}" cannot be included, as a webhook is pushed whole documents.`
  const reason = types.length === 0 ? 'it has no value but null' : `it may be of several types: ${types.join(', ')}`
  return `the field "${name}" cannot be a column, as ${reason}.`
}

function uncoveredMessage(location: JsonPointer): string {
  const what = location === '' ? 'the whole document' : `the key location "${location}"`
  return `${what} needs a field, and all of its fields are excluded.`
}
