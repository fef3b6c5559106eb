import { loadLambdas } from '../catalog/load-lambdas.ts'
import type { Catalog } from '../model/catalog.ts'
import type { DerivationLambdas } from '../model/derivation.ts'

/** The lambdas of every derivation of the catalog, by collection. */
export async function loadAllLambdas(catalog: Catalog): Promise<Map<string, DerivationLambdas>> {
  const lambdas = new Map<string, DerivationLambdas>()
  for (const { name, derivation } of Object.values(catalog.collections)) {
    if (derivation) lambdas.set(name, await loadLambdas(derivation))
  }
  return lambdas
}
