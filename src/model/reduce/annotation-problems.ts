/** Finds `reduce` annotations that cannot apply or have no effect, before any document shows it. */
import { isObject } from '../../base/json.ts'
import { parsePointer, type JsonPointer } from '../../base/json-pointer.ts'
import { suggest } from '../../base/suggest.ts'
import type { SchemaUri } from '../catalog.ts'
import { alternativesOf, reachableSchemas, schemasInPlace, type Layers } from '../schema/alternatives.ts'
import { Inference, typeMaskOf } from '../schema/inference.ts'
import type { SchemaNode } from '../schema/schema-index.ts'
import type { SchemaProblem, SchemaSet } from '../schema/schema-set.ts'
import { SchemasBelow } from '../schema/schemas-below.ts'
import { ANY, ARRAY, BOOLEAN, FRACTION, INTEGER, OBJECT, STRING, typesOfMask } from '../schema/type-mask.ts'
import { parseAnnotation, type Annotation, type Strategy } from './annotation.ts'

export type AnnotationProblem = SchemaProblem & {
  /** An error would fail documents or the compilation; a warning is most likely a mistake. */
  severity: 'error' | 'warning'
  /** A sentence, for example `Did you mean "merge"?`. */
  suggestion?: string
}

/** Of the schema and everything it refers to; pointers are into the documents that hold the annotations. */
export function findAnnotationProblems(set: SchemaSet, uri: SchemaUri): AnnotationProblem[] {
  const root = set.index.require(uri)
  const search = new ProblemSearch(set)
  search.visit([root], undefined)
  search.reportUnreached(root)
  return search.problems()
}

/** What each strategy can reduce. */
const ACCEPTED: Record<Strategy, number> = {
  firstWriteWins: ANY,
  lastWriteWins: ANY,
  minimize: ANY,
  maximize: ANY,
  append: ARRAY,
  merge: OBJECT | ARRAY,
  sum: INTEGER | FRACTION | STRING,
  set: OBJECT,
  jsonSchemaMerge: OBJECT | BOOLEAN,
}

const SET_TERMS = ['add', 'intersect', 'remove']

/** A location above which takes or keeps values whole. */
type Blocker = { nodes: SchemaNode[]; strategy: Strategy; isDefault: boolean }

type Annotated = { node: SchemaNode; annotation: Annotation; mask: number }

class ProblemSearch {
  readonly #set: SchemaSet
  readonly #inference: Inference
  readonly #below = new SchemasBelow()
  readonly #problems = new Map<string, AnnotationProblem>()
  readonly #visited = new Set<string>()
  /** Annotated schemas that some location of a document takes its reduction from. */
  readonly #reached = new Set<string>()

  constructor(set: SchemaSet) {
    this.#set = set
    this.#inference = new Inference(set.index)
  }

