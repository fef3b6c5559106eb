import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import type { Derivation } from '../model/catalog.ts'
import { loadLambdas } from './load-lambdas.ts'

const MODULE = `import { defineDerivation } from 'millrace'

export default defineDerivation({
  fromEvents: {
    greeting: 'hello ',
    update(source) {
      return [source.user]
    },
    publish(source, register, previous) { return [this.greeting + source.user, register, previous] },
  },
})
`

function moduleWith(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'millrace-lambdas-')), 'users.ts')
  writeFileSync(file, text)
  return file
}

function derivation(module: string): Derivation {
  const transforms = {
    fromEvents: { source: 'events', shuffle: ['/user'], update: { rollbackOnConflict: false }, hasPublish: true },
  }
  return { module, transforms }
}

test('lambdas come with the place of their definition, and keep their `this`', async () => {
  const module = moduleWith(MODULE)
  const { fromEvents } = await loadLambdas(derivation(module))
  expect(fromEvents?.update?.({ user: 'alice' })).toEqual(['alice'])
  expect(fromEvents?.publish?.({ user: 'bob' }, 1, 2)).toEqual(['hello bob', 1, 2])
  expect(fromEvents?.update?.location).toEqual({ name: 'fromEvents.update', file: module, line: 6 })
  expect(fromEvents?.publish?.location).toEqual({ name: 'fromEvents.publish', file: module, line: 9 })
})

test('lambdas load in worker threads, which each have a loader of their own', async () => {
  const module = moduleWith(MODULE)
  const loader = new URL('load-lambdas.ts', import.meta.url).href
  const code = `const { parentPort, workerData } = require('node:worker_threads')
    import(${JSON.stringify(loader)})
      .then(({ loadLambdas }) => loadLambdas(workerData))
      .then(({ fromEvents }) => parentPort.postMessage(fromEvents.update({ user: 'alice' })))`
  const worker = new Worker(code, { eval: true, workerData: derivation(module) })
  const [message] = (await once(worker, 'message')) as [unknown]
  await worker.terminate()
  expect(message).toEqual(['alice'])
})

test.each([
  ['export default {}', 'users.ts:1: The transform "fromEvents" is missing.'],
  ['export default { fromEvents: { update() {} } }', 'users.ts:1: The transform "fromEvents" has no publish lambda.'],
  ['export default { fromEvents: { update: 1, publish() {} } }', 'users.ts:1: The transform "fromEvents" has no update lambda.'],
  ['export const a = 1', 'users.ts:1: The module has no default export.'],
  ["\nthrow new Error('no luck')", 'users.ts:2: The module cannot be loaded: no luck'],
  ["import './gone.ts'\nexport default {}", /^users\.ts:1: The module cannot be loaded: Cannot find module/],
  ['export default {\n  a: 1\n  b: 2\n}', /^users\.ts:3: The module cannot be loaded: /],
])('the module %j is refused', async (text, message) => {
  await expect(loadLambdas(derivation(moduleWith(text)))).rejects.toMatchObject({
    code: 'catalog_invalid',
    message: typeof message === 'string' ? message : (expect.stringMatching(message) as unknown),
  })
})
