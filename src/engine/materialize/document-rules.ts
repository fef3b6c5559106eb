/** What a collection's schema asks of documents that are reduced, with errors that name collection, key and place. */
import { invariant, MillraceError } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import type { CompiledSchema, ReduceMode } from '../../model/compiled-schema.ts'
import type { PackedKey } from '../../model/key.ts'

export type DocumentRules = {
  collection: string
  schema: CompiledSchema
  /** Documents that were validated with a schema of this hash need not be validated again. */
  schemaHash: string
}

/** Throws `document_invalid`. `what` completes "… of collection x" at the start of the message. */
export function requireValid(rules: DocumentRules, key: PackedKey, document: Json, what = 'A document'): void {
  const [violation] = rules.schema.validate(document) ?? []
  if (violation === undefined) return
  const place = `at ${violation.pointer || 'its root'}: ${violation.message}`
  throw new MillraceError(
    'document_invalid',
    `${what} of collection "${rules.collection}", key ${key}, breaks the schema ${place}.`,
    {
      hint: 'Correct the schema, or the reductions that lead to such a document; the materialization then goes on where it stopped.',
    },
  )
}

/** The documents of one key reduced onto `base`, one after the other. Undefined when the last reduction deletes the document. */
export function reduceFully(
  rules: DocumentRules,
  key: PackedKey,
  base: Json | undefined,
  documents: readonly Json[],
): Json | undefined {
  return documents.reduce<Json | undefined>((left, right) => reduceTwo(rules, key, [left, right], 'full'), base)
}

/** The documents of one key as one delta; at least one. */
export function reducePartially(rules: DocumentRules, key: PackedKey, documents: readonly Json[]): Json {
  return documents.reduce((left, right) => {
    const combined = reduceTwo(rules, key, [left, right], 'partial')
    invariant(combined !== undefined, `a partial reduction in collection "${rules.collection}" keeps the document`)
    return combined
  })
}

function reduceTwo(
  rules: DocumentRules,
  key: PackedKey,
  [left, right]: readonly [Json | undefined, Json],
  mode: ReduceMode,
): Json | undefined {
  try {
    return rules.schema.reduce(left, right, mode)
  } catch (cause) {
    if (!(cause instanceof MillraceError)) throw cause
    const { code, hint, message } = cause
    throw new MillraceError(code, `Collection "${rules.collection}", key ${key}: ${message}`, {
      cause,
      ...(hint === undefined ? {} : { hint }),
    })
  }
}
