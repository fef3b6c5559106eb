// `npm test`: install what is missing, then everything: types, lint, format, dead code, and all tests. Arguments go to vitest.
// Ends with one line, `N passed, N failed` (and `, N skipped` when something was); under CI=true a skipped test is a failure.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureInstalled, environment, root } from './installed.mjs'

ensureInstalled()
const given = process.argv.slice(2)
const counts = { passed: 0, failed: 0, skipped: 0 }

function run(command, args) {
  return spawnSync(command, args, { cwd: root, env: environment, stdio: 'inherit' }).status === 0
}

function check(name, command, args) {
  const startedAt = Date.now()
  const isGreen = run(command, args)
  counts[isGreen ? 'passed' : 'failed'] += 1
  console.log(`${isGreen ? '✓' : '✗'} ${name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`)
}

if (given.length === 0) {
  // Types of the catalogs' documents are generated, so they come before the compiler.
  check('example catalog', 'node', [join('bin', 'millrace.mjs'), 'check', 'examples/segment'])
  check('types', 'tsc', ['-p', '.'])
  check('lint', 'oxlint', ['--type-aware'])
  check('format', 'oxfmt', ['--check', 'src', 'test', 'tools', 'bench', 'examples'])
  check('dead code', 'knip', [])
}

const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
const report = join(folder, 'vitest.json')
const isGreen = run('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...given])
try {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(report, 'utf8'))
  counts.passed += numPassedTests
  counts.failed += numFailedTests
  counts.skipped += numPendingTests + numTodoTests
} catch (error) {
  console.error(`vitest left no report: ${error.message}`)
}
rmSync(folder, { recursive: true, force: true })
// A file that cannot even be loaded, or an error outside of a test, fails the run without a failed test.
if (!isGreen && counts.failed === 0) counts.failed += 1
if (process.env.CI === 'true' && counts.skipped > 0) {
  console.error('Nothing may be skipped under CI=true.')
  counts.failed += counts.skipped
  counts.skipped = 0
}
console.log(`\n${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`)
process.exit(counts.failed === 0 ? 0 : 1)
