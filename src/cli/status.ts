import { Command } from 'commander'
import type { EngineStatus } from '../runtime/status.ts'
import { ServerClient } from './server-client.ts'

/** `millrace status`: what a running server says of itself. */
export function statusCommand(): Command {
  return new Command('status')
    .description('Shows how far a running engine has come')
    .option('--url <url>', 'address of the server', 'http://localhost:8080')
    .option('--json', 'print the whole answer as JSON')
    .action(async ({ url, json }: { url: string; json?: true }) => {
      const status = await new ServerClient({ url }).get<EngineStatus>('/status')
      if (json) return console.log(JSON.stringify(status, null, 2))
      const { statusTable } = await import('./status-table.ts')
      console.log(statusTable(status))
    })
}
