/** What catalogs import: `import { defineDerivation } from 'millrace'`. Nothing here starts the engine. */
export { defineCatalog } from './catalog/define-catalog.ts'
export {
  defineDerivation,
  type DerivationDefinition,
  type DerivationTypes,
  type PublishLambda,
  type UpdateLambda,
} from './model/derivation.ts'
