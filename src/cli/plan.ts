/** `millrace plan`: what the segments of a catalog would change on a running server. */
import { Command } from 'commander'
import type { PlannedStep } from '../engine/segments/reading/catalog-plan.ts'
import { type CommandSurroundings, print, processSurroundings } from './command-surroundings.ts'
import { ServerClient, type ServerFlags, withServerOptions } from './server-client.ts'

type PlanFlags = ServerFlags & { catalog: string; exitCode?: true }

/** For scripts: there is something to apply. */
const CHANGES_EXIT_CODE = 2

export function planCommand(surroundings: CommandSurroundings = processSurroundings()): Command {
  return withServerOptions(
    new Command('plan').description(
      'Shows what the segments of a catalog would change: who enters and leaves each, without doing it',
    ),
  )
    .option('--catalog <path>', 'catalog file, or a directory with a millrace.yaml', '.')
    .option('--exit-code', `end with ${CHANGES_EXIT_CODE} when there is something to apply`)
    .action(async (flags: PlanFlags) => {
      const { readCatalogInput } = await import('./segment/catalog-input.ts')
      const { hasChanges, planText } = await import('./segment/plan-text.ts')
      const client = new ServerClient(flags, surroundings.fetch)
      const plan = await client.post<{ segments: PlannedStep[] }>('/plan', await readCatalogInput(flags.catalog))
      print(surroundings, plan, { json: flags.json, text: () => planText(plan.segments) })
      if (flags.exitCode && hasChanges(plan.segments)) process.exitCode = CHANGES_EXIT_CODE
    })
}
