import { expect, test } from 'vitest'
import { QUARANTINE_ITEMS_MAX, QUARANTINE_SPACE } from '../../model/event/quarantine.ts'
import { openSqliteStore } from '../../store/sqlite/open-sqlite-store.ts'
import { PAGE_ITEMS, PAGES_KEY, pageKey, QuarantineShelf } from './quarantine-shelf.ts'

async function openShelf() {
  const store = await openSqliteStore({ path: ':memory:' })
  const { fence } = await store.acquire('0')
  const commit = async (shelf: QuarantineShelf) =>
    await store.commit('0', fence, { documents: shelf.changes(), outputs: [], checkpoints: [] })
  const load = async (...keys: string[]) =>
    (await store.load(QUARANTINE_SPACE, keys)).map((text) => (text === undefined ? undefined : (JSON.parse(text) as unknown)))
  return { store, commit, load }
}

test('items are listed in the order in which they came, over transactions and restarts, until they are released', async () => {
  const { store, commit, load } = await openShelf()
  for (const id of ['a', 'b', 'c']) {
    const shelf = await QuarantineShelf.open(store)
    await shelf.add({ id }, JSON.stringify({ id }))
    await commit(shelf)
  }
  const shelf = await QuarantineShelf.open(store)
  shelf.release(['b', 'never there'])
  await commit(shelf)
  expect(await load('a', 'b', 'c', pageKey(0), PAGES_KEY)).toEqual([
    { id: 'a' },
    undefined,
    { id: 'c' },
    ['a', 'b', 'c'],
    { first: 0, last: 0, count: 3, evicted: 0 },
  ])
})

test('beyond the limit the oldest page makes room, and is counted', async () => {
  const { store, commit, load } = await openShelf()
  const shelf = await QuarantineShelf.open(store)
  for (let i = 0; i <= QUARANTINE_ITEMS_MAX; i++) await shelf.add({ id: `i${i}` }, '{}')
  await commit(shelf)
  const last = QUARANTINE_ITEMS_MAX / PAGE_ITEMS
  expect(await load('i0', 'i999', 'i1000', pageKey(0), PAGES_KEY)).toEqual([
    undefined,
    undefined,
    {},
    undefined,
    { first: 1, last, count: QUARANTINE_ITEMS_MAX + 1 - PAGE_ITEMS, evicted: PAGE_ITEMS },
  ])
})
