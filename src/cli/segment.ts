/** `millrace segment`: who is in the segments of a running server, and why; and changes by hand. */
import { Command, InvalidArgumentError } from 'commander'
import type { Explanation } from '../engine/segments/reading/explanation.ts'
import type { PreviewReport } from '../engine/segments/reading/segment-preview.ts'
import type { SegmentReport } from '../engine/segments/reading/segment-report.ts'
import { type CommandSurroundings, print, processSurroundings, requireConsent } from './command-surroundings.ts'
import type { MemberFlags } from './segment/change-members.ts'
import type { CreateFlags } from './segment/create-segment.ts'
import { ServerClient, type ServerFlags, withServerOptions } from './server-client.ts'

type PageFlags = ServerFlags & { limit: number }
type DeleteFlags = ServerFlags & { yes?: true }

const MEMBERS_DEFAULT = 50

export function segmentCommand(surroundings: CommandSurroundings = processSurroundings()): Command {
  const command = new Command('segment').description('Segments: who is in them and why, what one would hold, changes by hand')
  for (const subcommand of [listCommand, showCommand, previewCommand, explainCommand, membersCommand])
    command.addCommand(subcommand(surroundings))
  for (const subcommand of [addCommand, removeCommand, createCommand, deleteCommand]) command.addCommand(subcommand(surroundings))
  return command
}

function subcommand(name: string, description: string): Command {
  return withServerOptions(new Command(name).description(description))
}

function listCommand(surroundings: CommandSurroundings): Command {
  return subcommand('list', 'Shows all segments, with how many members they have').action(async (flags: ServerFlags) => {
    const { segments } = await clientOf(flags, surroundings).get<{ segments: SegmentReport[] }>('/segments')
    const { segmentTable } = await import('./segment/segment-text.ts')
    print(surroundings, segments, { json: flags.json, text: () => segmentTable(segments) })
  })
}

function showCommand(surroundings: CommandSurroundings): Command {
  return subcommand('show', 'Shows a segment and its rule')
    .argument('<segment>', 'id of the segment')
    .action(async (id: string, flags: ServerFlags) => {
      const segment = await clientOf(flags, surroundings).get<SegmentReport>(pathOf(id))
      const { segmentText } = await import('./segment/segment-text.ts')
      print(surroundings, segment, { json: flags.json, text: () => segmentText(segment) })
    })
}

function previewCommand(surroundings: CommandSurroundings): Command {
  return subcommand('preview', 'Shows what a segment would hold: how many, some of them, and what each condition leaves')
    .argument('<file>', 'the segment as JSON or YAML; "-" is standard input')
    .action(async (file: string, flags: ServerFlags) => {
      const { readDocument } = await import('./segment/document-file.ts')
      const document = await readDocument(file, surroundings)
      const preview = await clientOf(flags, surroundings).post<PreviewReport>('/segments/preview', document)
      const { previewText } = await import('./segment/preview-text.ts')
      print(surroundings, preview, { json: flags.json, text: () => previewText(preview) })
    })
}

function explainCommand(surroundings: CommandSurroundings): Command {
  return subcommand(
    'explain',
    'Shows why somebody is in a segment or not, condition by condition, and when that changes by itself',
  )
    .argument('<segment>', 'id of the segment')
    .argument('<entity>', 'an identifier, with its kind (email:ada@example.com) or without, or an id')
    .action(async (id: string, entity: string, flags: ServerFlags) => {
      const client = clientOf(flags, surroundings)
      const explanation = await client.get<Explanation>(`${pathOf(id)}/explanation`, { entity })
      const { explanationText } = await import('./segment/explanation-text.ts')
      print(surroundings, explanation, { json: flags.json, text: () => explanationText(explanation) })
    })
}

function membersCommand(surroundings: CommandSurroundings): Command {
  return subcommand('members', 'Lists the members of a segment')
    .argument('<segment>', 'id of the segment')
    .option('--limit <n>', 'how many', wholeNumber, MEMBERS_DEFAULT)
    .action(async (id: string, flags: PageFlags) => {
      const { loadMembers } = await import('./segment/load-members.ts')
      const members = await loadMembers(clientOf(flags, surroundings), id, flags.limit)
      const { memberTable } = await import('./segment/segment-text.ts')
      print(surroundings, members, { json: flags.json, text: () => memberTable(members) })
    })
}

function addCommand(surroundings: CommandSurroundings): Command {
  return memberCommand('add', 'Adds users or accounts to a manual segment', surroundings)
}

function removeCommand(surroundings: CommandSurroundings): Command {
  return memberCommand('remove', 'Removes users or accounts from a manual segment', surroundings)
}

function memberCommand(list: 'add' | 'remove', description: string, surroundings: CommandSurroundings): Command {
  return subcommand(list, description)
    .argument('<segment>', 'id of the segment')
    .argument('[entities...]', 'identifiers, with their kind (email:ada@example.com) or without, or ids')
    .option('--file <file>', 'a file of them: .csv, .tsv, JSON a line, or one a line; "-" is standard input')
    .option('--column <name>', 'which column or member of the file names them; else "ref", or the usual identifiers')
    .action(async (segment: string, refs: string[], flags: MemberFlags) => {
      const { changeMembers } = await import('./segment/change-members.ts')
      await changeMembers({ segment, list, refs }, { flags, surroundings })
    })
}

function createCommand(surroundings: CommandSurroundings): Command {
  return subcommand('create', 'Defines a segment, or changes it')
    .argument('<segment>', 'id of the segment')
    .argument('<file>', 'the segment as JSON or YAML; "-" is standard input')
    .option('--wait', 'wait until history has been looked at, show how far it is, and list members')
    .action(async (id: string, file: string, flags: CreateFlags) => {
      const { createSegment } = await import('./segment/create-segment.ts')
      await createSegment({ id, file }, { flags, surroundings })
    })
}

function deleteCommand(surroundings: CommandSurroundings): Command {
  return subcommand('delete', 'Deletes a segment; its members leave it')
    .argument('<segment>', 'id of the segment')
    .option('--yes', 'do not ask')
    .action(async (id: string, flags: DeleteFlags) => {
      const client = clientOf(flags, surroundings)
      if (!flags.yes) {
        const { members } = await client.get<SegmentReport>(pathOf(id))
        await requireConsent(surroundings, `Delete the segment ${id}, which has ${members.toLocaleString('en-US')} members?`)
      }
      const done = await client.delete<{ isApplied: boolean }>(pathOf(id))
      print(surroundings, done, {
        json: flags.json,
        text: () => (done.isApplied ? `Deleted ${id}.` : `Accepted: ${id} will be deleted.`),
      })
    })
}

function clientOf(flags: ServerFlags, { fetch }: CommandSurroundings): ServerClient {
  return new ServerClient(flags, fetch)
}

function pathOf(id: string): string {
  return `/segments/${encodeURIComponent(id)}`
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1) return value
  throw new InvalidArgumentError('It must be a whole number from 1 on.')
}
