/**
 * Lambdas of derivations: how a module declares them (`defineDerivation`) and how the engine gets them.
 * The types of documents come from the catalog's schemas; `millrace check` writes them beside the catalog.
 */
import type { Json } from '../base/json.ts'

/** What the engine calls: documents in, a list of documents out (the caller checks that it is one). */
export type Lambda = (source: Json, register?: Json, previous?: Json) => unknown

/** Where a lambda is defined, for messages such as `toggles.ts:12`. */
export type LambdaLocation = {
  /** For example `fromSegmentation.update`. */
  name: string
  /** Absolute path of the module. */
  file: string
  /** Counted from 1. */
  line: number
}

export type LocatedLambda = Lambda & { readonly location: LambdaLocation }

/** The lambdas of one derivation, by transform. */
export type DerivationLambdas = Record<string, { update?: LocatedLambda; publish?: LocatedLambda }>

/** The documents of a derivation as TypeScript types: what `defineDerivation<…>` wants to know. */
export type DerivationTypes = {
  /** A document of the derived collection. */
  output: unknown
  /** A value of the register; left out when there is none. */
  register?: unknown
  /** By name; `source` is a document of the transform's source, `lambdas` are those that the catalog declares. */
  transforms: Record<string, { source: unknown; lambdas: 'update' | 'publish' }>
}

/** What is known without generated types: nothing, and `unknown` would refuse every lambda that reads a property. */
// oxlint-disable-next-line typescript/no-explicit-any -- see above
type Untyped = any
export type UntypedDerivation = {
  output: Untyped
  register: Untyped
  transforms: Record<string, { source: Untyped; lambdas: never }>
}

/**
 * Returns the values to reduce into the register of the source document's shuffle key, in this order. Pure: no clock, no
 * randomness, no IO, and the source is not changed.
 */
export type UpdateLambda<Source, Register> = (source: Source) => readonly Register[]

/**
 * Returns the documents to publish, in this order. `register` is the value after this document's updates and `previous` the
 * one before; they are equal when there was no update or when it was rolled back. Pure, and no argument is changed.
 */
export type PublishLambda<Source, Register, Output> = (
  source: Source,
  register: Register,
  previous: Register,
) => readonly Output[]

/** The shape of a derivation's module, by transform. */
export type DerivationDefinition<Types extends DerivationTypes> = {
  [Name in keyof Types['transforms']]: TransformLambdas<Types, Types['transforms'][Name]>
}

type TransformLambdas<Types extends DerivationTypes, Transform extends DerivationTypes['transforms'][string]> = {
  [Kind in Transform['lambdas']]: LambdaOf<Types, Transform['source']>[Kind]
} & ([Transform['lambdas']] extends [never] ? Partial<LambdaOf<Types, Transform['source']>> : unknown)

type LambdaOf<Types extends DerivationTypes, Source> = {
  update: UpdateLambda<Source, Types['register']>
  publish: PublishLambda<Source, Types['register'], Types['output']>
}

/**
 * Declares the lambdas of a derivation; the module's default export. With the interface that `millrace check` generates, a
 * wrong field is a compile error: `export default defineDerivation<ExamplesSegmentToggles>({ fromSegmentation: { … } })`.
 */
export function defineDerivation<Types extends DerivationTypes = UntypedDerivation>(
  definition: DerivationDefinition<Types>,
): DerivationDefinition<Types> {
  return definition
}
