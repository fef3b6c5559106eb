/** `millrace notifications resume`: lets a webhook go on that has stopped. */
import { Command, Option } from 'commander'
import { type CommandSurroundings, print } from '../command-surroundings.ts'
import { ServerClient, type ServerFlags, withServerOptions } from '../server-client.ts'

type ResumeFlags = ServerFlags & { from?: 'now' | 'start' }
type Answer = { webhook: string; order: string }

export function resumeCommand(surroundings: CommandSurroundings): Command {
  const command = new Command('resume').description('Lets a webhook go on that has stopped')
  return withServerOptions(command)
    .argument('<webhook>', 'its name in the catalog')
    .addOption(
      new Option('--from <place>', '"start" (all that is kept) or "now"; default where it stands').choices(['start', 'now']),
    )
    .action(async (webhook: string, flags: ResumeFlags) => {
      await resume(webhook, flags, surroundings)
    })
}

async function resume(webhook: string, flags: ResumeFlags, surroundings: CommandSurroundings): Promise<void> {
  const { from, json } = flags
  const client = new ServerClient(flags, surroundings.fetch)
  const path = `/notifications/webhooks/${encodeURIComponent(webhook)}/resume`
  const answer = await client.post<Answer>(path, { ...(from !== undefined && { from }) })
  print(surroundings, answer, { json, text: () => `The webhook "${webhook}" goes on; "millrace status" says how it does.` })
}
