/** Waits until history has been looked at for segments, and tells how far it is. */
import { MillraceError } from '../../base/errors.ts'
import type { SegmentReport } from '../../engine/segments/reading/segment-report.ts'
import type { CommandSurroundings } from '../command-surroundings.ts'
import { counted } from '../formatted-text.ts'
import type { ServerClient } from '../server-client.ts'
import { progressText } from './segment-text.ts'

const LOOK_INTERVAL_MS = 500

/** The server waits for a while by itself; asked again for what is on its way, it waits again, and does nothing twice. */
export async function untilApplied(first: { isApplied: boolean }, again: () => Promise<{ isApplied: boolean }>): Promise<void> {
  for (let { isApplied } = first; !isApplied;) ({ isApplied } = await again())
}

/** Resolves with the segments when all of them are live. Those that somebody deletes meanwhile are waited for no longer. */
export async function awaitFilling(
  ids: readonly string[],
  { client, surroundings, isQuiet }: { client: ServerClient; surroundings: CommandSurroundings; isQuiet: boolean },
): Promise<SegmentReport[]> {
  const live: SegmentReport[] = []
  const told = new Map<string, string>()
  for (let waiting = [...ids]; waiting.length > 0;) {
    const found = await Promise.all(waiting.map((id) => findSegment(client, id)))
    const shown = found.flatMap((segment) => segment ?? [])
    for (const { id, state, progress, members } of shown) {
      const news = progress ? progressText(progress) : state === 'live' ? `live, ${counted(members, 'member')}` : state
      if (told.get(id) !== news && !isQuiet) surroundings.stderr.write(`${id}: ${news}\n`)
      told.set(id, news)
    }
    live.push(...shown.filter(({ state }) => state === 'live'))
    waiting = shown.flatMap(({ id, state }) => (state === 'filling' ? [id] : []))
    if (waiting.length > 0) await surroundings.clock.sleep(LOOK_INTERVAL_MS)
  }
  return live
}

async function findSegment(client: ServerClient, id: string): Promise<SegmentReport | undefined> {
  try {
    return await client.get<SegmentReport>(`/segments/${encodeURIComponent(id)}`)
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'segment_unknown') return undefined
    throw error
  }
}
