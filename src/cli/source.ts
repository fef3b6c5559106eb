/** `millrace source`: the sources of a catalog and their write keys, in the data directory, with or without a running server. */
import { Command } from 'commander'
import { KEY_SCOPES, type KeyScope } from '../engine/tracking/write-keys.ts'
import { EVENT_TYPES, type EventType } from '../model/event/event.ts'
import { instantArgument, listArgument } from './source/arguments.ts'

export type DataFlags = { data: string; json?: true }
export type SourceFlags = DataFlags & { catalog: string }
export type KeyFlags = SourceFlags & { scope: KeyScope[]; types?: EventType[]; expires?: string }

export function sourceCommand(): Command {
  const source = new Command('source').description('Sources of events, and the write keys of their clients')
  withCatalog(leaf(source, 'list', 'Shows the sources of the catalog, and how many keys each has')).action(
    async (flags: SourceFlags) => (await commands()).listSources(flags),
  )
  const key = source.command('key').description('Write keys: who may send events, read and manage')
  terms(leaf(key, 'create', 'Makes a new key and shows it, this once'))
    .argument('[source]', 'source whose events it sends; keys that only read or manage need none')
    .action(async (name: string | undefined, flags: KeyFlags) => (await commands()).createKey(name, flags))
  terms(leaf(key, 'import', 'Takes over a key that clients have already, for example of Segment'))
    .argument('<source>', 'source whose events it sends')
    .argument('[key]', 'the key; standard input when it is absent or "-"')
    .action(async (name: string, text: string | undefined, flags: KeyFlags) =>
      (await commands()).importKey(name, text, { flags, stdin: process.stdin }),
    )
  withCatalog(leaf(key, 'list', 'Shows the keys: how they begin, what they may do, whether they hold'))
    .argument('[source]', 'only of this source')
    .action(async (name: string | undefined, flags: SourceFlags) => (await commands()).listKeys(name, flags))
  leaf(key, 'revoke', 'Ends a key for good; a running server knows within a second')
    .argument('<id>', 'id of the key, as `millrace source key list` shows it')
    .action(async (id: string, flags: DataFlags) => (await commands()).revokeKey(id, flags))
  return source
}

function leaf(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .option('--data <directory>', 'data directory of the engine', 'millrace-data')
    .option('--json', 'print the result as JSON')
}

function withCatalog(command: Command): Command {
  return command.option('--catalog <path>', 'catalog file, or a directory with a millrace.yaml', '.')
}

function terms(command: Command): Command {
  return withCatalog(command)
    .option('--scope <scopes>', `what it may do: ${KEY_SCOPES.join(', ')}, separated by commas`, listArgument(KEY_SCOPES), [
      'track',
    ])
    .option('--types <types>', `only these types of events: ${EVENT_TYPES.join(', ')}`, listArgument(EVENT_TYPES))
    .option('--expires <instant>', 'when it ends, for example 2027-01-31', instantArgument)
}

/** Loaded when a command runs, so that help is fast. */
async function commands() {
  return await import('./source/source-keys.ts')
}
