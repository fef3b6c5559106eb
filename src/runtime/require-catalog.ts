/** The catalog at a path, or an error that lists all of its problems. */
import { MillraceError } from '../base/errors.ts'
import type { Catalog } from '../model/catalog.ts'
import { loadCatalog } from '../catalog/load-catalog.ts'
import { formatProblem } from '../catalog/problem.ts'

export async function requireCatalog(path: string): Promise<Catalog> {
  const { catalog, problems } = await loadCatalog(path, { env: process.env })
  if (catalog) return catalog
  throw new MillraceError('catalog_invalid', problems.map(formatProblem).join('\n'), {
    hint: 'Mend the catalog; `millrace check` shows these problems again.',
  })
}
