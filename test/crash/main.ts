/**
 * The long form of the crash tests: `npm run crash -- [--profiles] [--kills 100] [--events 500000] [--seed 1] [--points]`. Documents
 * of the segment example, or with `--profiles` tracked events. With `--points` the server dies at each named durability point
 * instead, several times each.
 */
import { parseArgs } from 'node:util'
import { DURABILITY_POINTS } from '../../src/base/durability-point.ts'
import { crashRun } from './crash-run.ts'
import { profileCrashRun } from './profile-crash-run.ts'

const { values } = parseArgs({
  options: {
    profiles: { type: 'boolean', default: false },
    kills: { type: 'string', default: '100' },
    events: { type: 'string', default: '500000' },
    seed: { type: 'string', default: '1' },
    points: { type: 'boolean', default: false },
  },
})

const onProgress = (text: string) => console.log(text)
const [kills, events, seed] = [Number(values.kills), Number(values.events), Number(values.seed)]
if (values.points) await dieAtPoints()
else {
  const startedAt = performance.now()
  const exact = values.profiles ? await dieWithProfiles() : await dieWithDocuments()
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

async function dieAtPoints(): Promise<void> {
  // Tracked events go to no target.
  const points = DURABILITY_POINTS.filter((point) => !values.profiles || !/^(?:rows|body)-/.test(point))
  for (const point of points) {
    for (const pass of [1, 2, 3]) {
      const options = { events: 6_000, seed: seed + pass, crashAt: `${point}:${pass}` }
      await (values.profiles ? profileCrashRun(options) : crashRun(options))
      console.log(`${point}, pass ${pass}: everything is exact`)
    }
  }
}
