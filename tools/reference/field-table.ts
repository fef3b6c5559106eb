/** Tables of fields for people, from JSON Schema as Zod writes it. */

export type SchemaNode = {
  title?: string
  description?: string
  /** Several where null is one of them. */
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  default?: unknown
  minimum?: number
  maximum?: number
  pattern?: string
  properties?: Record<string, SchemaNode>
  required?: string[]
  additionalProperties?: SchemaNode | boolean
  items?: SchemaNode
  anyOf?: SchemaNode[]
  $ref?: string
  $defs?: Record<string, SchemaNode>
}

/** Fields that people write have defaults; fields that they read are there, or not. */
export type Direction = 'written' | 'read'

type Context = { kinds: Record<string, SchemaNode>; direction: Direction }

/** A row for each field, also of objects within that have no section of their own; empty for what has no fields. */
export function fieldTable(node: SchemaNode, kinds: Record<string, SchemaNode> = {}, direction: Direction = 'written'): string {
  const rows = fieldRows(node, '', { kinds, direction })
  if (rows.length === 0) return ''
  const head =
    direction === 'read'
      ? ['| field | form | meaning |', '|---|---|---|']
      : ['| field | form | default | meaning |', '|---|---|---|---|']
  return [...head, ...rows].join('\n')
}

function fieldRows(node: SchemaNode, prefix: string, context: Context): string[] {
  const own = Object.entries(node.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`
    const isRequired = (node.required ?? []).includes(name) && field.default === undefined
    return [...fieldRow(path, field, { ...context, isRequired }), ...inner(field, path, context)]
  })
  return [...own, ...(node.anyOf ?? []).flatMap((branch) => fieldRows(branch, prefix, context))]
}

function inner(field: SchemaNode, path: string, context: Context): string[] {
  if (field.properties || field.anyOf) return fieldRows(field, `${path}.`, context)
  if (field.items) return inner(field.items, `${path}[]`, context)
  return typeof field.additionalProperties === 'object' ? inner(field.additionalProperties, `${path}.<name>`, context) : []
}

/** Nothing for an object of which there is no more to say than what its fields say. */
function fieldRow(
  path: string,
  field: SchemaNode,
  { kinds, direction, isRequired }: Context & { isRequired: boolean },
): string[] {
  const named = field.$ref === undefined ? undefined : kinds[kindName(field.$ref)]
  const { meaning, fallback } = splitDefault(field.description ?? named?.description ?? '')
  const form = formOf(field, kinds)
  if (meaning === '' && form === 'fields') return []
  if (direction === 'read') return [tableRow([`\`${path}\``, isRequired ? form : `${form}, or absent`, meaning])]
  const shown = field.default === undefined || typeof field.default === 'object' ? fallback : code(field.default)
  return [tableRow([`\`${path}\``, form, isRequired ? '*required*' : shown, meaning])]
}

/** Descriptions end with their default: `… Default false.` */
function splitDefault(description: string): { meaning: string; fallback: string } {
  const [, meaning = description, fallback = ''] = /^(.*?)\s*Default:? ([^.]+)\.$/.exec(description) ?? []
  const isWords = fallback.includes(' ')
  return { meaning, fallback: fallback === '' || isWords ? fallback : `\`${fallback}\`` }
}

/** For example `list of [JSON pointer](#json-pointer)`. */
export function formOf(node: SchemaNode, kinds: Record<string, SchemaNode>): string {
  if (node.$ref !== undefined) {
    const title = kinds[kindName(node.$ref)]?.title
    // Any JSON refers to itself, and has no section.
    return title === undefined ? 'any value' : link(title)
  }
  if (node.const !== undefined) return code(node.const)
  if (node.enum) return node.enum.map(code).join(' or ')
  if (node.anyOf) return [...new Set(node.anyOf.map((branch) => formOf(branch, kinds)))].join(' or ')
  if (node.type === 'array') return `list of ${formOf(node.items ?? {}, kinds)}`
  if (node.type === 'object' && typeof node.additionalProperties === 'object' && !node.properties) {
    const values = formOf(node.additionalProperties, kinds)
    return values === 'any value' ? 'object' : `map of ${values}`
  }
  if (Array.isArray(node.type)) return node.type.map((type) => formOf({ ...node, type }, kinds)).join(' or ')
  return FORMS[node.type ?? ''] ?? 'any value'
}

const FORMS: Record<string, string> = {
  string: 'text',
  integer: 'integer',
  number: 'number',
  boolean: 'boolean',
  object: 'fields',
  null: 'null',
}

export function kindName(reference: string): string {
  return reference.replace('#/$defs/', '')
}

function link(title: string): string {
  return `[${title}](#${title.toLowerCase().replaceAll(' ', '-')})`
}

function code(value: unknown): string {
  return `\`${JSON.stringify(value)}\``
}

export function tableRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
}
