/** `millrace segment create`: defines a segment, and waits for its members where that is wanted. */
import { MillraceError } from '../../base/errors.ts'
import type { Defined } from '../../engine/segments/reading/segment-changes.ts'
import type { Member } from '../../engine/segments/reading/segment-members.ts'
import { type CommandSurroundings, print } from '../command-surroundings.ts'
import { ServerClient, type ServerFlags } from '../server-client.ts'
import { awaitFilling, untilApplied } from './await-filling.ts'
import { readDocument } from './document-file.ts'
import { loadMembers } from './load-members.ts'
import { definedText, memberTable } from './segment-text.ts'

export type CreateFlags = ServerFlags & { wait?: true }

const MEMBERS_SHOWN_MAX = 50

type Waiting = { client: ServerClient; flags: CreateFlags; surroundings: CommandSurroundings }

/** Rejects as the server refuses; with `--wait` also with `segment_unknown`, for a segment that somebody deletes meanwhile. */
export async function createSegment(
  { id, file }: { id: string; file: string },
  { flags, surroundings }: Omit<Waiting, 'client'>,
): Promise<void> {
  const document = await readDocument(file, surroundings)
  const client = new ServerClient(flags, surroundings.fetch)
  const define = async () => await client.put<Defined>(`/segments/${encodeURIComponent(id)}`, document)
  const defined = await define()
  if (!flags.wait) return print(surroundings, defined, { json: flags.json, text: () => definedText(defined, id) })
  await untilApplied(defined, define)
  const { segment, members } = await awaitMembers(id, { client, flags, surroundings })
  const final: Defined = { ...defined, segment, isApplied: true }
  const rest =
    segment.members > members.length ? [`The first ${members.length} of ${segment.members.toLocaleString('en-US')}.`] : []
  print(
    surroundings,
    { ...final, members },
    { json: flags.json, text: () => [definedText(final, id), '', memberTable(members), ...rest].join('\n') },
  )
}

async function awaitMembers(id: string, { client, flags, surroundings }: Waiting) {
  const [segment] = await awaitFilling([id], { client, surroundings, isQuiet: flags.json === true })
  if (segment === undefined) throw new MillraceError('segment_unknown', `The segment "${id}" was deleted before it was filled.`)
  const members: Member[] = await loadMembers(client, id, MEMBERS_SHOWN_MAX)
  return { segment, members }
}
