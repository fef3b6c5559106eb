import { expect, test } from 'vitest'
import { MillraceError } from '../base/errors.ts'
import { openSqliteStore } from '../store/sqlite/open-sqlite-store.ts'
import { openWhenNeeded } from './open-when-needed.ts'

test('a store that is away at first is opened once it is there, and only once', async () => {
  let attempts = 0
  const reader = openWhenNeeded(async () => {
    attempts++
    if (attempts < 3) throw new MillraceError('store_unavailable', 'It is away.', { retryable: true })
    return await openSqliteStore({ path: ':memory:' })
  })
  await expect(reader.load('space', ['key'])).rejects.toMatchObject({ code: 'store_unavailable' })
  await expect(reader.checkpoints()).rejects.toMatchObject({ code: 'store_unavailable' })
  expect(await reader.load('space', ['key'])).toEqual([undefined])
  expect(await reader.scan('space', {}, 1)).toEqual([])
  await reader.saveCursor('name', 'value')
  expect(await reader.loadCursor('name')).toBe('value')
  expect(attempts).toBe(3)
  await reader.close()
})

test('a reader that nobody used has nothing to close', async () => {
  const reader = openWhenNeeded(() => Promise.reject(new Error('never called')))
  await expect(reader.close()).resolves.toBeUndefined()
})
