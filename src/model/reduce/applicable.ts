/**
 * Which schemas apply to a location: those that always do, and those whose branch (oneOf, anyOf, if, dependentSchemas)
 * depends on the document. Of two annotations at one location that of the earlier layer counts.
 */
import { invariant } from '../../base/errors.ts'
import { isObject, type Json } from '../../base/json.ts'
import { appliedSubschemas, childOf, childrenOf, type SchemaIndex, type SchemaNode } from '../schema/schema-index.ts'

export type BranchTest = (node: SchemaNode) => (value: unknown) => boolean

/** A keyword whose branches may or may not apply. */
export type Conditional = {
  id: string
  /** Numbers the set of branches that apply to a value. */
  choose: (right: Json) => number
  /** The branches of a number, the one that counts most first. */
  branches: (choice: number) => SchemaNode[]
}

export type Applicable = {
  /**
   * Schemas that apply, the one that counts most first: applying branches before the schema that holds them, that before
   * its `allOf` (last first), and what its `$ref` leads to at the end.
   */
  layers: SchemaNode[]
  /** Not decided by `choices` yet. */
  open: Conditional[]
}

/** Branches that were chosen, by the id of their conditional. */
export type Choices = ReadonlyMap<string, SchemaNode[]>

export class ApplicableSchemas {
  readonly #index: SchemaIndex
  readonly #branchTest: BranchTest
  readonly #hasAnnotations = new Map<string, boolean>()

  constructor(index: SchemaIndex, branchTest: BranchTest) {
    this.#index = index
    this.#branchTest = branchTest
  }

  find(nodes: readonly SchemaNode[], choices: Choices): Applicable {
    const layers = new Map<string, SchemaNode>()
    const open: Conditional[] = []
    const visit = (node: SchemaNode) => {
      if (layers.has(node.uri)) return
      for (const conditional of this.#conditionals(node)) {
        const chosen = choices.get(conditional.id)
        if (chosen === undefined) open.push(conditional)
        else for (const branch of chosen) visit(branch)
      }
      if (layers.has(node.uri)) return
      layers.set(node.uri, node)
      for (const member of childrenOf(node, 'allOf').toReversed()) visit(member)
      const target = this.#index.reference(node)
      if (target !== undefined) visit(target)
    }
    for (const node of nodes) visit(node)
    return { layers: [...layers.values()], open }
  }

  /** Whether a `reduce` stands anywhere in or below the schema, references included. */
  hasAnnotations(node: SchemaNode): boolean {
    const known = this.#hasAnnotations.get(node.uri)
    if (known !== undefined) return known
    const seen = new Set<string>()
    const search = (node: SchemaNode): boolean => {
      if (seen.has(node.uri) || !isObject(node.schema)) return false
      seen.add(node.uri)
      if (node.schema['reduce'] !== undefined) return true
      const target = this.#index.reference(node)
      if (target !== undefined && search(target)) return true
      return appliedSubschemas(node).some(search)
    }
    const found = search(node)
    this.#hasAnnotations.set(node.uri, found)
    return found
  }

  #conditionals(node: SchemaNode): Conditional[] {
    if (!isObject(node.schema)) return []
    return [...this.#dependents(node), ...this.#ifThenElse(node), ...this.#anyOf(node, 'oneOf'), ...this.#anyOf(node, 'anyOf')]
  }

  #anyOf(node: SchemaNode, keyword: 'oneOf' | 'anyOf'): Conditional[] {
    const all = childrenOf(node, keyword)
    const annotated = all.filter((branch) => this.hasAnnotations(branch))
    if (annotated.length === 0) return []
    invariant(annotated.length < BRANCHES_MAX, `${node.uri} has more than ${BRANCHES_MAX} annotated branches`)
    // Just one branch of oneOf applies to a valid document: when all others do not, the last one does.
    const isLastImplied = keyword === 'oneOf' && annotated.length === all.length
    const tests = (isLastImplied ? annotated.slice(0, -1) : annotated).map(this.#branchTest)
    const chooseOne = (right: Json) => {
      const found = tests.findIndex((isValid) => isValid(right))
      return found >= 0 || isLastImplied ? 2 ** (found >= 0 ? found : tests.length) : 0
    }
    const chooseAny = (right: Json) => tests.reduce((choice, isValid, i) => (isValid(right) ? choice + 2 ** i : choice), 0)
    return [
      {
        id: `${node.uri}/${keyword}`,
        choose: keyword === 'oneOf' ? chooseOne : chooseAny,
        branches: (choice) => annotated.filter((_, i) => Math.floor(choice / 2 ** i) % 2 === 1).toReversed(),
      },
    ]
  }

  #ifThenElse(node: SchemaNode): Conditional[] {
    const [condition] = childrenOf(node, 'if')
    if (condition === undefined) return []
    const whenTrue = [...childrenOf(node, 'then'), condition].filter((branch) => this.hasAnnotations(branch))
    const whenFalse = childrenOf(node, 'else').filter((branch) => this.hasAnnotations(branch))
    if (whenTrue.length + whenFalse.length === 0) return []
    const isValid = this.#branchTest(condition)
    return [
      {
        id: `${node.uri}/if`,
        choose: (right) => (isValid(right) ? 1 : 0),
        branches: (choice) => (choice === 1 ? whenTrue : whenFalse),
      },
    ]
  }

  #dependents(node: SchemaNode): Conditional[] {
    const names =
      isObject(node.schema) && isObject(node.schema['dependentSchemas']) ? Object.keys(node.schema['dependentSchemas']) : []
    return names.flatMap((name) => {
      const branch = childOf(node, ['dependentSchemas', name])
      if (branch === undefined || !this.hasAnnotations(branch)) return []
      return [
        {
          id: branch.uri,
          choose: (right: Json) => (isObject(right) && Object.hasOwn(right, name) ? 1 : 0),
          branches: (choice: number) => (choice === 1 ? [branch] : []),
        },
      ]
    })
  }
}

/** The numbers of choices are exact up to 2^53. */
const BRANCHES_MAX = 50
