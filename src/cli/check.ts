import { dirname } from 'node:path'
import { Command } from 'commander'
import type { Problem } from '../catalog/problem.ts'
import { type CatalogCounts, countCatalog, describeCounts, plural } from './catalog-summary.ts'

type CheckOptions = { json?: true }

/** `millrace check`: everything that is wrong with a catalog, and the types of its documents written anew. */
export function checkCommand(): Command {
  return new Command('check')
    .description('Reports everything that is wrong with a catalog, and refreshes the generated types')
    .argument('[path]', 'catalog file, or the directory of a millrace.yaml', '.')
    .option('--json', 'print the problems as JSON')
    .action(async (path: string, { json }: CheckOptions) => {
      const checked = await check(path)
      const { formatProblem } = await import('../catalog/problem.ts')
      if (json) console.log(JSON.stringify(checked, null, 2))
      else console.log([...checked.problems.map(formatProblem), ...checked.notes, summary(checked)].join('\n'))
      if (checked.problems.some(({ severity }) => severity === 'error')) process.exitCode = 1
    })
}

type Checked = {
  problems: Problem[]
  /** What was not done, as sentences. */
  notes: string[]
  counts: CatalogCounts | undefined
}

/** Endpoints are not touched, so what the environment lacks is a warning. */
async function check(path: string): Promise<Checked> {
  const { catalogPath, loadCatalog } = await import('../catalog/load-catalog.ts')
  const loaded = await loadCatalog(path, { env: process.env, missingEnv: 'warning' })
  if (loaded.declared === undefined) return { problems: loaded.problems, notes: [], counts: undefined }
  const { writeTypes } = await import('../catalog/generate-types.ts')
  const { unwritable } = writeTypes(loaded)
  const { checkTypes } = await import('../catalog/check-types.ts')
  const types = await checkTypes(loaded.modules, dirname(catalogPath(path)))
  const notes = [
    ...unwritable.map((file) => `Types were not written: "${file}" cannot be changed.`),
    ...(types.kind === 'checked'
      ? []
      : ['Types were not checked: TypeScript is not installed (`npm install --save-dev typescript`).']),
  ]
  const known = new Set(loaded.problems.flatMap(({ file, severity }) => (severity === 'error' ? [file] : [])))
  const typeProblems = types.kind === 'checked' ? types.problems.filter(({ file }) => !known.has(file)) : []
  return { problems: [...loaded.problems, ...typeProblems], notes, counts: countCatalog(loaded.declared) }
}

function summary({ problems, counts }: Checked): string {
  const files = plural(new Set(problems.map(({ file }) => file)).size, 'file')
  const warnings = problems.filter(({ severity }) => severity === 'warning').length
  if (problems.length > warnings) return `${plural(problems.length, 'problem')} in ${files}`
  return `${warnings === 0 ? 'No problems' : `No errors, ${plural(warnings, 'warning')} in ${files}`}: ${counts ? describeCounts(counts) : ''}`
}
