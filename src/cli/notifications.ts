/** `millrace notifications`: what changes about users, accounts and segments, as it changes, or what is kept of it. */
import { Command, Option } from 'commander'
import type { Notification } from '../engine/notifications/notification.ts'
import { NOTIFICATION_CHANNELS } from '../model/notification-channel.ts'
import { type CommandSurroundings, processSurroundings } from './command-surroundings.ts'
import { notificationLine } from './notifications/notification-line.ts'
import { resumeCommand } from './notifications/resume-command.ts'
import { ServerClient, type ServerFlags, withServerOptions } from './server-client.ts'

type NotificationFlags = ServerFlags & {
  follow?: true
  channel?: string[]
  segment?: string[]
  kind?: 'user' | 'account'
  cursor?: string
}

type Answer = { notifications: Notification[]; cursor: string; hasMore: boolean }

const PAGE = 500
/** Seconds; as long as the server answers later at most. */
const WAIT = 30

export function notificationsCommand(surroundings: CommandSurroundings = processSurroundings()): Command {
  const command = new Command('notifications').description('Shows what changed about users, accounts and segments')
  // What stands behind the name of a subcommand is for that.
  command.enablePositionalOptions().addCommand(resumeCommand(surroundings))
  return withServerOptions(command)
    .option('--follow', 'go on with what comes, until Ctrl-C')
    .addOption(new Option('--channel <channel...>', 'only these kinds').choices(NOTIFICATION_CHANNELS))
    .option('--segment <id...>', 'only who is in one of these segments, or has just entered or left it')
    .addOption(new Option('--kind <kind>', 'only users, or only accounts').choices(['user', 'account']))
    .option(
      '--cursor <cursor>',
      '"start" (all that is kept), "now", or where another reader stood; default now with --follow, else start',
    )
    .action(async (flags: NotificationFlags) => {
      await show(flags, surroundings)
    })
}

async function show(flags: NotificationFlags, { stdout, stderr, fetch }: CommandSurroundings): Promise<void> {
  const { follow, channel, segment, kind, json, cursor: from = follow ? 'now' : 'start' } = flags
  const client = new ServerClient(flags, fetch)
  const width = json ? undefined : stdout.columns
  if (follow && !json) stderr.write('Waiting for notifications; Ctrl-C stops.\n')
  let isEmpty = true
  for (let cursor = from; ;) {
    const query = { cursor, channel, segment, kind, limit: PAGE, wait: follow ? WAIT : 0 }
    const answer = await client.get<Answer>('/notifications', query)
    for (const one of answer.notifications) stdout.write(`${json ? JSON.stringify(one) : notificationLine(one, width)}\n`)
    cursor = answer.cursor
    isEmpty &&= answer.notifications.length === 0
    if (follow || answer.hasMore) continue
    if (isEmpty && !json) stderr.write('Nothing of that kind is kept.\n')
    return
  }
}
