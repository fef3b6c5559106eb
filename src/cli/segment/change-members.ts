/** `millrace segment add` and `remove`: members of a manual segment, from the command line or a file, in requests of a fair size. */
import { MillraceError } from '../../base/errors.ts'
import { MEMBER_CHANGES_MAX, type MembersChanged } from '../../engine/segments/reading/segment-changes.ts'
import { type CommandSurroundings, print } from '../command-surroundings.ts'
import { counted } from '../formatted-text.ts'
import { ServerClient, type ServerFlags } from '../server-client.ts'
import { type FileReference, readMemberFile } from './member-file.ts'

export type MemberFlags = ServerFlags & { file?: string; column?: string }

export type MemberOrder = { segment: string; list: 'add' | 'remove'; refs: readonly string[] }

/** `line`: of the file; null for what stood on the command line. */
export type MemberOutcome = { changed: number; unknown: { ref: string; line: number | null }[]; isApplied: boolean }

/** Rejects with `entity_unknown` when anybody was not known; the others are done. */
export async function changeMembers(
  { segment, list, refs }: MemberOrder,
  { flags, surroundings }: { flags: MemberFlags; surroundings: CommandSurroundings },
): Promise<void> {
  const named = refs.map((ref) => ({ ref, line: null }))
  const listed =
    flags.file === undefined ? [] : await readMemberFile(flags.file, { column: flags.column, stdin: surroundings.stdin })
  const all = [...named, ...listed]
  if (all.length === 0) {
    throw new MillraceError('usage_invalid', `Nobody is named to ${list}.`, {
      hint: 'Name users or accounts, or a file with --file.',
    })
  }
  const client = new ServerClient(flags, surroundings.fetch)
  const outcome = await sendAll(all, {
    client,
    segment,
    list,
    tell: flags.json ? () => {} : (text) => surroundings.stderr.write(text),
  })
  print(surroundings, outcome, { json: flags.json, text: () => outcomeText(outcome, { segment, list }) })
  if (outcome.unknown.length > 0) throw unknownOnes(outcome, all.length)
}

type Sending = { client: ServerClient; segment: string; list: 'add' | 'remove'; tell: (text: string) => void }
type Named = { ref: string; line: FileReference['line'] | null }

async function sendAll(all: readonly Named[], { client, segment, list, tell }: Sending): Promise<MemberOutcome> {
  const outcome: MemberOutcome = { changed: 0, unknown: [], isApplied: true }
  for (let start = 0; start < all.length; start += MEMBER_CHANGES_MAX) {
    const some = all.slice(start, start + MEMBER_CHANGES_MAX)
    const body = { [list]: some.map(({ ref }) => ref) }
    const done = await client.post<MembersChanged>(`/segments/${encodeURIComponent(segment)}/members`, body)
    outcome.changed += list === 'add' ? done.added : done.removed
    outcome.isApplied = outcome.isApplied && done.isApplied
    outcome.unknown.push(...done.unknown.map(({ index, ref }) => ({ ref, line: some[index]?.line ?? null })))
    if (all.length > MEMBER_CHANGES_MAX) tell(`${counted(start + some.length, 'line')} sent …\n`)
  }
  return outcome
}

function outcomeText({ changed, isApplied }: MemberOutcome, { segment, list }: Pick<MemberOrder, 'segment' | 'list'>): string {
  const done = list === 'add' ? `added to ${segment}` : `removed from ${segment}`
  const who = `${counted(changed, 'entity').replace('entitys', 'entities')} ${done}`
  return isApplied ? `Done: ${who}.` : `Accepted, and not applied yet: ${who}.`
}

const TOLD_MAX = 20

function unknownOnes({ unknown }: MemberOutcome, total: number): MillraceError {
  const told = unknown.slice(0, TOLD_MAX).map(({ ref, line }) => `  ${line === null ? '' : `line ${line}: `}${ref}`)
  const more = unknown.length > TOLD_MAX ? [`  and ${unknown.length - TOLD_MAX} more`] : []
  const headline = `${unknown.length.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} ${unknown.length === 1 ? 'is' : 'are'} not known:`
  return new MillraceError('entity_unknown', [headline, ...told, ...more].join('\n'), {
    hint: 'The others are done; the same may be done again.',
  })
}
