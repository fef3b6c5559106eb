/** `millrace quarantine`: what could not become an event on a running server, why, and the way out. */
import { Command, InvalidArgumentError } from 'commander'
import type { Json } from '../base/json.ts'
import type { ReplayAllDone, ReplayDone } from '../engine/profiles/reading/quarantine-commands.ts'
import type { QuarantineExplanation } from '../engine/profiles/reading/quarantine-explanation.ts'
import type { QuarantineList } from '../engine/profiles/reading/quarantine-reader.ts'
import type { QuarantinedItem } from '../model/event/quarantine.ts'
import { MillraceError } from '../base/errors.ts'
import { type CommandSurroundings, print, processSurroundings } from './command-surroundings.ts'
import { counted, formatInstant } from './formatted-text.ts'
import { ServerClient, type ServerFlags, withServerOptions } from './server-client.ts'
import { textTable } from './text-table.ts'

type ListFlags = ServerFlags & { source?: string; code?: string; limit: number }
type ReplayFlags = ServerFlags & { patch?: Json; replacement?: Json; all?: true; source?: string; code?: string }

const ITEMS_DEFAULT = 50
const ITEMS_MAX = 500

export function quarantineCommand(surroundings: CommandSurroundings = processSurroundings()): Command {
  const command = new Command('quarantine').description('Events that were set aside: list, explain, mend, replay, discard')
  command.addCommand(listCommand(surroundings))
  command.addCommand(showCommand(surroundings))
  command.addCommand(replayCommand(surroundings))
  command.addCommand(discardCommand(surroundings))
  return command
}

function listCommand(surroundings: CommandSurroundings): Command {
  return withServerOptions(new Command('list').description('Lists what was set aside, newest first'))
    .option('--source <name>', 'only from this source')
    .option('--code <code>', 'only with this error code')
    .option('--limit <n>', `how many, ${ITEMS_MAX} at most`, itemCount, ITEMS_DEFAULT)
    .action(async (flags: ListFlags) => {
      const { source, code, limit } = flags
      const list = await clientOf(flags, surroundings).get<QuarantineList>('/quarantine', { source, code, limit })
      print(surroundings, list, { json: flags.json, text: () => listText(list, source ?? code) })
    })
}

function listText({ items, nextCursor }: QuarantineList, filter: string | undefined): string {
  if (items.length === 0) return filter === undefined ? 'Nothing is set aside.' : 'Nothing of that kind is set aside.'
  const rows = items.map(({ id, receivedAt, source, code, message }) => ({
    id,
    received: formatInstant(receivedAt),
    source,
    code,
    message,
  }))
  return [
    textTable(rows),
    ...(nextCursor === null ? [] : ['', 'There are more: say --limit, or narrow it with --source and --code.']),
  ].join('\n')
}

function showCommand(surroundings: CommandSurroundings): Command {
  return withServerOptions(new Command('show').description('Shows an item, what is wrong with it and how to mend it'))
    .argument('<id>', 'of the item')
    .action(async (id: string, flags: ServerFlags) => {
      const shown = await clientOf(flags, surroundings).get<Shown>(pathOf(id))
      print(surroundings, shown, { json: flags.json, text: () => itemText(shown) })
    })
}

type Shown = { item: QuarantinedItem; explanation: QuarantineExplanation }

function itemText({ item, explanation }: Shown): string {
  const { id, source, receivedAt, code, message, pointer, raw } = item
  const { hint, found, patch } = explanation
  const example = patch === null ? '' : `\n  millrace quarantine replay ${id} --patch '${JSON.stringify(patch)}'`
  return [
    `Item ${id} from ${source}, ${formatInstant(receivedAt)}`,
    '',
    `${code}: ${message}`,
    `At ${pointer === '' ? 'the whole' : pointer}: ${found.isThere ? cutText(JSON.stringify(found.value)) : 'nothing'}`,
    '',
    `${hint}${example}`,
    '',
    indented(raw),
  ].join('\n')
}

const VALUE_CHARACTERS_MAX = 200

function cutText(text: string): string {
  return text.length > VALUE_CHARACTERS_MAX ? `${text.slice(0, VALUE_CHARACTERS_MAX - 1)}…` : text
}

/** JSON in many lines, anything else as it came. */
function indented(raw: string): string {
  try {
    return JSON.stringify(JSON.parse(raw), null, 2)
  } catch {
    return raw
  }
}

function replayCommand(surroundings: CommandSurroundings): Command {
  return withServerOptions(
    new Command('replay').description('Makes an event of an item, mended or as it is; or of all that pass a filter'),
  )
    .argument('[id]', 'of the item; without it say --all')
    .option('--patch <json>', 'a merge patch over what was sent', json)
    .option('--replacement <json>', 'another item in its place', json)
    .option('--all', 'all items, or those of --source and --code, as they are')
    .option('--source <name>', 'with --all: only from this source')
    .option('--code <code>', 'with --all: only with this error code')
    .action(async (id: string | undefined, flags: ReplayFlags) => {
      await (id === undefined ? replayAll(flags, surroundings) : replayOne(id, flags, surroundings))
    })
}

async function replayOne(id: string, flags: ReplayFlags, surroundings: CommandSurroundings): Promise<void> {
  const { patch, replacement, all } = flags
  if (all) throw new MillraceError('usage_invalid', 'Name an item, or say --all, not both.')
  if (patch !== undefined && replacement !== undefined)
    throw new MillraceError('usage_invalid', 'Say --patch or --replacement, not both.')
  const change = patch !== undefined ? { patch } : replacement !== undefined ? { replacement } : undefined
  const done = await clientOf(flags, surroundings).post<ReplayDone>(`${pathOf(id)}/replay`, change)
  print(surroundings, done, {
    json: flags.json,
    text: () => (done.isReplayed ? `Replayed as event ${done.messageId}.` : done.refusal.message),
  })
}

async function replayAll(flags: ReplayFlags, surroundings: CommandSurroundings): Promise<void> {
  const { all, source, code } = flags
  if (!all)
    throw new MillraceError('usage_invalid', 'Name an item, or say --all.', { hint: '`millrace quarantine list` shows them.' })
  const done = await clientOf(flags, surroundings).post<ReplayAllDone>('/quarantine/replay', { source, code })
  print(surroundings, done, { json: flags.json, text: () => replayedText(done) })
}

function replayedText({ replayed, refused, refusals, hasMore }: ReplayAllDone): string {
  return [
    `Replayed ${counted(replayed, 'item')}; ${refused === 0 ? 'none' : refused.toLocaleString('en-US')} cannot be an event as it is.`,
    ...(refusals.length > 0 ? ['', textTable(refusals.map(({ id, code, message }) => ({ id, code, message })))] : []),
    ...(hasMore ? ['', 'There may be more: do it again.'] : []),
  ].join('\n')
}

function discardCommand(surroundings: CommandSurroundings): Command {
  return withServerOptions(new Command('discard').description('Removes an item from the quarantine'))
    .argument('<id>', 'of the item')
    .action(async (id: string, flags: ServerFlags) => {
      const done = await clientOf(flags, surroundings).delete<{ position: number }>(pathOf(id))
      print(surroundings, done, { json: flags.json, text: () => `Discarded ${id}.` })
    })
}

function clientOf(flags: ServerFlags, { fetch }: CommandSurroundings): ServerClient {
  return new ServerClient(flags, fetch)
}

function pathOf(id: string): string {
  return `/quarantine/${encodeURIComponent(id)}`
}

function json(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    throw new InvalidArgumentError('It must be JSON.')
  }
}

function itemCount(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= ITEMS_MAX) return value
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${ITEMS_MAX}.`)
}
