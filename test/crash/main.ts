/**
 * The long form of the crash tests: `npm run crash -- [--profiles | --segments] [--kills 100] [--events 500000] [--seed 1] [--points]`.
 * Documents of the segment example; with `--profiles` tracked events, with `--segments` those that segments ask about. With `--points` the server dies at each named durability point
 * instead, several times each.
 */
import { parseArgs } from 'node:util'
import { DURABILITY_POINTS } from '../../src/base/durability-point.ts'
import { crashRun } from './crash-run.ts'
import { profileCrashRun } from './profile-crash-run.ts'
import { segmentCrashRun } from './segment-crash-run.ts'

const { values } = parseArgs({
  options: {
    profiles: { type: 'boolean', default: false },
    segments: { type: 'boolean', default: false },
    kills: { type: 'string', default: '100' },
    events: { type: 'string' },
    seed: { type: 'string', default: '1' },
    points: { type: 'boolean', default: false },
  },
})

const onProgress = (text: string) => console.log(text)
/** Of segments fewer: their reading by hand takes its time. */
const EVENTS_DEFAULT = values.segments ? 60_000 : 500_000
const [kills, events, seed] = [Number(values.kills), Number(values.events ?? EVENTS_DEFAULT), Number(values.seed)]
if (values.points) await dieAtPoints()
else {
  const startedAt = performance.now()
  const exact = await (values.segments ? dieWithSegments() : values.profiles ? dieWithProfiles() : dieWithDocuments())
  console.log(`${kills} kills during ${events} events in ${Math.round((performance.now() - startedAt) / 1000)} s: ${exact}`)
}

async function dieWithDocuments(): Promise<string> {
  const { repeatedRequests, repeatedBodies } = await crashRun({ events, seed, kills, onProgress })
  return `tables, toggles and lake are exact; ${repeatedRequests} requests and ${repeatedBodies} webhook bodies were repeated and harmless.`
}

async function dieWithProfiles(): Promise<string> {
  const { messages, repeated, unanswered } = await profileCrashRun({ events, seed, kills, onProgress })
  return `${messages} messages are applied once each, profiles, timelines and log are exact; ${repeated} repeats and ${unanswered} events that came again for want of an answer dropped out.`
}

async function dieWithSegments(): Promise<string> {
  const { users, memberships, moves, notifications, readerKills } = await segmentCrashRun({ events, seed, kills, onProgress })
  return `${memberships} memberships of ${users} users, ${moves} moves and all counts are exact; ${notifications} notifications were read across ${readerKills} deaths of the reader, none lost, none twice.`
}

async function dieAtPoints(): Promise<void> {
  const points = DURABILITY_POINTS.filter(isPassed)
  for (const point of points) {
    for (const pass of [1, 2, 3]) {
      const options = { events: 6_000, seed: seed + pass, crashAt: `${point}:${pass}` }
      await (values.segments ? segmentCrashRun : values.profiles ? profileCrashRun : crashRun)(options)
      console.log(`${point}, pass ${pass}: everything is exact`)
    }
  }
}

/** Tracked events go to no target, and only segments look at columns and history. */
function isPassed(point: string): boolean {
  const isOfTargets = /^(?:rows|body)-/.test(point)
  const isOfSegments = /^(?:page|columns)-/.test(point)
  return !(isOfTargets && (values.profiles || values.segments)) && (!isOfSegments || values.segments)
}
