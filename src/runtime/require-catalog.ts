/** The catalog at a path, with fresh types for its lambdas beside it, or an error that lists all of its problems. */
import { MillraceError } from '../base/errors.ts'
import { writeTypes } from '../catalog/generate-types.ts'
import { loadCatalog, type LoadOptions } from '../catalog/load-catalog.ts'
import { formatProblem } from '../catalog/problem.ts'
import type { Catalog } from '../model/catalog.ts'

export async function requireCatalog(path: string, options: Partial<LoadOptions> = {}): Promise<Catalog> {
  const loaded = await loadCatalog(path, { env: process.env, ...options })
  const { catalog, problems } = loaded
  if (catalog) {
    writeTypes(loaded)
    return catalog
  }
  const errors = problems.filter(({ severity }) => severity === 'error')
  throw new MillraceError('catalog_invalid', errors.map(formatProblem).join('\n'), {
    hint: 'Mend the catalog; `millrace check` shows these problems again.',
  })
}
