import { cpSync, existsSync, readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { MillraceError } from '../base/errors.ts'
import { suggest } from '../base/suggest.ts'

const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url))

/** What to do with a copy, by example; `…` is where it lies. */
const NEXT: Record<string, string[]> = { segment: ['millrace test …', 'millrace start … --generate 1000'] }
const OTHERWISE = ['millrace check …', 'millrace start …']

/** `millrace init`: a copy of an example to start from. Files that an engine made beside it stay behind. */
export function initCommand(): Command {
  return new Command('init')
    .description('Copies an example catalog to start from')
    .argument('[directory]', 'where to put it; it must not exist yet, or be empty', 'segment')
    .option('--example <name>', 'which example', 'segment')
    .action((directory: string, { example }: { example: string }) => {
      const target = resolve(directory)
      copyExample(example, target)
      const next = (NEXT[example] ?? OTHERWISE).map((command) => `\n  ${command.replace('…', directory)}`)
      console.log(`Copied the example "${example}" to ${directory}. Next:${next.join('')}`)
    })
}

function copyExample(example: string, target: string): void {
  const names = readdirSync(EXAMPLES)
  if (!names.includes(example)) {
    const near = suggest(example, names)
    throw new MillraceError('usage_invalid', `There is no example "${example}".`, {
      hint: near === undefined ? `Examples: ${names.join(', ')}.` : `Did you mean "${near}"?`,
    })
  }
  if (existsSync(target) && readdirSync(target).length > 0) {
    throw new MillraceError('usage_invalid', `The directory "${target}" is not empty.`, { hint: 'Name a new one.' })
  }
  cpSync(join(EXAMPLES, example), target, { recursive: true, filter: (path) => !/\.db(-wal|-shm)?$/.test(basename(path)) })
}
