/** Compiled validation of one schema: the happy path stops at nothing and collects nothing; all violations are listed only on failure. */
import addFormats from 'ajv-formats'
import { Ajv2020, type ErrorObject, type Options, type ValidateFunction } from 'ajv/dist/2020.js'
import { MillraceError, messageOf } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import type { JsonSchema } from '../catalog.ts'
import type { Violation } from '../compiled-schema.ts'
import { isDeeperThan, NESTING_MAX } from './nesting.ts'
import { OWN_FORMATS } from './formats.ts'
import { isWellFormed } from './well-formed.ts'

export type Validator = {
  isValid: (document: unknown) => boolean
  /** As promised by `CompiledSchema.validate`. */
  validate: (document: unknown) => Violation[] | undefined
}

/** More would help nobody, and a hostile document can have millions. */
const VIOLATIONS_MAX = 100

/** Compiles self-contained schemas. One per schema set, so that what was compiled is forgotten with it. */
export class ValidatorCompiler {
  readonly #ajvs = new Map<string, Ajv2020>()

  /** Throws `catalog_invalid` when `schema` is no JSON Schema. */
  compile(schema: JsonSchema): Validator {
    const isValid = this.#compile(schema, false)
    let listing: ValidateFunction | undefined
    const list = (document: unknown) => {
      listing ??= this.#compile(schema, true)
      return listing(document) ? undefined : violations(listing.errors ?? [])
    }
    return {
      isValid,
      validate: (document) => {
        try {
          return isValid(document) ? undefined : list(document)
        } catch (error) {
          // The stack ran out: with a recursive schema the document's depth is the depth of calls.
          if (!isDeeperThan(document, NESTING_MAX)) throw error
          return [{ pointer: '', message: `must not be nested deeper than ${NESTING_MAX} levels` }]
        }
      },
    }
  }

  #compile(schema: JsonSchema, allErrors: boolean): ValidateFunction {
    // Own properties cost time, and matter only where a schema names one that every object inherits.
    const ownProperties = INHERITED_NAMES.test(JSON.stringify(schema))
    try {
      return this.#ajv({ allErrors, ownProperties }).compile(schema)
    } catch (cause) {
      throw new MillraceError('catalog_invalid', `A schema cannot be compiled: ${messageOf(cause)}.`, {
        hint: 'Correct the schema as JSON Schema 2020-12.',
        cause,
      })
    }
  }

  #ajv(options: { allErrors: boolean; ownProperties: boolean }): Ajv2020 {
    const name = JSON.stringify(options)
    const ajv = this.#ajvs.get(name) ?? createAjv(options)
    this.#ajvs.set(name, ajv)
    return ajv
  }
}

function createAjv(options: Options): Ajv2020 {
  const ajv = new Ajv2020({ ...OPTIONS, ...options, meta: false })
  addFormats.default(ajv)
  for (const [name, isFormat] of Object.entries(OWN_FORMATS)) ajv.addFormat(name, isFormat)
  return ajv
}

/** `strict` off: unknown keywords are annotations, as the standard says. Schemas are checked by `findMetaViolations` before. */
const OPTIONS: Options = { strict: false, validateSchema: false, logger: false, addUsedSchema: false }

/** Whatever is not JSON Schema 2020-12 in `schema`. */
export function findMetaViolations(schema: JsonSchema): Violation[] {
  return isWellFormed(schema) ? [] : metaViolations(schema)
}

/** What the meta-schema has against `schema`. */
export function metaViolations(schema: JsonSchema): Violation[] {
  metaValidator ??= addFormats.default(new Ajv2020({ ...OPTIONS, allErrors: true }))
  return metaValidator.validateSchema(schema) === true ? [] : violations(metaValidator.errors ?? [])
}

/** Compiling the meta-schema takes ten times as long as compiling what a catalog has; one does for all. */
let metaValidator: ReturnType<typeof addFormats.default> | undefined

const INHERITED_NAMES = new RegExp(`"(${Object.getOwnPropertyNames(Object.prototype).join('|')})"`)

function violations(errors: readonly ErrorObject[]): Violation[] {
  const listed = errors.slice(0, VIOLATIONS_MAX).map((error) => ({ pointer: error.instancePath, message: messageFor(error) }))
  const more = errors.length - listed.length
  return more > 0 ? [...listed, { pointer: '', message: `has ${more} more violations` }] : listed
}

function messageFor(error: ErrorObject): string {
  const { keyword, params } = error
  const message = (error.message ?? `breaks "${keyword}"`).replaceAll(/'([^']*)'/g, '"$1"')
  switch (keyword) {
    case 'additionalProperties':
      return `must not have the property "${String(params['additionalProperty'])}"`
    case 'unevaluatedProperties':
      return `must not have the property "${String(params['unevaluatedProperty'])}"`
    case 'const':
      return `must be ${JSON.stringify(params['allowedValue'])}`
    case 'enum':
      return `must be one of ${listOf(params['allowedValues'])}`
    case 'false schema':
      return 'must be absent'
    default:
      return message
  }
}

function listOf(values: unknown): string {
  return Array.isArray(values) ? values.map((value) => JSON.stringify(value as Json)).join(', ') : String(values)
}
