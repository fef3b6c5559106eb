/** Imports the module of each derivation and compares it with what the catalog declares. */
import { isFile, nearbyFile } from '../files/read-definitions.ts'
import { readLambdas } from '../load-lambdas.ts'
import type { Resolution } from './resolution.ts'

/** Returns the absolute paths of the modules. */
export async function checkLambdas({ definitions, collections, problems }: Resolution): Promise<string[]> {
  const modules: string[] = []
  for (const { name, derivation } of collections.values()) {
    if (derivation === undefined) continue
    if (isFile(derivation.module)) {
      modules.push(derivation.module)
      await readLambdas(derivation, problems)
      continue
    }
    const place = definitions.collections.get(name)?.spot.at('derivation', 'typescript').place
    const message = `Derivation "${name}": the module "${derivation.module}" does not exist.`
    if (place) problems.error(place, message, nearbyFile(derivation.module))
  }
  return modules
}
