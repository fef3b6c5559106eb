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
  const transforms = { fromEvents: { source: 'events', shuffle: ['/user'], update: { rollbackOnConflict: false }, hasPublish: true } }
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
