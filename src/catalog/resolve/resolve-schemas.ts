/** Compiles the schemas of the catalog and checks their annotations. */
import { MillraceError } from '../../base/errors.ts'
import { isObject } from '../../base/json.ts'
import { suggest } from '../../base/suggest.ts'
import type { SchemaUri } from '../../model/catalog.ts'
import { findAnnotationProblems } from '../../model/reduce/annotation-problems.ts'
import { referenceOf, type SchemaNode, subschemas } from '../../model/schema/schema-index.ts'
import { SchemaSet } from '../../model/schema/schema-set.ts'
import type { Definitions } from '../files/read-definitions.ts'
import { type SchemaFiles, withoutFragment } from '../files/schema-files.ts'
import { didYouMean, type Place, type ProblemList } from '../problem.ts'

export type SchemaUse = { uri: SchemaUri; place: Place }

export type SchemaUses = {
  /** By the collection's name. */
  collections: Map<string, SchemaUse>
  /** Of registers, by the derived collection's name. */
  registers: Map<string, SchemaUse>
}

/** Reads every schema that the definitions refer to; those that cannot be found are left out (reported). */
export function readSchemas(definitions: Definitions, schemaFiles: SchemaFiles): SchemaUses {
  const uses: SchemaUses = { collections: new Map(), registers: new Map() }
  for (const [name, { value, spot }] of definitions.collections) {
    const uri = schemaFiles.add(value.schema, spot.at('schema'))
    if (uri !== undefined) uses.collections.set(name, { uri, place: spot.at('schema').place })
    const register = value.derivation?.register
    const registerSpot = spot.at('derivation', 'register', 'schema')
    const registerUri = register && schemaFiles.add(register.schema, registerSpot)
    if (registerUri !== undefined) uses.registers.set(name, { uri: registerUri, place: registerSpot.place })
  }
  return uses
}

type Reporting = { schemaFiles: SchemaFiles; problems: ProblemList }

/** The set of all schemas, and which of those in use have no problem; the problems of the others are reported. */
export function compileSchemas(uses: SchemaUses, to: Reporting): { set: SchemaSet; usable: Set<SchemaUri> } {
  const set = new SchemaSet(to.schemaFiles.documents)
  const broken = reportReferences(set, to)
  const usable = new Set<SchemaUri>()
  const seen = new Set<SchemaUri>()
  for (const { uri, place } of [...uses.collections.values(), ...uses.registers.values()]) {
    if (seen.has(uri)) continue
    if (set.index.find(uri) === undefined) to.problems.error(place, missingMessage(uri, to.schemaFiles), nearbyHint(set, uri))
    else if (isCompiled(set, uri, { ...to, place, hasBrokenReferences: broken })) usable.add(uri)
    seen.add(uri)
  }
  return { set, usable }
}

/** Whether some reference leads nowhere (reported where it stands). Files that are missing were reported when they were read. */
function reportReferences(set: SchemaSet, { schemaFiles, problems }: Reporting): boolean {
  let isBroken = false
  const visit = (node: SchemaNode): void => {
    const reference = referenceOf(node)
    if (reference !== undefined && set.index.find(reference, node.base) === undefined) {
      isBroken = true
      const target = new URL(reference, node.base).href
      const place = schemaFiles.placeOf(node.documentUri, `${node.pointer}/$ref`)
      const isMissingFile = target.startsWith('file:') && set.index.find(withoutFragment(target)) === undefined
      if (!isMissingFile) problems.error(place, missingMessage(target, schemaFiles), nearbyHint(set, target))
    }
    for (const child of subschemas(node)) visit(child)
  }
  for (const uri of Object.keys(schemaFiles.documents)) {
    const root = set.index.find(uri)
    if (root) visit(root)
  }
  return isBroken
}

function missingMessage(uri: SchemaUri, schemaFiles: SchemaFiles): string {
  return `There is no schema ${schemaFiles.nameOf(uri)}.`
}

/** Among the anchors and definitions of the same document. */
function nearbyHint(set: SchemaSet, uri: SchemaUri): string | undefined {
  const root = set.index.find(withoutFragment(uri))
  const fragments: string[] = []
  const visit = (node: SchemaNode): void => {
    if (isObject(node.schema) && typeof node.schema['$anchor'] === 'string') fragments.push(`#${node.schema['$anchor']}`)
    if (/\/(\$defs|definitions)\/[^/]+$/.test(node.pointer)) fragments.push(`#${node.pointer}`)
    for (const child of subschemas(node)) visit(child)
  }
  if (root) visit(root)
  const fallback = fragments.length === 0 ? undefined : `There are ${fragments.join(', ')}.`
  return didYouMean(suggest(decodeURIComponent(uri.slice(withoutFragment(uri).length)), fragments), fallback)
}

type Compiling = Reporting & { place: Place; hasBrokenReferences: boolean }

function isCompiled(set: SchemaSet, uri: SchemaUri, { place, hasBrokenReferences, ...to }: Compiling): boolean {
  const report = (error: unknown) => {
    if (!(error instanceof MillraceError)) throw error
    to.problems.error(place, error.message, error.hint)
    return false
  }
  try {
    if (reportMistakes(set, uri, to)) return false
  } catch (error) {
    // It rejects references to nothing, which have been reported where they stand.
    return hasBrokenReferences ? false : report(error)
  }
  try {
    set.compile(uri)
    return true
  } catch (error) {
    return report(error)
  }
}

/** What is not JSON Schema, and annotations that cannot be meant. */
function reportMistakes(set: SchemaSet, uri: SchemaUri, { schemaFiles, problems }: Reporting): boolean {
  const mistakes = set.findProblems(uri)
  const places = new Set<string>()
  for (const { schemaUri, pointerInSchema, message } of mistakes) {
    const place = `${schemaUri}#${pointerInSchema}`
    // One mistake breaks several rules of the meta-schema; the first says the most.
    if (!places.has(place)) problems.error(schemaFiles.placeOf(schemaUri, pointerInSchema), `Schema: ${message}.`)
    places.add(place)
  }
  const annotations = mistakes.length > 0 ? [] : findAnnotationProblems(set, uri)
  for (const { schemaUri, pointerInSchema, message, suggestion, severity } of annotations)
    problems[severity === 'error' ? 'error' : 'warn'](
      schemaFiles.placeOf(schemaUri, pointerInSchema),
      `Schema: ${message}.`,
      suggestion,
    )
  return mistakes.length > 0 || annotations.some(({ severity }) => severity === 'error')
}
