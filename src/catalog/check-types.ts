/** Runs the TypeScript compiler over the modules of a catalog, when one is at hand. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isObject } from '../base/json.ts'
import { ownEntryUrl } from './own-millrace.ts'
import type { Problem } from './problem.ts'

export type TypesChecked =
  | { kind: 'checked'; problems: Problem[] }
  /** There is no compiler, neither in the catalog's folder nor beside Millrace. */
  | { kind: 'not checked' }

/** `modules`: absolute paths; `folder`: where the compiler is looked for first. */
export async function checkTypes(modules: readonly string[], folder: string): Promise<TypesChecked> {
  if (modules.length === 0) return { kind: 'checked', problems: [] }
  const compiler = findCompiler(folder)
  if (compiler === undefined) return { kind: 'not checked' }
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'millrace-check-'))
  try {
    const config = join(scratch, 'tsconfig.json')
    writeFileSync(config, JSON.stringify({ compilerOptions: compilerOptions(folder), files: modules }))
    const output = await run(compiler, ['-p', config, '--pretty', 'false'], folder)
    return { kind: 'checked', problems: problemsIn(output, folder) }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function compilerOptions(folder: string): object {
  const nodeTypes = findPackage('@types/node', folder)
  return {
    target: 'es2024',
    lib: ['es2024'],
    module: 'nodenext',
    moduleResolution: 'nodenext',
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    // What Node cannot run by stripping types must not pass.
    erasableSyntaxOnly: true,
    skipLibCheck: true,
    types: nodeTypes === undefined ? [] : [nodeTypes],
    paths: { millrace: [fileURLToPath(ownEntryUrl()).replace(/\.js$/, '.d.ts')] },
  }
}

function findCompiler(folder: string): string | undefined {
  const home = findPackage('typescript', folder)
  if (home === undefined) return undefined
  const description: unknown = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  const bin = isObject(description) && isObject(description['bin']) ? description['bin']['tsc'] : undefined
  return typeof bin === 'string' ? join(home, bin) : undefined
}

/** The folder of an installed package, seen from the catalog or from Millrace. */
function findPackage(name: string, folder: string): string | undefined {
  for (const from of [pathToFileURL(join(folder, 'millrace.yaml')).href, import.meta.url])
    try {
      return dirname(createRequire(from).resolve(`${name}/package.json`))
    } catch {
      // Not there, or not for this package: try the next.
    }
  return undefined
}

/** The compiler answers with exit code 1 or 2 when it found something; its output is all that counts. */
function run(compiler: string, args: readonly string[], folder: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, [compiler, ...args], { cwd: folder, maxBuffer: OUTPUT_BYTES_MAX }, (_error, stdout, stderr) =>
      resolve(`${stdout}\n${stderr}`),
    )
  })
}

/** Thousands of errors; nobody reads more. */
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024

const ERROR_LINE = /^(.+)\((\d+),(\d+)\): error TS\d+: (.*)$/

/** Indented lines go on with the error before; the deepest of them tells the most. */
function problemsIn(output: string, folder: string): Problem[] {
  const own = dirname(fileURLToPath(ownEntryUrl()))
  const problems: Problem[] = []
  let detail = ''
  for (const line of output.split(/\r?\n/)) {
    const [, path, row, column, message] = ERROR_LINE.exec(line) ?? []
    if (path !== undefined && message !== undefined) {
      detail = message
      problems.push({ file: resolve(folder, path), line: Number(row), column: Number(column), message, severity: 'error' })
    } else if (line.startsWith('  ') && problems.length > 0) {
      const problem = problems.at(-1) as Problem
      problem.message = `${detail} ${line.trim()}`
    }
  }
  return problems.filter(({ file }) => !file.startsWith(own))
}