  problems(): AnnotationProblem[] {
    return [...this.#problems.values()]
  }

  /** Looks at the location that `nodes` apply to and at all below it. */
  visit(nodes: readonly SchemaNode[], blocker: Blocker | undefined): void {
    const id = `${blocker?.nodes[0]?.uri} ${nodes.map((node) => node.uri).join(' ')}`
    if (nodes.length === 0 || this.#visited.has(id)) return
    this.#visited.add(id)
    const layers = schemasInPlace(this.#set.index, nodes)
    const annotated = this.#annotated(nodes, layers)
    for (const { node } of annotated) this.#reportBlocked(node, blocker)
    const descending = annotated.filter(({ annotation }) => descends(annotation))
    const below = blocker ?? (descending.length > 0 ? undefined : blockerOf(nodes, annotated))
    if (annotated.some(({ annotation }) => annotation.strategy === 'set')) this.#visitTerms(layers, below)
    else this.#visitMembers(layers, below)
  }

  /** Annotations below `not`, `contains` and the like. */
  reportUnreached(root: SchemaNode): void {
    for (const node of reachableSchemas(this.#set.index, root)) {
      if (!isObject(node.schema) || node.schema['reduce'] === undefined || this.#reached.has(node.uri)) continue
      this.#report(node, '/reduce', {
        severity: 'warning',
        message: 'this reduce has no effect: no location takes its reduction from here',
      })
    }
  }

  #visitMembers(layers: Layers, blocker: Blocker | undefined): void {
    for (const name of this.#below.memberNames(layers)) this.visit(this.#below.ofMember(layers, name), blocker)
    for (const index of this.#below.itemIndexes(layers)) this.visit(this.#below.ofItem(layers, index), blocker)
    this.visit(this.#below.ofItems(layers), blocker)
    this.visit(this.#below.ofOtherMembers(layers), blocker)
    for (const node of this.#below.ofPatterns(layers)) this.visit([node], blocker)
  }

  /** Strategies of the terms themselves are allowed and without effect; the members of the terms are reduced. */
  #visitTerms(layers: Layers, blocker: Blocker | undefined): void {
    for (const term of SET_TERMS) {
      const termLayers = schemasInPlace(this.#set.index, this.#below.ofMember(layers, term))
      for (const layer of termLayers) this.#reached.add(layer.uri)
      this.#visitMembers(termLayers, blocker)
    }
    for (const layer of layers) {
      for (const name of this.#below.memberNames([layer]).filter((name) => !SET_TERMS.includes(name))) {
        const message = `a set has the members ${SET_TERMS.join(', ')}; "${name}" would be refused`
        this.#report(layer, `/properties/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, { severity: 'error', message })
      }
    }
  }

  #annotated(nodes: readonly SchemaNode[], layers: Layers): Annotated[] {
    const alternatives = alternativesOf(this.#set.index, nodes)
    return layers.flatMap((node) => {
      if (!isObject(node.schema) || node.schema['reduce'] === undefined) return []
      this.#reached.add(node.uri)
      const parsed = parseAnnotation(node.schema['reduce'])
      if ('faults' in parsed) {
        for (const { pointer, ...fault } of parsed.faults)
          this.#report(node, `/reduce${pointer}`, { severity: 'error', ...fault })
        return []
      }
      const own = alternatives.filter((alternative) => alternative.some(({ uri }) => uri === node.uri))
      const mask = own.length === 0 ? ANY : own.reduce((mask, alternative) => mask | typeMaskOf(alternative), 0)
      const annotated = { node, annotation: parsed.annotation, mask }
      this.#checkTypes(annotated)
      this.#checkKey(annotated, layers)
      this.#checkDeletedItems(annotated, layers)
      return [annotated]
    })
  }

  #checkTypes({ node, annotation: { strategy, key }, mask }: Annotated): void {
    if ((mask & ACCEPTED[strategy]) === 0) {
      const message = `${strategy} works on ${namesOf(ACCEPTED[strategy])}, but here is ${namesOf(mask)}`
      this.#report(node, '/reduce/strategy', { severity: 'error', message })
    } else if (strategy === 'merge' && key !== undefined && (mask & ARRAY) === 0) {
      const message = `merge takes a "key" for arrays, but here is ${namesOf(mask)}`
      this.#report(node, '/reduce/key', { severity: 'error', message, suggestion: 'Leave the key out.' })
    }
  }

  #checkKey({ node, annotation: { strategy, key }, mask }: Annotated, layers: Layers): void {
    if (key === undefined || (mask & ACCEPTED[strategy]) === 0) return
    const keyed = this.#keyedSchemas(strategy, layers)
    key.forEach((pointer, i) => {
      const problem = this.#missingLocation(keyed, pointer)
      if (problem !== undefined) this.#report(node, `/reduce/key/${i}`, problem)
    })
  }

  /** The schemas of the values that a key points into. */
  #keyedSchemas(strategy: Strategy, layers: Layers): SchemaNode[] {
    if (strategy === 'merge') return this.#below.ofItems(layers)
    if (strategy !== 'set') return layers
    return this.#below.ofItems(schemasInPlace(this.#set.index, this.#below.ofMember(layers, 'add')))
  }

  #missingLocation(
    nodes: readonly SchemaNode[],
    pointer: JsonPointer,
  ): (Omit<AnnotationProblem, keyof SchemaProblem> & { message: string }) | undefined {
    let place = this.#inference.root(nodes)
    for (const part of parsePointer(pointer) ?? []) {
      const names = this.#inference.names(place)
      place = this.#inference.step(place, part)
      const isForbidden = place.variants.length === 0
      if (!isForbidden && (place.isDeclared || names.length === 0)) continue
      const near = suggest(part, names)
      const message = `the key ${pointer} leads to "${part}", which ${isForbidden ? 'cannot exist there' : 'the schema does not mention'}`
      const severity = isForbidden ? 'error' : 'warning'
      return near === undefined ? { severity, message } : { severity, message, suggestion: `Did you mean "${near}"?` }
    }
    return undefined
  }

  #checkDeletedItems({ annotation: { strategy, key }, mask }: Annotated, layers: Layers): void {
    if (strategy !== 'merge' || key !== undefined || (mask & ARRAY) === 0) return
    for (const node of schemasInPlace(this.#set.index, this.#below.ofItems(layers))) {
      const parsed =
        isObject(node.schema) && node.schema['reduce'] !== undefined ? parseAnnotation(node.schema['reduce']) : undefined
      if (parsed === undefined || !('annotation' in parsed) || !parsed.annotation.isDelete) continue
      const message =
        'deleting items of an array that merges by index moves the others, so that the result depends on how documents are grouped'
      this.#report(node, '/reduce/delete', { severity: 'warning', message, suggestion: 'Give the array a "key".' })
    }
  }

  /** An annotation above that is written beside a `$ref` says on purpose that what is referred to is taken whole. */
  #reportBlocked(node: SchemaNode, blocker: Blocker | undefined): void {
    if (blocker === undefined) return
    const isInside = blocker.nodes.some(({ uri }) => node.uri.startsWith(`${uri}/`))
    if (!blocker.isDefault && !isInside) return
    const above = blocker.nodes[0]?.pointer ?? ''
    const how = `${blocker.strategy}${blocker.isDefault ? ', the default' : ''}`
    const message = `this reduce has no effect: "${above}" above it is reduced as a whole (${how})`
    this.#report(node, '/reduce', { severity: 'warning', message, suggestion: 'Add "reduce: { strategy: merge }" there.' })
  }

  #report(
    { documentUri, pointer }: SchemaNode,
    below: JsonPointer,
    problem: Omit<AnnotationProblem, 'schemaUri' | 'pointerInSchema'>,
  ): void {
    const found = { schemaUri: documentUri, pointerInSchema: pointer + below, ...problem }
    this.#problems.set(`${found.schemaUri}#${found.pointerInSchema} ${found.message}`, found)
  }
}

/** Whether the locations below take part. */
function descends({ strategy, key }: Annotation): boolean {
  return strategy === 'merge' || strategy === 'set' || ((strategy === 'minimize' || strategy === 'maximize') && key !== undefined)
}

function blockerOf(nodes: readonly SchemaNode[], annotated: readonly Annotated[]): Blocker {
  const [first] = annotated
  if (first === undefined) return { nodes: [...nodes], strategy: 'lastWriteWins', isDefault: true }
  return { nodes: annotated.map(({ node }) => node), strategy: first.annotation.strategy, isDefault: false }
}

function namesOf(mask: number): string {
  return typesOfMask(mask).join(' or ') || 'null'
}
