import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { letYield } from './thread-priority.ts'

function prioritiesOf(name: string): number[] {
  const named = readdirSync('/proc/self/task').filter((id) => readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim() === name)
  return named.map((id) => getPriority(Number(id)))
}

test.skipIf(process.platform !== 'linux')('a thread runs behind the others, and what is not there does no harm', async () => {
  const worker = new Worker('setInterval(() => {}, 1_000)', { eval: true, name: 'works in silence' })
  await new Promise((resolve) => worker.once('online', resolve))
  const before = prioritiesOf('works in silenc')
  letYield('works in silence')
  letYield('nobody')
  expect(prioritiesOf('works in silenc')).toEqual(before.map((priority) => Math.max(priority, 5)))
  expect(before).toHaveLength(1)
  await worker.terminate()
})
