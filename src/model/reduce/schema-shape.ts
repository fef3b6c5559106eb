/**
 * Sets of JSON values, as far as a handful of keywords can describe them, with their union. Whatever else a schema says is left
 * out, which makes its set larger. Union is associative, since every part only grows.
 */
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import {
  ANY,
  ARRAY,
  FRACTION,
  INTEGER,
  maskOfTypes,
  maskOfValue,
  NULL,
  OBJECT,
  STRING,
  typesOfMask,
} from '../schema/type-mask.ts'

export type Shape = {
  /** Types that occur. */
  mask: number
  /** All values by their JSON text, when they are listed. */
  values?: Map<string, Json>
  /** Limits and other keywords that hold for every value of their type. */
  limits: Map<string, Json>
  /** Of properties that differ from `others`. */
  members: Map<string, Shape>
  required: Set<string>
  /** Of properties not in `members`, and of items; undefined: anything. */
  others?: Shape
  items?: Shape
}

/** Longer lists of values are dropped: they are data, not a type. */
const VALUES_MAX = 100

/** Keyword → the type that it limits, and how two limits unite. */
const LIMITS: Record<string, { mask: number; unite: (a: Json, b: Json) => Json | undefined }> = {
  minLength: { mask: STRING, unite: smaller },
  maxLength: { mask: STRING, unite: larger },
  format: { mask: STRING, unite: same },
  pattern: { mask: STRING, unite: same },
  minimum: { mask: INTEGER, unite: smaller },
  maximum: { mask: INTEGER, unite: larger },
  minItems: { mask: ARRAY, unite: smaller },
  maxItems: { mask: ARRAY, unite: larger },
}

export function readShape(schema: Json): Shape {
  if (!isObject(schema)) return schema === false ? nothing() : anything()
  if (isEverything(schema['not'])) return nothing()
  const branches = schema['anyOf'] ?? schema['oneOf']
  const own = readOwn(schema)
  if (!Array.isArray(branches) || !isAnything(own)) return own
  return branches.map(readShape).reduce(uniteShapes, nothing())
}

function readOwn(schema: JsonObject): Shape {
  const values = readValues(schema)
  let mask = maskOfTypes(schema['type'])
  if (values !== undefined) mask &= values.reduce<number>((all, value) => all | maskOfValue(value), 0)
  if (Number.isInteger(schema['multipleOf'])) mask &= ~FRACTION
  if (mask & FRACTION) mask |= INTEGER
  const limits = new Map(
    Object.keys(LIMITS).flatMap((name) => (schema[name] === undefined ? [] : [[name, schema[name]] as const])),
  )
  for (const [exclusive, name] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (!limits.has(name) && typeof schema[exclusive] === 'number') limits.set(name, schema[exclusive])
  }
  const members = isObject(schema['properties'])
    ? Object.entries(schema['properties']).map(([name, member]) => [name, readShape(member)] as const)
    : []
  const required = Array.isArray(schema['required']) ? schema['required'].filter((name) => typeof name === 'string') : []
  return normal({
    mask,
    ...(values && { values: new Map(values.map((value) => [JSON.stringify(value), value])) }),
    limits,
    members: new Map(members),
    required: new Set(required),
    ...readRest('others', readOthers(schema)),
    ...readRest('items', readItems(schema)),
  })
}

function readRest<Name extends 'others' | 'items'>(name: Name, shape: Shape): { [N in Name]?: Shape } {
  return (isAnything(shape) ? {} : { [name]: shape }) as { [N in Name]?: Shape }
}

/** Properties that a pattern speaks of may be any that is not named. */
function readOthers(schema: JsonObject): Shape {
  const patterns = isObject(schema['patternProperties']) ? Object.values(schema['patternProperties']) : []
  const isAlone = !['$ref', '$dynamicRef', 'allOf', 'anyOf', 'oneOf', 'if', 'dependentSchemas'].some(
    (keyword) => keyword in schema,
  )
  const rest = schema['additionalProperties'] ?? (isAlone ? schema['unevaluatedProperties'] : undefined) ?? true
  return patterns.map(readShape).reduce(uniteShapes, readShape(rest))
}

function readItems(schema: JsonObject): Shape {
  const tuple = Array.isArray(schema['items']) ? schema['items'] : schema['prefixItems']
  const rest = Array.isArray(schema['items']) ? schema['additionalItems'] : schema['items']
  return (Array.isArray(tuple) ? tuple : []).map(readShape).reduce(uniteShapes, readShape(rest ?? true))
}

function readValues(schema: JsonObject): Json[] | undefined {
  const values = schema['const'] === undefined ? schema['enum'] : [schema['const']]
  return Array.isArray(values) && values.length <= VALUES_MAX ? values : undefined
}

