/**
 * The long form of the crash test: `npm run crash -- [--kills 100] [--events 500000] [--seed 1] [--points]`.
 * With `--points` the server dies at each named durability point instead, several times each.
 */
import { parseArgs } from 'node:util'
import { DURABILITY_POINTS } from '../../src/base/durability-point.ts'
import { crashRun } from './crash-run.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    events: { type: 'string', default: '500000' },
    seed: { type: 'string', default: '1' },
    points: { type: 'boolean', default: false },
  },
})

const onProgress = (text: string) => console.log(text)
const [kills, events, seed] = [Number(values.kills), Number(values.events), Number(values.seed)]
if (values.points) {
  for (const point of DURABILITY_POINTS) {
    for (const pass of [1, 2, 3]) {
      await crashRun({ events: 6_000, seed: seed + pass, crashAt: `${point}:${pass}` })
      console.log(`${point}, pass ${pass}: everything is exact`)
    }
  }
} else {
  const startedAt = performance.now()
  const outcome = await crashRun({ events, seed, kills, onProgress })
  console.log(
    `${outcome.kills} kills during ${events} events in ${Math.round((performance.now() - startedAt) / 1000)} s: tables, toggles and lake are exact; ${outcome.repeatedRequests} requests and ${outcome.repeatedBodies} webhook bodies were repeated and harmless.`,
  )
}
