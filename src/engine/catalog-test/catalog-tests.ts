/**
 * Runs the tests of a catalog, each on an engine of its own: documents go in as any others do, and what the collections then
 * hold, fully reduced by key, is compared with what the test expects.
 */
import type { Clock } from '../../base/clock.ts'
import { MillraceError, messageOf } from '../../base/errors.ts'
import type { Catalog, CatalogTest, SchemaUri, TestStep } from '../../model/catalog.ts'
import type { CompiledSchema } from '../../model/compiled-schema.ts'
import type { OpenTestEngine, TestEngine } from './test-engine.ts'
import { verifyStep, type DocumentDifference } from './verify-step.ts'

export type TestResult = { name: string; failure?: StepFailure }

/** The first step that failed; the steps after it did not run. */
export type StepFailure = {
  step: Pick<TestStep, 'kind' | 'collection' | 'at'>
  /** Why the step could not be done, or none when documents differ. */
  problem?: { message: string; hint?: string }
  /** In key order. */
  differences: DocumentDifference[]
}

export type CatalogTestOptions = {
  openEngine: OpenTestEngine
  schemas: { compile(schema: SchemaUri): CompiledSchema }
  clock: Clock
  /** Each verify step compares exactly, whatever it says itself. */
  isExact?: boolean
}

/** The tests in the order of their names; with a `pattern`, those that contain it, ignoring case (`*` stands for any text). */
export function selectTests(catalog: Catalog, pattern = ''): CatalogTest[] {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
  const matcher = new RegExp(parts.join('.*'), 'is')
  return Object.values(catalog.tests)
    .filter(({ name }) => matcher.test(name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** Yields each result as soon as the test has ended. A failing test does not keep the others from running. */
export async function* runCatalogTests(
  catalog: Catalog,
  tests: readonly CatalogTest[],
  options: CatalogTestOptions,
): AsyncGenerator<TestResult, void> {
  for (const test of tests) {
    const failure = await runTest(catalog, test, options)
    yield failure === undefined ? { name: test.name } : { name: test.name, failure }
  }
}

async function runTest(catalog: Catalog, test: CatalogTest, options: CatalogTestOptions): Promise<StepFailure | undefined> {
  const engine = await options.openEngine(catalog)
  try {
    for (const step of test.steps) {
      const failure = await runStep(engine, step, { catalog, ...options })
      if (failure) return failure
    }
    return undefined
  } finally {
    await engine.close()
  }
}

type StepContext = CatalogTestOptions & { catalog: Catalog }

async function runStep(engine: TestEngine, step: TestStep, context: StepContext): Promise<StepFailure | undefined> {
  const done = new AbortController()
  const timeout = context.clock.sleep(STEP_TIMEOUT_MS, done.signal).then(() => {
    throw new MillraceError('lambda_failed', `The step has not ended after ${STEP_TIMEOUT_MS / 1000} seconds.`)
  })
  try {
    const differences = await Promise.race([doStep(engine, step, context), timeout])
    return differences.length === 0 ? undefined : { step, differences }
  } catch (error) {
    return { step, differences: [], problem: problemOf(error) }
  } finally {
    timeout.catch(() => {})
    done.abort()
  }
}

/** A step works on a handful of documents: who takes longer waits for something that will not come. */
const STEP_TIMEOUT_MS = 60_000

async function doStep(engine: TestEngine, step: TestStep, context: StepContext): Promise<DocumentDifference[]> {
  if (step.kind === 'verify') return verifyStep(engine, step, context)
  await engine.ingest(step.collection, step.documents)
  return []
}

/** A lambda of the user may throw anything, so that a bug of ours is told as well, with its stack. */
function problemOf(error: unknown): { message: string; hint?: string } {
  if (!(error instanceof MillraceError))
    return { message: error instanceof Error ? (error.stack ?? error.message) : messageOf(error) }
  return error.hint === undefined ? { message: error.message } : { message: error.message, hint: error.hint }
}
