/**
 * What must not stand in this repository, and what to write instead: the rules of STYLE.md that the linter does not know.
 * `tools/tidy.test.ts` applies each to every file, and to an example that it must find.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export type File = { path: string; text: string }

type Rule = {
  instead: string
  /** Which files it looks at. */
  covers: (path: string) => boolean
  /** What is wrong with one file, each with its place. */
  problems: (file: File, root: string) => string[]
}

const LINES_MAX = 400

const isCode = (path: string) => /\.(ts|mjs)$/.test(path)
const isDocument = (path: string) => path.endsWith('.md')
/** Texts that people write; licences and lock files are not ours. */
const isOwnText = (path: string) => isCode(path) || isDocument(path) || /\.(ya?ml|json)$|^\.ci\//.test(path)
const isDeciding = (path: string) => /^src\/(model|engine)\//.test(path) && !/\.(test|fixture|contract)\.ts$/.test(path)

export const RULES = {
  'a file of more than 400 lines': {
    instead: 'Split it by noun or by stage.',
    covers: isCode,
    problems: ({ path, text }) => {
      const lines = text.split('\n').length - 1
      return lines > LINES_MAX ? [`${path}: ${lines} lines`] : []
    },
  },
  'a file or folder name that is not kebab-case': {
    instead: 'Write it in lower case, words joined by "-", kinds of files by ".".',
    covers: (path) => isCode(path),
    problems: ({ path }) =>
      path.split('/').flatMap((name) => (/^\.?[a-z0-9]+([-.][a-z0-9]+)*$/.test(name) ? [] : [`${path}: "${name}"`])),
  },
  'a name that says nothing': {
    instead: 'Name it after its main export: a noun of the glossary, or a verb on one.',
    // The entry of the package has the name that Node’s users expect; drivers of SDKs are called as their vendors call these.
    covers: (path) => isCode(path) && path !== 'src/index.ts' && !path.startsWith('test/sdk/drivers/'),
    problems: ({ path }) => path.split('/').flatMap((name) => (saysNothing(name) ? [`${path}: "${name}"`] : [])),
  },
  'a path of one machine': {
    instead: 'Write it relative to the file, or take a temporary folder.',
    covers: isOwnText,
    problems: linesWith(/(?<![\w.:/-])\/(?:home|root|work|Users|mnt)\/\w/),
  },
  'a leftover': {
    instead: 'Do it now, or write it down where plans are kept; run all tests.',
    covers: (path) => isOwnText(path),
    // Brackets, so that this line is none.
    problems: linesWith(/\b(?:[T]ODO|[F]IXME|[X]XX)\b|\b(?:test|it|describe)(?:\.\w+)*\.(?:only|skip|todo)\b|^\s*debugger\b/),
  },
  'time, chance or environment in deciding code': {
    instead: 'Take a Clock (base/clock.ts), a Random (base/random.ts) or the value as an argument.',
    covers: isDeciding,
    problems: linesWith(
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\.(?:env|hrtime|cwd)\b|\bperformance\.now\b|\brandomUUID\b|\bset(?:Timeout|Interval)\(/,
    ),
  },
  'a host in package-lock.json': {
    instead: 'Keep `omit-lockfile-registry-resolved=true` in .npmrc, and install again: each machine has a registry of its own.',
    covers: (path) => path === 'package-lock.json',
    problems: linesWith(/"resolved"|https?:\/\/[^"]*(?:registry|npmjs)/),
  },
  'an optional package that package-lock.json does not have': {
    instead: 'Pin the newest version that the registry has for all platforms; without it `npm ci` fails in an empty clone.',
    covers: (path) => path === 'package-lock.json',
    problems: ({ text }) => missingOptionalPackages(text),
  },
  'a link to nothing': {
    instead: 'Name the file as it is called now.',
    covers: isDocument,
    problems: deadLinks,
  },
} as const satisfies Record<string, Rule>

export type RuleName = keyof typeof RULES

export function findProblems(name: RuleName, files: readonly File[], root: string): string[] {
  const { covers, problems }: Rule = RULES[name]
  return files.filter(({ path }) => covers(path)).flatMap((file) => problems(file, root))
}

const SAYS_NOTHING = new Set(
  'utils util helpers helper common shared misc lib types constants index manager service handler processor data info impl'.split(
    ' ',
  ),
)
/** These say nothing at the end of a name either. */
const NO_LAST_WORD = /-(?:utils?|helpers?|common|misc|manager|service|handler|processor|info|impl|\d+)$/

function saysNothing(name: string): boolean {
  const [stem = ''] = name.split('.')
  return SAYS_NOTHING.has(stem) || NO_LAST_WORD.test(stem)
}

function linesWith(pattern: RegExp): Rule['problems'] {
  return ({ path, text }) =>
    text.split('\n').flatMap((line, i) => {
      const [found] = pattern.exec(line) ?? []
      return found === undefined ? [] : [`${path}:${i + 1}: ${found.trim()}`]
    })
}

type LockEntry = { optionalDependencies?: Record<string, string> }

/** npm looks for a package in the node_modules of the dependent, then of each folder above. */
function missingOptionalPackages(text: string): string[] {
  const { packages } = JSON.parse(text) as { packages: Record<string, LockEntry> }
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) => {
    const above =
      path === '' ? [''] : ['', ...[...path.matchAll(/\/(?=node_modules\/)|$/g)].map(({ index }) => `${path.slice(0, index)}/`)]
    return Object.keys(optionalDependencies)
      .filter((name) => !above.some((folder) => packages[`${folder}node_modules/${name}`]))
      .map((name) => `package-lock.json: ${path} wants ${name}`)
  })
}

function deadLinks({ path, text }: File, root: string): string[] {
  return text
    .split('\n')
    .flatMap((line, i) =>
      [...line.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) =>
        /^[a-z]+:/.test(link) || isThere(link, { path, text }, root) ? [] : [`${path}:${i + 1}: ${link}`],
      ),
    )
}

function isThere(link: string, { path, text }: File, root: string): boolean {
  const [target = '', anchor] = link.split('#')
  const file = join(root, dirname(path), target)
  if (target !== '' && !existsSync(file)) return false
  return anchor === undefined || anchorsIn(target === '' ? text : readFileSync(file, 'utf8')).includes(anchor)
}

/** Headings as GitHub names them. */
function anchorsIn(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
