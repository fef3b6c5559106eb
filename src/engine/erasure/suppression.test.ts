import { expect, test } from 'vitest'
import type { Json } from '../../base/json.ts'
import { normalize } from './erasure.fixture.ts'
import { type SuppressionFile, SuppressionList } from './suppression.ts'

class MemoryFile implements SuppressionFile {
  text: string | undefined
  failures = 0

  async read(): Promise<Json | undefined> {
    return this.text === undefined ? undefined : (JSON.parse(this.text) as Json)
  }

  async write(list: Json): Promise<void> {
    if (this.failures-- > 0) throw new Error('disk full')
    this.text = JSON.stringify(list)
  }
}

let salts = 0
const open = (file: SuppressionFile) => SuppressionList.open({ file, newSalt: () => `salt ${++salts}`, normalize })
const email = (value: string) => ({ kind: 'email', value })
const WHY = { erasure: 'e1', at: '2026-03-01T08:00:00.000Z' }

test('identifiers are kept out in any form, each for its kind of entity and its own kind', async () => {
  const list = await open(new MemoryFile())
  expect(list.isSuppressed('user', email('ann@example.com'))).toBe(false)
  expect(await list.add('user', [email('ann@example.com'), email('ann@example.com')], WHY)).toBe(1)
  expect(list.isSuppressed('user', email(' ANN@example.com'))).toBe(true)
  expect(list.isSuppressed('account', email('ann@example.com'))).toBe(false)
  expect(list.isSuppressed('user', { kind: 'external_id', value: 'ann@example.com' })).toBe(false)
})

const hashesOf = (text: string) => Object.keys((JSON.parse(text) as { suppressed: object }).suppressed)

test('the list names nobody, and has a salt of its own', async () => {
  const files = [new MemoryFile(), new MemoryFile()]
  for (const file of files) await (await open(file)).add('user', [email('ann@example.com')], WHY)
  const [first = '', second = ''] = files.map(({ text }) => text)
  expect(first).not.toContain('ann')
  expect(hashesOf(first)).toHaveLength(1)
  expect(hashesOf(first)).not.toEqual(hashesOf(second))
})

test('it is the same after it was opened again, and lifting is for good', async () => {
  const file = new MemoryFile()
  await (await open(file)).add('user', [email('ann@example.com'), email('eve@example.com')], WHY)
  const again = await open(file)
  expect(await again.lift('user', email('ANN@example.com'))).toBe(true)
  const last = await open(file)
  expect(['ann', 'eve'].map((name) => last.isSuppressed('user', email(`${name}@example.com`)))).toEqual([false, true])
})

test('an addition that could not be written counts at once, and a repeat writes it', async () => {
  const file = new MemoryFile()
  const list = await open(file)
  file.failures = 1
  await expect(list.add('user', [email('ann@example.com')], WHY)).rejects.toThrow('disk full')
  expect(list.isSuppressed('user', email('ann@example.com'))).toBe(true)
  await list.add('user', [email('ann@example.com')], WHY)
  expect((await open(file)).size).toBe(1)
})

test('a file that is no list is refused rather than replaced', async () => {
  const file = new MemoryFile()
  file.text = '{"salt":1}'
  await expect(open(file)).rejects.toThrow('invariant')
})
