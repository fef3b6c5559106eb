/** Catalog files that are TypeScript (or JavaScript) modules. Places are found in the text, which holds for literals. */
import { readFileSync, statSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { messageOf } from '../../base/errors.ts'
import { useOwnMillrace } from '../own-millrace.ts'
import type { Place, ProblemList } from '../problem.ts'
import type { Path, SourceFile } from './source-file.ts'

export function isModulePath(file: string): boolean {
  return /\.[cm]?[jt]s$/.test(file)
}

/** Imports a module afresh when its text has changed since the last time. */
export async function importModule(file: string): Promise<Record<string, unknown>> {
  useOwnMillrace()
  const version = statSync(file).mtimeMs
  const { default: nativeImport } = (await import(NATIVE_IMPORT)) as {
    default: (url: string) => Promise<Record<string, unknown>>
  }
  return nativeImport(`${pathToFileURL(file).href}?version=${version}`)
}

/** Node's own loader with its hooks, also below a test runner that puts its own in place of every `import()` that it sees. */
const NATIVE_IMPORT: string = 'data:text/javascript,export default (url) => import(url)'

/** The module's default export, or undefined when there is none (reported). */
export async function readModuleFile(file: string, problems: ProblemList): Promise<SourceFile | undefined> {
  const text = readFileSync(file, 'utf8')
  try {
    const module = await importModule(file)
    if (typeof module['default'] === 'object' && module['default'] !== null)
      return {
        file,
        value: module['default'],
        placeOf: (path) => placeIn(file, text, path),
        placeOfName: (path) => placeIn(file, text, path),
      }
    problems.error({ file, line: 1, column: 1 }, 'The module has no catalog.', 'Write `export default defineCatalog({ … })`.')
  } catch (error) {
    problems.error(placeOfThrown(error, file), `The module cannot be loaded: ${messageOf(error)}`)
  }
  return undefined
}

/** Where an exception points to within `file`: its first line there, else the top. */
export function placeOfThrown(error: unknown, file: string): Place {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const at = stack.indexOf(pathToFileURL(file).href) >= 0 ? stack.indexOf(pathToFileURL(file).href) : stack.indexOf(file)
  const [, line, column] = (at >= 0 && /^[^\s:]*(?::[^\s:]*)??:(\d+)(?::(\d+))?/.exec(stack.slice(at))) || []
  return { file, line: Number(line ?? 1), column: Number(column ?? 1) }
}

/** Follows the names of the path through the text, one after the other, as far as they are found. */
export function placeIn(file: string, text: string, path: Path): Place {
  let offset = Math.max(text.indexOf('export default'), 0)
  for (const step of path) {
    if (typeof step === 'number') continue
    const found = new RegExp(`(['"\`]?)(?<![\\w$])${escapePattern(step)}\\1\\s*[:,(]`).exec(text.slice(offset))
    if (!found) break
    offset += found.index
  }
  const before = text.slice(0, offset)
  return { file, line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
