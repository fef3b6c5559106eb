/** `millrace test` on the segment example as a process of its own: seconds, the median of five. `npm run bench test-start` */
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })

const seconds = Array.from({ length: 5 }, () => {
  const startedAt = performance.now()
  const { status } = spawnSync(process.execPath, ['bin/millrace.mjs', 'test', 'examples/segment'])
  if (status !== 0) throw new Error('The tests of the example fail.')
  return (performance.now() - startedAt) / 1000
})
const outcome = { medianSeconds: Number((seconds.toSorted((a, b) => a - b)[2] ?? 0).toFixed(2)) }
console.log(values.json ? JSON.stringify(outcome) : outcome)
