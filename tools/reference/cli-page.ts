import type { Argument, Command, Option } from 'commander'
import { millraceCommand } from '../../src/cli/millrace-command.ts'
import { tableRow } from './field-table.ts'

export function cliPage(): string {
  const commands = leaves(millraceCommand(), [])
  return `# Commands

In a checkout, and in a folder where the package is installed, call them as \`npx millrace …\`; \`millrace help <command>\` shows the same
as this page.

Results go to stdout, messages and progress to stderr; \`--json\` turns the result into JSON for programs. Exit codes:

| code | means |
|---|---|
| 0 | It is done. |
| 1 | Something has to be mended first: the message says what, where and how. After \`check\`, \`test\` and \`lake verify\`: something was found. |
| 70 | A defect of Millrace; nothing that was accepted is lost. |
| 130 | Ended by a second Ctrl-C. |

${commands.map(({ path }) => `- [\`${path}\`](#${path.replaceAll(' ', '-')})`).join('\n')}

${commands.map(commandText).join('\n')}`
}

type Leaf = { path: string; command: Command }

/** Commands that do something, rather than only hold others. */
function leaves(command: Command, above: readonly string[]): Leaf[] {
  const path = [...above, command.name()]
  const children = command.commands.filter((child) => child.name() !== 'help')
  const takesAnything = command.registeredArguments.length > 0 || (above.length > 0 && command.options.length > 0)
  const isLeaf = children.length === 0 || takesAnything
  return [...(isLeaf ? [{ path: path.join(' '), command }] : []), ...children.flatMap((child) => leaves(child, path))]
}

function commandText({ path, command }: Leaf): string {
  const parts = [`## ${path}`, `${command.description()}.`, `\`\`\`sh\n${path} ${command.usage()}\n\`\`\``]
  const rows = [...command.registeredArguments.map(argumentRow), ...command.options.map(optionRow)]
  if (rows.length > 0) parts.push(['| argument or option | default | meaning |', '|---|---|---|', ...rows].join('\n'))
  return `${parts.join('\n\n')}\n`
}

function argumentRow(argument: Argument): string {
  const name = argument.required ? `<${argument.name()}>` : `[${argument.name()}]`
  return tableRow([`\`${name}\``, defaultText(argument.defaultValue), argument.description])
}

function optionRow(option: Option): string {
  const choices = option.argChoices ? `: ${option.argChoices.map((choice) => `\`${choice}\``).join(', ')}` : ''
  return tableRow([`\`${option.flags}\``, defaultText(option.defaultValue), `${option.description}${choices}`])
}

function defaultText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? `\`${value}\`` : ''
}
