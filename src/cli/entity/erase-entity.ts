/** `millrace entity erase`: asks the server to forget somebody, follows it, and prints the receipt. */
import { MillraceError } from '../../base/errors.ts'
import type { ErasureReport } from '../../engine/erasure/erasure.ts'
import type { ProfileReport } from '../../engine/profiles/reading/profile-report.ts'
import type { EntityKind } from '../../model/profile/entity.ts'
import { type CommandSurroundings, print, requireConsent } from '../command-surroundings.ts'
import { counted, formatInstant } from '../formatted-text.ts'
import { ServerClient, type ServerFlags } from '../server-client.ts'
import { textTable } from '../text-table.ts'

export type EraseFlags = ServerFlags & { dryRun?: true; yes?: true }

const LOOK_INTERVAL_MS = 500

export async function eraseEntity(
  kind: EntityKind,
  ref: string,
  { flags, surroundings }: { flags: EraseFlags; surroundings: CommandSurroundings },
): Promise<void> {
  const client = new ServerClient(flags, surroundings.fetch)
  const subject = await subjectOf(client, kind, ref)
  const isDryRun = flags.dryRun === true
  if (!isDryRun && !flags.yes)
    await requireConsent(surroundings, `Forget the ${kind} ${ref} for good: profile, events, everything?`)
  let report = await client.post<ErasureReport>('/erasures', { kind, ...subject, dryRun: isDryRun })
  let told = ''
  while (report.state !== 'done') {
    const news = report.failure?.message ?? report.state.replace('-', ' ')
    if (news !== told && !flags.json) surroundings.stderr.write(`${news} …\n`)
    told = news
    await surroundings.clock.sleep(LOOK_INTERVAL_MS)
    report = await client.get<ErasureReport>(`/erasures/${report.id}`)
  }
  print(surroundings, report, { json: flags.json, text: () => receiptText(report) })
}

type Subject = { id: string } | { identifier: { kind: string; value: string } }

/** Whoever has no profile any more is named by an identifier with its kind, since events may still mention it. */
async function subjectOf(client: ServerClient, kind: EntityKind, ref: string): Promise<Subject> {
  try {
    const { id } = await client.get<ProfileReport>(`/${kind}s/${encodeURIComponent(ref)}`)
    return { id }
  } catch (error) {
    const colon = ref.indexOf(':')
    const isUnknown = error instanceof MillraceError && error.code === 'entity_unknown'
    if (!isUnknown || colon < 1 || ref.startsWith('id:')) throw error
    return { identifier: { kind: ref.slice(0, colon), value: ref.slice(colon + 1) } }
  }
}

function receiptText({ id, isDryRun, finishedAt = '', places }: ErasureReport): string {
  const { state, log, quarantine, outputs, lake, columns, suppression } = places
  const commands = log.commands > 0 ? `, ${counted(log.commands, 'command')}` : ''
  const rows = [
    { place: 'state', what: `${counted(state.parts, 'profile')}, ${counted(state.identifiers, 'identifier')}` },
    {
      place: 'log',
      what: `${counted(log.events, 'event')}${commands} in ${counted(log.entries, 'entry').replace('entrys', 'entries')}`,
    },
    { place: 'quarantine', what: counted(quarantine.items, 'item') },
    { place: 'outputs', what: `${counted(outputs.events, 'event')}, ${counted(outputs.changes, 'change')}` },
    { place: 'lake', what: `${counted(lake.events, 'event')} in ${counted(lake.fragments, 'fragment')}` },
    { place: 'columns', what: isDryRun || columns.isDiscarded ? 'made anew' : 'kept' },
    { place: 'suppression', what: `${counted(suppression.identifiers, 'identifier')} kept out` },
  ]
  const title = isDryRun ? `Preview ${id}: this would be erased` : `Erased ${formatInstant(finishedAt)}, receipt ${id}`
  return `${title}\n\n${textTable(rows)}`
}