/** The smallest shape that holds all of both. */
export function uniteShapes(a: Shape, b: Shape): Shape {
  if (a.mask === 0) return b
  if (b.mask === 0) return a
  const values = a.values && b.values && new Map([...a.values, ...b.values])
  const objects = onlyOne(a, b, OBJECT) ?? uniteMembers(a, b)
  const items = (onlyOne(a, b, ARRAY) ?? { items: a.items && b.items && uniteShapes(a.items, b.items) }).items
  return normal({
    mask: a.mask | b.mask,
    ...(values && values.size <= VALUES_MAX && { values }),
    limits: uniteLimits(a, b),
    members: objects.members,
    required: objects.required,
    ...(objects.others && { others: objects.others }),
    ...(items && { items }),
  })
}

/** The one of the two that has values of a type, when the other has none. */
function onlyOne(a: Shape, b: Shape, mask: number): Shape | undefined {
  if ((a.mask & mask) === 0) return b
  return (b.mask & mask) === 0 ? a : undefined
}

function uniteMembers(a: Shape, b: Shape): Pick<Shape, 'members' | 'required' | 'others'> {
  const of = (shape: Shape, name: string) => shape.members.get(name) ?? shape.others ?? anything()
  const names = new Set([...a.members.keys(), ...b.members.keys()])
  const others = a.others && b.others && uniteShapes(a.others, b.others)
  return {
    members: new Map([...names].map((name) => [name, uniteShapes(of(a, name), of(b, name))])),
    required: a.required.intersection(b.required),
    ...(others && { others }),
  }
}

function uniteLimits(a: Shape, b: Shape): Map<string, Json> {
  const united = new Map<string, Json>()
  for (const [name, { mask, unite }] of Object.entries(LIMITS)) {
    const one = onlyOne(a, b, mask)
    const [left, right] = [(one ?? a).limits.get(name), (one ?? b).limits.get(name)]
    const limit = left === undefined || right === undefined ? undefined : unite(left, right)
    if (limit !== undefined) united.set(name, limit)
  }
  return united
}

/** Without what says nothing: parts for types that do not occur, members like all others. */
function normal(shape: Shape): Shape {
  const { mask, values, limits, members, required, others, items } = shape
  if (mask === 0 || values?.size === 0) return nothing()
  const rest = JSON.stringify(writeShape(others ?? anything()))
  const isDistinct = ([, member]: [string, Shape]) => JSON.stringify(writeShape(member)) !== rest
  const hasObjects = (mask & OBJECT) !== 0
  return {
    mask,
    ...(values && { values: new Map([...values].filter(([, value]) => maskOfValue(value) & mask)) }),
    limits: new Map([...limits].filter(([name]) => mask & (LIMITS[name]?.mask ?? 0))),
    members: new Map(hasObjects ? [...members].filter(isDistinct) : []),
    required: new Set(hasObjects ? required : []),
    ...(hasObjects && others && !isAnything(others) && { others }),
    ...(mask & ARRAY && items && !isAnything(items) && { items }),
  }
}

/** A JSON Schema of the shape. */
export function writeShape(shape: Shape): JsonObject | boolean {
  if (shape.mask === 0) return false
  if (isAnything(shape)) return true
  const { mask, values, limits, members, required, others, items } = shape
  const types = [...typesOfMask(mask), ...(mask & NULL ? ['null'] : [])]
  const named = sortedEntries(members).map(([name, member]) => [name, writeShape(member)])
  return {
    ...(mask !== ANY && { type: types.length === 1 ? (types[0] as string) : types }),
    ...(values && { enum: sortedEntries(values).map(([, value]) => value) }),
    ...Object.fromEntries(sortedEntries(limits)),
    ...(named.length > 0 && { properties: Object.fromEntries(named) as JsonObject }),
    ...(required.size > 0 && { required: [...required].toSorted() }),
    ...(others && { additionalProperties: writeShape(others) }),
    ...(items && { items: writeShape(items) }),
  }
}

function isAnything({ mask, values, limits, members, required, others, items }: Shape): boolean {
  const isOpen = values === undefined && others === undefined && items === undefined
  return mask === ANY && isOpen && limits.size + members.size + required.size === 0
}

function anything(): Shape {
  return { mask: ANY, limits: new Map(), members: new Map(), required: new Set() }
}

function nothing(): Shape {
  return { mask: 0, limits: new Map(), members: new Map(), required: new Set() }
}

function isEverything(schema: Json | undefined): boolean {
  return schema === true || (isObject(schema) && Object.keys(schema).length === 0)
}

function smaller(a: Json, b: Json): Json {
  return Math.min(Number(a), Number(b))
}

function larger(a: Json, b: Json): Json {
  return Math.max(Number(a), Number(b))
}

function same(a: Json, b: Json): Json | undefined {
  return a === b ? a : undefined
}

function sortedEntries<Value>(map: Map<string, Value>): [string, Value][] {
  return [...map].toSorted(([a], [b]) => (a < b ? -1 : 1))
}
