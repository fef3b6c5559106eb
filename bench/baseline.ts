/**
 * What a straightforward program of fifty lines reaches on the same events and the same disk, as a yardstick that moves with the
 * machine: parse, two maps, and both tables written in one SQLite transaction per 10,000 events. No log, no validation, no
 * toggles, no lake, no recovery. `npm run bench baseline -- --events 1000000`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import type { SegmentEvent } from '../src/engine/segment-generator/segment-events.ts'
import { lineChunks } from './line-chunks.ts'
import { segmentFile } from './segment-file.ts'

const { values } = parseArgs({
  options: { events: { type: 'string', default: '1000000' }, json: { type: 'boolean', default: false } },
})
const events = Number(values.events)
const BATCH = 10_000

type Detail = { segment: SegmentEvent['segment']; first?: string; last: string; member: boolean }

const folder = mkdtempSync(join(tmpdir(), 'millrace-baseline-'))
const db = new DatabaseSync(join(folder, 'baseline.db'))
db.exec(`
  pragma journal_mode = wal;
  pragma synchronous = normal;
  create table memberships (vendor integer, name text, user text, document text, primary key (vendor, name, user));
  create table profiles (user text primary key, document text);
`)
const upsertMembership = db.prepare('insert or replace into memberships values (?, ?, ?, ?)')
const upsertProfile = db.prepare('insert or replace into profiles values (?, ?)')
const profiles = new Map<string, Map<string, Detail>>()
const touched = new Map<string, Set<string>>()

const file = await segmentFile(events)
const startedAt = performance.now()
let pending = 0
for await (const lines of lineChunks(file)) {
  for (const line of lines) apply(JSON.parse(line) as SegmentEvent)
  pending += lines.length
  if (pending >= BATCH) flush()
}
flush()
const perSecond = Math.round((events * 1000) / (performance.now() - startedAt))
db.close()
rmSync(folder, { recursive: true })
console.log(values.json ? JSON.stringify({ events, perSecond }) : { events, perSecond })

function apply({ user, segment, timestamp, remove }: SegmentEvent): void {
  const details = profiles.get(user) ?? new Map<string, Detail>()
  profiles.set(user, details)
  const key = `${segment.name} ${segment.vendor}`
  const detail = details.get(key) ?? { segment, last: timestamp, member: !remove }
  details.set(key, { ...detail, ...(remove ? {} : { first: detail.first ?? timestamp }), last: timestamp, member: !remove })
  const keys = touched.get(user) ?? new Set()
  touched.set(user, keys.add(key))
}

function flush(): void {
  db.exec('begin')
  for (const [user, keys] of touched) {
    const details = profiles.get(user) as Map<string, Detail>
    for (const key of keys) {
      const detail = details.get(key) as Detail
      upsertMembership.run(detail.segment.vendor, detail.segment.name, user, JSON.stringify({ user, ...detail }))
    }
    upsertProfile.run(user, JSON.stringify({ user, segments: [...details.values()] }))
  }
  db.exec('commit')
  touched.clear()
  pending = 0
}
