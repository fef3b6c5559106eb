/** Imports the module of a derivation and takes its lambdas out of it. Runs in any thread. */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { isObject } from '../base/json.ts'
import { messageOf, MillraceError } from '../base/errors.ts'
import { suggest } from '../base/suggest.ts'
import type { Derivation } from '../model/catalog.ts'
import type { DerivationLambdas, Lambda, LocatedLambda } from '../model/derivation.ts'
import { importModule, placeIn, placeOfThrown } from './files/module-file.ts'
import { didYouMean, type Place, ProblemList } from './problem.ts'

/** Rejects with `catalog_invalid` when the module cannot be loaded or lacks a lambda that the catalog declares. */
export async function loadLambdas(derivation: Derivation): Promise<DerivationLambdas> {
  const problems = new ProblemList()
  const lambdas = await readLambdas(derivation, problems)
  const [problem] = problems.toArray([]).filter(({ severity }) => severity === 'error')
  if (problem === undefined) return lambdas
  const where = `${basename(problem.file)}:${problem.line}`
  throw new MillraceError(
    'catalog_invalid',
    `${where}: ${problem.message}`,
    problem.suggestion ? { hint: problem.suggestion } : {},
  )
}

/** The lambdas that could be found; what is missing or too much is reported. */
export async function readLambdas(derivation: Derivation, problems: ProblemList): Promise<DerivationLambdas> {
  const { module: file, transforms } = derivation
  const definition = await importDefinition(file, problems)
  if (definition === undefined) return {}
  const text = readFileSync(file, 'utf8')
  const at = (...names: string[]) => placeIn(file, text, names)
  for (const name of Object.keys(definition))
    if (!(name in transforms)) {
      const hint = didYouMean(suggest(name, Object.keys(transforms)), 'Add it to the catalog, or remove it here.')
      problems.warn(at(name), `The catalog has no transform "${name}", so it is never called.`, hint)
    }
  const lambdas: DerivationLambdas = {}
  for (const [name, transform] of Object.entries(transforms)) {
    const wanted = { update: transform.update !== undefined, publish: transform.hasPublish }
    lambdas[name] = readTransform(name, { wanted, definition, at, problems })
  }
  return lambdas
}

async function importDefinition(file: string, problems: ProblemList): Promise<Record<string, unknown> | undefined> {
  try {
    const module = await importModule(file)
    if (isObject(module['default'])) return module['default']
    problems.error(
      { file, line: 1, column: 1 },
      'The module has no default export.',
      'Write `export default defineDerivation({ … })`.',
    )
  } catch (error) {
    problems.error(placeOfThrown(error, file), `The module cannot be loaded: ${messageOf(error)}`)
  }
  return undefined
}

type Reading = {
  wanted: { update: boolean; publish: boolean }
  definition: Record<string, unknown>
  at: (...names: string[]) => Place
  problems: ProblemList
}

function readTransform(name: string, { wanted, definition, at, problems }: Reading): DerivationLambdas[string] {
  const transform = definition[name]
  if (!isObject(transform)) {
    const hint = didYouMean(suggest(name, Object.keys(definition)), `Add \`${name}: { … }\` to \`defineDerivation({ … })\`.`)
    problems.error(at(), `The transform "${name}" is missing.`, hint)
    return {}
  }
  const found: { update?: LocatedLambda; publish?: LocatedLambda } = {}
  for (const kind of ['update', 'publish'] as const) {
    const lambda: unknown = transform[kind]
    if (wanted[kind] && typeof lambda === 'function')
      found[kind] = locate(lambda.bind(transform) as Lambda, `${name}.${kind}`, at(name, kind))
    else if (wanted[kind])
      problems.error(at(name), `The transform "${name}" has no ${kind} lambda.`, `Add \`${kind}(source) { … }\`.`)
    else if (lambda !== undefined)
      problems.warn(
        at(name, kind),
        `The ${kind} lambda of "${name}" is never called.`,
        `Add \`${kind}: { lambda: typescript }\` to the catalog.`,
      )
  }
  return found
}

function locate(lambda: Lambda, name: string, { file, line }: Place): LocatedLambda {
  return Object.assign(lambda, { location: { name, file, line } })
}
