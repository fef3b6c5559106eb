import { Command } from 'commander'
import { MillraceError } from '../base/errors.ts'
import type { EngineStatus } from '../runtime/status.ts'

/** `millrace status`: what a running server says of itself. */
export function statusCommand(): Command {
  return new Command('status')
    .description('Shows how far a running engine has come')
    .option('--url <url>', 'address of the server', 'http://localhost:8080')
    .option('--json', 'print the whole answer as JSON')
    .action(async ({ url, json }: { url: string; json?: true }) => {
      const status = await loadStatus(url)
      if (json) return console.log(JSON.stringify(status, null, 2))
      const { statusTable } = await import('./status-table.ts')
      console.log(statusTable(status))
    })
}

async function loadStatus(url: string): Promise<EngineStatus> {
  try {
    const response = await fetch(new URL('/status', url), { signal: AbortSignal.timeout(10_000) })
    // Millrace's own endpoint; its contract test holds it to this type.
    if (response.ok) return (await response.json()) as EngineStatus
    throw new Error(`it answered ${response.status}`)
  } catch (cause) {
    throw new MillraceError('server_unreachable', `No Millrace answers at ${url}.`, {
      hint: 'Start one with `millrace start`, or name its address with --url.',
      cause,
    })
  }
}
