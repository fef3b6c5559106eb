/**
 * Schemas as TypeScript types: objects, lists, tuples, constants, unions and references, recursive ones too. What a type cannot
 * say (formats, ranges, conditions) is left out, so every valid document is of its type.
 */
import { isObject, type Json, type JsonObject } from '../base/json.ts'
import { childOf, childrenOf, type SchemaIndex, type SchemaNode } from '../model/schema/schema-index.ts'
import { capitalCase } from './capital-case.ts'

export class SchemaTypes {
  readonly #index: SchemaIndex
  /** Names by the place of the schema. */
  readonly #names = new Map<string, string>()
  readonly #taken = new Set<string>()
  readonly #declarations = new Map<string, string>()

  constructor(index: SchemaIndex) {
    this.#index = index
  }

  /** Keeps a name for the caller; returns it with a number behind when it is taken. */
  reserve(wanted: string): string {
    let name = wanted
    for (let number = 2; this.#taken.has(name); number++) name = `${wanted}${number}`
    this.#taken.add(name)
    return name
  }

  /** Declares the schema at `uri` as the type `wanted`, once per schema: the name that it got first is returned. */
  declare(uri: string, wanted: string): string {
    return this.#nameOf(this.#index.require(uri), wanted)
  }

  /** All declared types and those that they mention, in the order of their declaration. */
  declarations(): string[] {
    return [...this.#declarations.values()]
  }

  #nameOf(node: SchemaNode, wanted: string): string {
    const known = this.#names.get(node.uri)
    if (known !== undefined) return known
    const name = this.reserve(wanted)
    this.#names.set(node.uri, name)
    // Takes its place before the types that it mentions.
    this.#declarations.set(name, '')
    this.#declarations.set(name, `${comment(node, '')}export type ${name} = ${this.#text(node, '')}\n`)
    return name
  }

  #text(node: SchemaNode, indent: string): string {
    if (!isObject(node.schema)) return node.schema ? 'unknown' : 'never'
    const parts = [
      ...this.#referenceText(node),
      ...this.#ownText(node, node.schema, indent),
      ...childrenOf(node, 'allOf').map((child) => this.#text(child, indent)),
      ...['anyOf', 'oneOf'].flatMap((keyword) => this.#unionText(childrenOf(node, keyword), indent)),
    ].filter((part) => part !== 'unknown')
    return parts.length === 0 ? 'unknown' : parts.map((part) => (parts.length > 1 ? grouped(part) : part)).join(' & ')
  }

  #referenceText(node: SchemaNode): string[] {
    const target = this.#index.reference(node)
    return target ? [this.#nameOf(target, nameFor(target))] : []
  }

  #unionText(branches: readonly SchemaNode[], indent: string): string[] {
    return branches.length === 0 ? [] : [union(branches.map((branch) => this.#text(branch, indent)))]
  }

  #ownText(node: SchemaNode, schema: JsonObject, indent: string): string[] {
    if ('const' in schema) return [JSON.stringify(schema['const'])]
    if (Array.isArray(schema['enum'])) return [union(schema['enum'].map((value) => JSON.stringify(value)))]
    const types = typesOf(schema)
    return types.length === 0 ? [] : [union(types.map((type) => this.#typeText(type, node, indent)))]
  }

  #typeText(type: string, node: SchemaNode, indent: string): string {
    switch (type) {
      case 'integer':
        return 'number'
      case 'array':
        return this.#listText(node, indent)
      case 'object':
        return this.#objectText(node, indent)
      default:
        return type
    }
  }

  #listText(node: SchemaNode, indent: string): string {
    const schema = node.schema as JsonObject
    const isOldTuple = Array.isArray(schema['items'])
    const first = childrenOf(node, isOldTuple ? 'items' : 'prefixItems').map((child) => this.#text(child, indent))
    const restNode = childOf(node, [isOldTuple ? 'additionalItems' : 'items'])
    const rest = `${grouped(restNode ? this.#text(restNode, indent) : 'unknown')}[]`
    if (first.length === 0) return rest
    const minItems = typeof schema['minItems'] === 'number' ? schema['minItems'] : 0
    const items = first.map((item, i) => (i < minItems ? item : `${grouped(item)}?`))
    return `[${[...items, ...(restNode?.schema === false ? [] : [`...${rest}`])].join(', ')}]`
  }

  #objectText(node: SchemaNode, indent: string): string {
    const schema = node.schema as JsonObject
    const required = new Set(Array.isArray(schema['required']) ? schema['required'].map(String) : [])
    const inner = `${indent}  `
    const member = (name: string, child: SchemaNode | undefined) => {
      const type = child ? this.#text(child, inner) : 'unknown'
      return `${child ? comment(child, inner) : ''}${inner}${propertyName(name)}${required.has(name) ? '' : '?'}: ${type}\n`
    }
    const properties = isObject(schema['properties']) ? Object.keys(schema['properties']) : []
    const own = properties.map((name) => member(name, childOf(node, ['properties', name])))
    const inherited = [...required]
      .filter((name) => !properties.includes(name))
      .map((name) => member(name, this.#findProperty(node, name)))
    const members = [...own, ...inherited, ...this.#restText(node, own.length > 0, inner)]
    if (members.length > 0) return `{\n${members.join('')}${indent}}`
    return isObject(schema['properties']) || this.#index.reference(node) || 'allOf' in schema
      ? 'unknown'
      : 'Record<string, unknown>'
  }

  /** Further properties have a type when the schema gives them one. */
  #restText(node: SchemaNode, hasMembers: boolean, indent: string): string[] {
    const additional = childOf(node, ['additionalProperties'])
    const rest = [...childrenOf(node, 'patternProperties'), ...(additional && isObject(additional.schema) ? [additional] : [])]
    if (rest.length === 0) return []
    // Properties with names must fit the type of the others, which one type cannot say.
    const type = hasMembers ? 'unknown' : union(rest.map((child) => this.#text(child, indent)))
    return [`${indent}[name: string]: ${type}\n`]
  }

  /** A property that a reference or an `allOf` of the schema declares. */
  #findProperty(node: SchemaNode, name: string, depth = 0): SchemaNode | undefined {
    if (depth > REFERENCES_MAX) return undefined
    const own = childOf(node, ['properties', name])
    if (own) return own
    const target = this.#index.reference(node)
    for (const part of [...(target ? [target] : []), ...childrenOf(node, 'allOf')]) {
      const found = this.#findProperty(part, name, depth + 1)
      if (found) return found
    }
    return undefined
  }
}

/** No schema that a person writes goes through more; a cycle of references would never end. */
const REFERENCES_MAX = 50

function typesOf(schema: JsonObject): string[] {
  const type = schema['type']
  if (typeof type === 'string') return [type]
  if (Array.isArray(type)) return type.map(String)
  if (['properties', 'required', 'additionalProperties', 'patternProperties'].some((keyword) => keyword in schema))
    return ['object']
  return 'items' in schema || 'prefixItems' in schema ? ['array'] : []
}

function union(types: readonly string[]): string {
  if (types.includes('unknown')) return 'unknown'
  const distinct = [...new Set(types)].filter((type) => type !== 'never')
  if (distinct.length === 0) return 'never'
  return distinct.map((type) => (distinct.length > 1 && type.includes(' & ') ? grouped(type) : type)).join(' | ')
}

/** In parentheses where an operator stands outside of any braces, quotes or brackets. */
function grouped(type: string): string {
  return / [|&] /.test(type) ? `(${type})` : type
}

export function propertyName(name: string): string {
  return /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(name) ? name : JSON.stringify(name)
}

/** The anchor, the name under `$defs`, or the file's name up to its first dot. */
function nameFor({ schema, documentUri, pointer }: SchemaNode): string {
  const anchor: Json | undefined = isObject(schema) ? schema['$anchor'] : undefined
  if (typeof anchor === 'string') return capitalCase(anchor)
  const path = pointer === '' ? new URL(documentUri).pathname : pointer
  const last = decodeURIComponent(path.slice(path.lastIndexOf('/') + 1))
  return capitalCase(pointer === '' ? (last.split('.')[0] ?? last) : last)
}

function comment(node: SchemaNode, indent: string): string {
  const description = isObject(node.schema) ? node.schema['description'] : undefined
  if (typeof description !== 'string' || description.trim() === '') return ''
  const lines = description.trim().replaceAll('*/', '* /').split('\n')
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`
}
