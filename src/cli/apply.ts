/** `millrace apply`: makes the segments of a running server those of a catalog, after it has shown what that does. */
import { Command } from 'commander'
import type { PlannedStep, StepReport } from '../engine/segments/reading/catalog-plan.ts'
import type { Sent } from '../engine/segments/reading/segment-changes.ts'
import { type CommandSurroundings, print, processSurroundings, requireConsent } from './command-surroundings.ts'
import { ServerClient, type ServerFlags, withServerOptions } from './server-client.ts'

type ApplyFlags = ServerFlags & { catalog: string; yes?: true; wait?: true }
type Applied = { segments: StepReport[] } & Sent

export function applyCommand(surroundings: CommandSurroundings = processSurroundings()): Command {
  return withServerOptions(
    new Command('apply').description('Makes the segments of the server those of a catalog, after showing what that changes'),
  )
    .option('--catalog <path>', 'catalog file, or a directory with a millrace.yaml', '.')
    .option('--yes', 'do not ask')
    .option('--wait', 'wait until history has been looked at, and show how far it is')
    .action((flags: ApplyFlags) => applyCatalog(flags, surroundings))
}

async function applyCatalog(flags: ApplyFlags, surroundings: CommandSurroundings): Promise<void> {
  const { readCatalogInput } = await import('./segment/catalog-input.ts')
  const { untilApplied } = await import('./segment/await-filling.ts')
  const { appliedText, hasChanges, planText } = await import('./segment/plan-text.ts')
  const client = new ServerClient(flags, surroundings.fetch)
  const input = await readCatalogInput(flags.catalog)
  if (!flags.yes) {
    const plan = await client.post<{ segments: PlannedStep[] }>('/plan', input)
    surroundings.stderr.write(`${planText(plan.segments)}\n`)
    if (hasChanges(plan.segments)) await requireConsent(surroundings, 'Apply this?')
  }
  const apply = async () => await client.post<Applied>('/apply', input)
  const applied = await apply()
  if (!flags.wait) return print(surroundings, applied, { json: flags.json, text: () => appliedText(applied) })
  await untilApplied(applied, apply)
  await waitFor(applied, { client, surroundings, isQuiet: flags.json === true })
  const final = { ...applied, isApplied: true }
  print(surroundings, final, { json: flags.json, text: () => appliedText(final) })
}

type Waiting = { client: ServerClient; surroundings: CommandSurroundings; isQuiet: boolean }

/** Also for those that were the same already: what an earlier `apply` began may go on. */
async function waitFor({ segments }: Applied, waiting: Waiting): Promise<void> {
  const { awaitFilling } = await import('./segment/await-filling.ts')
  const there = segments.filter(({ change }) => change !== 'deleted')
  await awaitFilling(
    there.map(({ id }) => id),
    waiting,
  )
}
