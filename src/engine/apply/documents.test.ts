import { expect, test } from 'vitest'
import { changeDocument, Documents } from './documents.ts'

test('what is present is what the store has, overlaid with what is changed since, whether it is open or not', async () => {
  const stored = new Set(['kept', 'gone', 'going'])
  const asked: string[] = []
  const load = async (_space: string, keys: readonly string[]) => {
    asked.push(...keys)
    return keys.map((key) => (stored.has(key) ? '1' : undefined))
  }
  const documents = new Documents<number>({ load }, { space: 'a' })
  const present = async () => [...(await documents.present(['kept', 'gone', 'going', 'made', 'none']))].toSorted()
  const change = async (key: string, value: number | undefined) => {
    const [document] = await documents.open([key])
    if (document) changeDocument(document, value)
  }
  expect(await present()).toEqual(['going', 'gone', 'kept'])
  await change('gone', undefined)
  await change('made', 2)
  expect(await present()).toEqual(['going', 'kept', 'made'])
  documents.seal()
  expect(await present()).toEqual(['going', 'kept', 'made'])
  documents.close()
  await change('going', undefined)
  asked.length = 0
  expect(await present()).toEqual(['kept', 'made'])
  expect(asked).toEqual(['kept', 'none'])
})
