/**
 * A schema as the list of its alternatives: each a list of schemas without branches, all of which apply together. What is true
 * in every alternative is true of every valid document.
 */
import { appliedSubschemas, childrenOf, type SchemaIndex, type SchemaNode } from './schema-index.ts'

/** Schemas that apply together, the outermost first. */
export type Layers = SchemaNode[]

/** Beyond, further branches are left out of account, which makes the statements weaker but never wrong. */
const ALTERNATIVES_MAX = 64

export function alternativesOf(index: SchemaIndex, nodes: readonly SchemaNode[]): Layers[] {
  return nodes.reduce<Layers[]>((all, node) => product(all, alternatives(index, node, new Set())), [[]])
}

/** `above`: schemas on the way here through references and branches; one that comes again adds nothing. */
function alternatives(index: SchemaIndex, node: SchemaNode, above: ReadonlySet<string>): Layers[] {
  if (above.has(node.uri)) return [[]]
  const path = new Set(above).add(node.uri)
  const within = (child: SchemaNode) => alternatives(index, child, path)
  let all: Layers[] = [[node]]
  const target = index.reference(node)
  if (target !== undefined) all = product(all, within(target))
  for (const member of childrenOf(node, 'allOf')) all = product(all, within(member))
  for (const keyword of ['oneOf', 'anyOf']) {
    const branches = childrenOf(node, keyword)
    if (branches.length > 0) all = product(all, branches.flatMap(within))
  }
  for (const branch of childrenOf(node, 'dependentSchemas')) all = product(all, [[], ...within(branch)])
  return product(all, conditional(node, within))
}

function conditional(node: SchemaNode, within: (child: SchemaNode) => Layers[]): Layers[] {
  const [condition] = childrenOf(node, 'if')
  if (condition === undefined) return [[]]
  const branch = (keyword: string) => childrenOf(node, keyword).map(within)[0] ?? [[]]
  return [...product(within(condition), branch('then')), ...branch('else')]
}

function product(left: Layers[], right: Layers[]): Layers[] {
  if (left.length * right.length > ALTERNATIVES_MAX) return left
  return left.flatMap((a) => right.map((b) => unique([...a, ...b])))
}

function unique(layers: Layers): Layers {
  return [...new Map(layers.map((layer) => [layer.uri, layer])).values()]
}

/** Every schema that says something of the documents of `root`: below it, and through references. Each once. */
export function reachableSchemas(index: SchemaIndex, root: SchemaNode): SchemaNode[] {
  const found = new Map<string, SchemaNode>()
  const queue = [root]
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    if (found.has(node.uri)) continue
    found.set(node.uri, node)
    const target = index.reference(node)
    if (target !== undefined) queue.push(target)
    queue.push(...appliedSubschemas(node))
  }
  return [...found.values()]
}

/** Schemas that may apply to the same value as `nodes`: through references, `allOf` and every branch. Each once, outermost first. */
export function schemasInPlace(index: SchemaIndex, nodes: readonly SchemaNode[]): SchemaNode[] {
  const found = new Map<string, SchemaNode>()
  const visit = (node: SchemaNode) => {
    if (found.has(node.uri)) return
    found.set(node.uri, node)
    for (const keyword of IN_PLACE_KEYWORDS) for (const child of childrenOf(node, keyword)) visit(child)
    const target = index.reference(node)
    if (target !== undefined) visit(target)
  }
  for (const node of nodes) visit(node)
  return [...found.values()]
}

const IN_PLACE_KEYWORDS = ['allOf', 'anyOf', 'oneOf', 'if', 'then', 'else', 'dependentSchemas']
