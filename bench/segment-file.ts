/** A file of generated segment events, made once per size and kept in the temporary folder. */
import { createWriteStream, existsSync, mkdirSync, renameSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/base/clock.ts'
import { seededRandom } from '../src/base/random.ts'
import { writeSegmentEvents } from '../src/cli/generate.ts'

export async function segmentFile(count: number, users = 1_000_000): Promise<string> {
  const folder = join(tmpdir(), 'millrace-bench')
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `segment-events-${count}-${users}.ndjson`)
  if (existsSync(path)) return path
  const out = createWriteStream(`${path}.part`)
  await writeSegmentEvents(out, { random: seededRandom(1), clock: systemClock, users, count })
  out.end()
  await once(out, 'finish')
  renameSync(`${path}.part`, path)
  return path
}
