/** What `millrace test` does once it runs: load the catalog, run its tests, print how each ended. */
import { styleText } from 'node:util'
import { systemClock } from '../base/clock.ts'
import { MillraceError } from '../base/errors.ts'
import { suggest } from '../base/suggest.ts'
import { runCatalogTests, selectTests, type TestResult } from '../engine/catalog-test/catalog-tests.ts'
import { failureText } from '../engine/catalog-test/failure-text.ts'
import type { Catalog, CatalogTest } from '../model/catalog.ts'
import { SchemaSet } from '../model/schema/schema-set.ts'
import { requireCatalog } from '../runtime/require-catalog.ts'
import { openTestEngine } from '../runtime/test-engine.ts'
import type { TestOptions } from './test.ts'

/** False when a test has failed. Rejects with `catalog_invalid` before any test runs, or `usage_invalid` when `only` selects none. */
export async function runTests(path: string, { only, exact, json }: TestOptions): Promise<boolean> {
  // Tests touch no endpoint, so they do without the variables that endpoints take from the environment.
  const catalog = await requireCatalog(path, { missingEnv: 'warning' })
  const tests = requireTests(catalog, only)
  const results = runCatalogTests(catalog, tests, {
    openEngine: openTestEngine,
    schemas: new SchemaSet(catalog.schemas),
    clock: systemClock,
    isExact: exact ?? false,
  })
  return json ? printJson(results) : printProgress(results, tests.length)
}

function requireTests(catalog: Catalog, only: string | undefined): CatalogTest[] {
  const tests = selectTests(catalog, only)
  if (tests.length > 0 || only === undefined) return tests
  const nearest = suggest(only, Object.keys(catalog.tests))
  throw new MillraceError('usage_invalid', `No test has "${only}" in its name.`, {
    hint: nearest === undefined ? 'Without --only, all tests run and are listed.' : `Did you mean "${nearest}"?`,
  })
}

async function printProgress(results: AsyncIterable<TestResult>, count: number): Promise<boolean> {
  let failed = 0
  console.log(`Running ${count} ${count === 1 ? 'test' : 'tests'}...`)
  for await (const { name, failure } of results) {
    console.log(`${name}: ${failure ? styleText('red', 'FAILED') : styleText('green', 'PASSED')}`)
    if (failure) console.log(failureText(failure, { paint: styleText }))
    if (failure) failed++
  }
  console.log(`\nRan ${count} ${count === 1 ? 'test' : 'tests'}, ${count - failed} passed, ${failed} failed`)
  return failed === 0
}

/** One object, when all have ended. */
async function printJson(results: AsyncIterable<TestResult>): Promise<boolean> {
  const tests = (await Array.fromAsync(results)).map(({ name, failure }) => ({ name, passed: failure === undefined, ...failure }))
  const failed = tests.filter(({ passed }) => !passed).length
  console.log(JSON.stringify({ passed: tests.length - failed, failed, tests }, null, 2))
  return failed === 0
}
