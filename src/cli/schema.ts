/** `millrace schema`: the traits and events that came to a running server, with types, counts and sources. */
import { Command } from 'commander'
import type { EventSchemaReport, TraitReport } from '../engine/profiles/schema-report.ts'
import { type CommandSurroundings, print, processSurroundings } from './command-surroundings.ts'
import { formatInstant } from './formatted-text.ts'
import { ServerClient, type ServerFlags, withServerOptions } from './server-client.ts'
import { textTable } from './text-table.ts'

type TraitAnswer = { user: TraitReport[]; account: TraitReport[]; unkept: { user: number; account: number } }
type EventAnswer = { events: EventSchemaReport[]; unkept: number }

export function schemaCommand(surroundings: CommandSurroundings = processSurroundings()): Command {
  const command = new Command('schema').description('Which traits and events came, of which types, how often, from where')
  command.addCommand(
    withServerOptions(new Command('traits').description('Lists the traits of users and accounts')).action(
      async (flags: ServerFlags) => {
        const answer = await clientOf(flags, surroundings).get<TraitAnswer>('/schema/traits')
        print(surroundings, answer, { json: flags.json, text: () => traitsText(answer) })
      },
    ),
  )
  command.addCommand(
    withServerOptions(new Command('events').description('Lists the events and their properties')).action(
      async (flags: ServerFlags) => {
        const answer = await clientOf(flags, surroundings).get<EventAnswer>('/schema/events')
        print(surroundings, answer, { json: flags.json, text: () => eventsText(answer) })
      },
    ),
  )
  return command
}

function traitsText({ user, account, unkept }: TraitAnswer): string {
  const rows = [...user.map((trait) => traitRow('user', trait)), ...account.map((trait) => traitRow('account', trait))]
  return withUnkept(rows.length === 0 ? 'No trait has come yet.' : textTable(rows), unkept.user + unkept.account)
}

function traitRow(of: string, { name, type, count, sources, refused, hidden, lastSeenAt }: TraitReport) {
  return {
    of,
    trait: name,
    type: type ?? '',
    values: count,
    refused,
    hidden,
    sources: sourcesText(sources),
    last: formatInstant(lastSeenAt),
  }
}

function eventsText({ events, unkept }: EventAnswer): string {
  return withUnkept(events.length === 0 ? 'No event has come yet.' : textTable(events.map(eventRow)), unkept)
}

function eventRow({ type, name, count, sources, properties, lastSeenAt }: EventSchemaReport) {
  const typed = properties.map(({ name, types }) => `${name}: ${Object.keys(types).join(' | ')}`).join(', ')
  return { type, event: name ?? '', count, sources: sourcesText(sources), last: formatInstant(lastSeenAt), properties: typed }
}

function withUnkept(table: string, unkept: number): string {
  return unkept === 0 ? table : `${table}\n\n${unkept.toLocaleString('en-US')} more under names that are not kept.`
}

function sourcesText(sources: Readonly<Record<string, number>>): string {
  return Object.keys(sources).join(', ')
}

function clientOf(flags: ServerFlags, { fetch }: CommandSurroundings): ServerClient {
  return new ServerClient(flags, fetch)
}
