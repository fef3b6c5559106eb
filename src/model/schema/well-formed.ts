/**
 * A quick look at a schema: most are plainly what JSON Schema 2020-12 allows, and compiling its meta-schema to hear so would
 * take longer than loading the whole catalog. Doubt means "no", and then the meta-schema decides.
 */
import { isObject, type Json } from '../../base/json.ts'
import { SCHEMA_KEYWORDS, SCHEMA_LIST_KEYWORDS, SCHEMA_MAP_KEYWORDS } from './schema-keywords.ts'

/** True only for schemas that the meta-schema accepts. */
export function isWellFormed(schema: unknown): boolean {
  if (typeof schema === 'boolean') return true
  return isObject(schema) && Object.entries(schema).every(([keyword, value]) => isWellFormedKeyword(keyword, value))
}

function isWellFormedKeyword(keyword: string, value: Json): boolean {
  if (SCHEMA_LIST_KEYWORDS.has(keyword) && keyword !== 'items')
    return Array.isArray(value) && value.length > 0 && value.every(isWellFormed)
  if (SCHEMA_KEYWORDS.has(keyword)) return isWellFormed(value)
  if (SCHEMA_MAP_KEYWORDS.has(keyword))
    return isObject(value) && Object.entries(value).every(([name, item]) => isEntry(keyword, name, item))
  const isAllowed = VALUES[keyword]
  // Keywords of the standard that are not listed begin with "$" or are of older drafts; others are annotations.
  return isAllowed === undefined ? !/^(\$|dependencies$)/.test(keyword) : isAllowed(value)
}

function isEntry(keyword: string, name: string, schema: Json): boolean {
  return (keyword !== 'patternProperties' || isPattern(name)) && isWellFormed(schema)
}

const TYPE_NAMES: readonly Json[] = ['null', 'boolean', 'integer', 'number', 'string', 'object', 'array']

const isNumber = (value: Json): value is number => typeof value === 'number'
const isCount = (value: Json) => Number.isInteger(value) && (value as number) >= 0
const isText = (value: Json) => typeof value === 'string'
const isBoolean = (value: Json) => typeof value === 'boolean'
const isTexts = (value: Json): value is string[] =>
  Array.isArray(value) && value.every(isText) && new Set(value).size === value.length

function isPattern(value: Json): boolean {
  // Anything but plain characters and a few operators is left to the meta-schema.
  return typeof value === 'string' && /^[\w\s^$./:@-]*$/.test(value)
}

const VALUES: Record<string, (value: Json) => boolean> = {
  type: (value) =>
    TYPE_NAMES.includes(value) || (isTexts(value) && value.length > 0 && value.every((name) => TYPE_NAMES.includes(name))),
  const: () => true,
  enum: (value) => Array.isArray(value),
  multipleOf: (value) => isNumber(value) && value > 0,
  minimum: isNumber,
  maximum: isNumber,
  exclusiveMinimum: isNumber,
  exclusiveMaximum: isNumber,
  minLength: isCount,
  maxLength: isCount,
  minItems: isCount,
  maxItems: isCount,
  minContains: isCount,
  maxContains: isCount,
  minProperties: isCount,
  maxProperties: isCount,
  uniqueItems: isBoolean,
  pattern: isPattern,
  required: isTexts,
  dependentRequired: (value) => isObject(value) && Object.values(value).every(isTexts),
  format: isText,
  contentEncoding: isText,
  contentMediaType: isText,
  title: isText,
  description: isText,
  deprecated: isBoolean,
  readOnly: isBoolean,
  writeOnly: isBoolean,
  examples: (value) => Array.isArray(value),
  default: () => true,
  $ref: (value) => typeof value === 'string' && /^#[\w/$-]*$/.test(value),
}
