/** For tests: reduces documents in every way that must come to the same result. */
import { expect } from 'vitest'
import { deepFreeze } from '../../base/deep-freeze.ts'
import type { Json, JsonObject } from '../../base/json.ts'
import type { JsonSchema } from '../catalog.ts'
import type { CompiledSchema } from '../compiled-schema.ts'
import { SchemaSet } from '../schema/schema-set.ts'

const SCHEMA_URI = 'test:///schema'

export function compileTestSchema(schema: JsonSchema): CompiledSchema {
  return new SchemaSet({ [SCHEMA_URI]: schema }).compile(SCHEMA_URI)
}

/** One document after the other, each with a full reduction. */
export function reduceInOrder(schema: CompiledSchema, documents: readonly Json[], base?: Json): Json | undefined {
  return documents.reduce<Json | undefined>((left, right) => schema.reduce(left, right, 'full'), base)
}

/** Partial reductions as a tree: `splits` says where each part is cut in two; the same numbers give the same tree. */
export function combine(schema: CompiledSchema, documents: readonly Json[], splits: readonly number[]): Json {
  const [first, ...rest] = documents
  if (first === undefined) throw new Error('nothing to combine')
  if (rest.length === 0) return deepFreeze(first)
  const [split = 0, ...more] = splits
  const at = 1 + (split % rest.length)
  const left = combine(schema, documents.slice(0, at), more)
  const right = combine(schema, documents.slice(at), more.toReversed())
  return deepFreeze(schema.reduce(left, right, 'partial') as Json)
}

/** Every way to put parentheses around partial reductions of the documents. */
function allCombinations(schema: CompiledSchema, documents: readonly Json[]): Json[] {
  if (documents.length === 1) return [...documents]
  return documents.slice(1).flatMap((_, i) => {
    const lefts = allCombinations(schema, documents.slice(0, i + 1))
    const rights = allCombinations(schema, documents.slice(i + 1))
    return lefts.flatMap((left) => rights.map((right) => schema.reduce(left, right, 'partial') as Json))
  })
}

/** A schema that says how to reduce, and nothing else. */
export function annotated(strategy: string, members: JsonObject = {}): JsonObject {
  return { reduce: { strategy, ...members } }
}

/** The full reduction of `documents` in order is `expected`, and so is that of every grouping; no document is changed. */
export function check(schema: JsonObject, documents: readonly Json[], expected: Json | undefined): void {
  const compiled = compileTestSchema(schema)
  const frozen = documents.map((document) => deepFreeze(document))
  for (const document of frozen) expect(compiled.validate(document)).toBeUndefined()
  expect(reduceInOrder(compiled, frozen)).toEqual(expected)
  for (const combined of allCombinations(compiled, frozen)) expect(reduceInOrder(compiled, [combined])).toEqual(expected)
}

export function checkFails(schema: JsonObject, documents: readonly Json[], message: RegExp): void {
  const compiled = compileTestSchema(schema)
  const failure = { code: 'reduction_failed', message: expect.stringMatching(message) as string }
  expect(() => reduceInOrder(compiled, documents)).toThrow(expect.objectContaining(failure))
}
