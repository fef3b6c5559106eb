/**
 * Writes the reference pages in `docs/reference/` from the code: commands, HTTP endpoints, error codes, process configuration,
 * catalog files, operators of segments. `node tools/reference.ts` after a change; a test checks that they are current.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { catalogJsonSchema } from '../src/catalog/catalog-schema.ts'
import { catalogPage } from './reference/catalog-page.ts'
import { cliPage } from './reference/cli-page.ts'
import { configPage } from './reference/config-page.ts'
import { errorsPage } from './reference/errors-page.ts'
import { httpPage } from './reference/http-page.ts'
import { operatorsPage } from './reference/operators-page.ts'

export const REFERENCE_FOLDER = new URL('../docs/reference/', import.meta.url)

/** The text of each file by its name. */
export function referencePages(): Record<string, string> {
  return {
    'cli.md': cliPage(),
    'http.md': httpPage(),
    'errors.md': errorsPage(),
    'config.md': configPage(),
    'catalog.md': catalogPage(),
    'operators.md': operatorsPage(),
    'catalog.schema.json': `${JSON.stringify(catalogJsonSchema(), null, 2)}\n`,
  }
}

if (import.meta.main) {
  mkdirSync(REFERENCE_FOLDER, { recursive: true })
  for (const [name, text] of Object.entries(referencePages())) writeFileSync(new URL(name, REFERENCE_FOLDER), text)
}
