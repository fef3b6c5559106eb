/** `millrace entity`: looks at users and accounts of a running server, and changes them by hand. */
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import type { MergeDone, SplitDone } from '../engine/profiles/reading/profile-commands.ts'
import type { ProfileReport } from '../engine/profiles/reading/profile-report.ts'
import type { TimelinePage } from '../engine/profiles/reading/timeline-reader.ts'
import { EVENT_TYPES } from '../model/event/event.ts'
import { MADE_EVENT_TYPES } from '../model/event/timeline-event.ts'
import type { EntityKind } from '../model/profile/entity.ts'
import { type CommandSurroundings, print, processSurroundings } from './command-surroundings.ts'
import type { EraseFlags } from './entity/erase-entity.ts'
import { type Query, ServerClient, type ServerFlags, withServerOptions } from './server-client.ts'

type TimelineFlags = ServerFlags & {
  type?: string[]
  name?: string[]
  source?: string[]
  since?: string
  until?: string
  internal: boolean
  limit: number
}
type ChangeFlags = ServerFlags & { dryRun?: true }

/** Of one page; the server gives no more. */
const PAGE_EVENTS_MAX = 500
const EVENTS_DEFAULT = 50

const REF = 'an identifier, with its kind (email:ada@example.com) or without, or an id'

export function entityCommand(surroundings: CommandSurroundings = processSurroundings()): Command {
  const command = new Command('entity').description('Users and accounts: what is known of them, and changes by hand')
  command.addCommand(showCommand(surroundings))
  command.addCommand(timelineCommand(surroundings))
  command.addCommand(mergeCommand(surroundings))
  command.addCommand(splitCommand(surroundings))
  command.addCommand(eraseCommand(surroundings))
  return command
}

function subcommand(name: string, description: string): Command {
  return withServerOptions(new Command(name).description(description)).addArgument(
    new Argument('<kind>', 'what it is').choices(['user', 'account']),
  )
}

function showCommand(surroundings: CommandSurroundings): Command {
  return subcommand('show', 'Shows identifiers, traits and links of a user or account, each with where it came from')
    .argument('<ref>', REF)
    .action(async (kind: EntityKind, ref: string, flags: ServerFlags) => {
      const profile = await clientOf(flags, surroundings).get<ProfileReport>(pathOf(kind, ref))
      const { profileText } = await import('./entity/profile-text.ts')
      print(surroundings, profile, { json: flags.json, text: () => profileText(profile) })
    })
}

function timelineCommand(surroundings: CommandSurroundings): Command {
  return subcommand('timeline', 'Shows what happened to a user or account, newest first')
    .argument('<ref>', REF)
    .addOption(new Option('--type <type...>', 'only of these types').choices([...EVENT_TYPES, ...MADE_EVENT_TYPES]))
    .option('--name <name...>', 'only events of these names')
    .option('--source <source...>', 'only from these sources')
    .option('--since <instant>', 'from this date or instant on')
    .option('--until <instant>', 'before this date or instant')
    .option('--no-internal', 'without changes of attributes and segments')
    .option('--limit <n>', 'how many events', wholeNumber, EVENTS_DEFAULT)
    .action(async (kind: EntityKind, ref: string, flags: TimelineFlags) => {
      const events = await loadEvents(clientOf(flags, surroundings), `${pathOf(kind, ref)}/events`, flags)
      const { timelineText } = await import('./entity/timeline-text.ts')
      const text = () => (events.length === 0 ? 'No events.' : timelineText(events, surroundings.stdout.columns))
      print(surroundings, events, { json: flags.json, text })
    })
}

async function loadEvents(client: ServerClient, path: string, flags: TimelineFlags): Promise<TimelinePage['events']> {
  const { type, name, source, since, until, internal, limit } = flags
  const events: TimelinePage['events'] = []
  let cursor: string | null = null
  do {
    const count = Math.min(PAGE_EVENTS_MAX, limit - events.length)
    const query: Query = {
      type,
      name,
      source,
      since,
      until,
      ...(!internal && { internal: 'false' }),
      limit: count,
      ...(cursor !== null && { cursor }),
    }
    const page: TimelinePage = await client.get<TimelinePage>(path, query)
    events.push(...page.events)
    cursor = page.nextCursor
  } while (cursor !== null && events.length < limit)
  return events
}

function mergeCommand(surroundings: CommandSurroundings): Command {
  return subcommand('merge', 'Makes one of two; the one with an external id lives on, else the older')
    .argument('<ref>', REF)
    .argument('<other>', 'the other one, named likewise')
    .option('--dry-run', 'only show what would come of it')
    .action(async (kind: EntityKind, ref: string, other: string, flags: ChangeFlags) => {
      const body = { survivor: ref, loser: other, dryRun: flags.dryRun === true }
      const done = await clientOf(flags, surroundings).post<MergeDone>(`/${kind}s/merge`, body)
      const { mergeText } = await import('./entity/change-text.ts')
      print(surroundings, done, { json: flags.json, text: () => mergeText(done) })
    })
}

function splitCommand(surroundings: CommandSurroundings): Command {
  return subcommand('split', 'Undoes a merge: a part becomes a profile of its own again')
    .argument('<part>', 'id of the part (see entity show), or an identifier that it owns')
    .option('--dry-run', 'only show what would come of it')
    .action(async (kind: EntityKind, part: string, flags: ChangeFlags) => {
      const done = await clientOf(flags, surroundings).post<SplitDone>(`/${kind}s/split`, { part, dryRun: flags.dryRun === true })
      const { splitText } = await import('./entity/change-text.ts')
      print(surroundings, done, { json: flags.json, text: () => splitText(done) })
    })
}

function eraseCommand(surroundings: CommandSurroundings): Command {
  return subcommand('erase', 'Forgets a user or account for good, everywhere, and prints a receipt')
    .argument('<ref>', REF)
    .option('--dry-run', 'only count what would be erased')
    .option('--yes', 'do not ask')
    .action(async (kind: EntityKind, ref: string, flags: EraseFlags) => {
      const { eraseEntity } = await import('./entity/erase-entity.ts')
      await eraseEntity(kind, ref, { flags, surroundings })
    })
}

function clientOf(flags: ServerFlags, { fetch }: CommandSurroundings): ServerClient {
  return new ServerClient(flags, fetch)
}

function pathOf(kind: EntityKind, ref: string): string {
  return `/${kind}s/${encodeURIComponent(ref)}`
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1) return value
  throw new InvalidArgumentError('It must be a whole number from 1 on.')
}
