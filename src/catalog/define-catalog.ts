/** How a TypeScript module declares a catalog. No imports at run time, as lambda modules load it through the package's entry. */
import type { CatalogDefinition } from './catalog-schema.ts'

/** Declares a catalog in TypeScript, in the form of the YAML files; the module's default export. */
export function defineCatalog(definition: CatalogDefinition): CatalogDefinition {
  return definition
}
