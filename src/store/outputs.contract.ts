/** What the store's port promises of outputs that are pruned or replaced, and of scrubbing; part of the store's contract. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type OutputBatch, PRUNED_BATCHES_MAX, type Store, type Transaction } from './store.ts'

const PARTITION = '0'
const EVERYTHING = Number.MAX_SAFE_INTEGER

const output = (through: number, collection = 'collection'): OutputBatch => ({
  collection,
  after: through - 1,
  through,
  appendedAt: 1_000 + through,
  payload: new Uint8Array(10).fill(through),
})

const outputs = (...throughs: number[]) => throughs.map((through) => output(through))

export function outputsContract(name: string, open: () => Promise<{ store: Store }>): void {
  describe(`${name} keeps the promises of outputs that go`, () => {
    let store: Store
    let fence: number

    beforeEach(async () => {
      store = (await open()).store
      fence = (await store.acquire(PARTITION)).fence
    })
    afterEach(() => store.close())

    const commit = (transaction: Partial<Transaction>) =>
      store.commit(PARTITION, fence, { documents: [], outputs: [], checkpoints: [], ...transaction })
    const read = async (collection = 'collection') =>
      (await store.readOutputs(collection, 0, EVERYTHING)).map(({ payload, ...rest }) => ({
        ...rest,
        payload: Uint8Array.from(payload),
      }))
    const throughs = async (collection?: string) => (await read(collection)).map(({ through }) => through)

    test.each([
      { title: 'up to a batch', through: 2, left: [5, 9] },
      { title: 'up to a place between batches', through: 8, left: [9] },
      { title: 'up to a place before all', through: 0, left: [1, 2, 5, 9] },
      { title: 'up to a place behind all', through: 100, left: [] },
    ])('pruning $title leaves what ends later', async ({ through, left }) => {
      await commit({ outputs: outputs(1, 2, 5, 9) })
      await commit({ prunedOutputs: [{ collection: 'collection', through }] })
      expect(await throughs()).toEqual(left)
    })

    test('pruning one collection leaves the others alone, and those that do not exist are no error', async () => {
      await commit({ outputs: [...outputs(1, 2), output(1, 'other')] })
      await commit({
        prunedOutputs: [
          { collection: 'collection', through: 1 },
          { collection: 'unknown', through: 9 },
        ],
      })
      expect([await throughs(), await throughs('other')]).toEqual([[2], [1]])
    })

    test('outputs of the same commit may be pruned by it', async () => {
      await commit({ outputs: outputs(1, 2), prunedOutputs: [{ collection: 'collection', through: 1 }] })
      expect(await throughs()).toEqual([2])
    })

    test('one commit prunes so many batches and no more, the oldest first, and the next ones go on', async () => {
      const all = Array.from({ length: PRUNED_BATCHES_MAX + 5 }, (_, i) => i + 1)
      await commit({ outputs: outputs(...all) })
      const prunedOutputs = [{ collection: 'collection', through: PRUNED_BATCHES_MAX + 3 }]
      await commit({ prunedOutputs })
      expect(await throughs()).toEqual(all.slice(PRUNED_BATCHES_MAX))
      await commit({ prunedOutputs })
      expect(await throughs()).toEqual(all.slice(-2))
    })

    test('a replaced output has another payload at the same place, also of another size and from shared memory', async () => {
      await commit({ outputs: outputs(1, 2, 3) })
      const memory = new Uint8Array([7, 8, 9])
      await commit({ replacedOutputs: [{ collection: 'collection', through: 2, payload: memory.subarray(1) }] })
      expect(memory).toEqual(new Uint8Array([7, 8, 9]))
      expect(await read()).toEqual([output(1), { ...output(2), payload: new Uint8Array([8, 9]) }, output(3)])
    })

    test('replacing an output that is not there does nothing', async () => {
      await commit({ outputs: outputs(1) })
      await commit({ replacedOutputs: [{ collection: 'collection', through: 5, payload: new Uint8Array([1]) }] })
      expect(await read()).toEqual([output(1)])
    })

    test('pruning and replacing happen with the rest of the commit or not at all', async () => {
      await commit({ outputs: outputs(1, 2) })
      const erasing = {
        prunedOutputs: [{ collection: 'collection', through: 1 }],
        replacedOutputs: [{ collection: 'collection', through: 2, payload: new Uint8Array([1]) }],
      }
      const fenced = store.commit(PARTITION, fence - 1, { documents: [], outputs: [], checkpoints: [], ...erasing })
      await expect(fenced).rejects.toMatchObject({ code: 'store_fenced' })
      // An output of the same place again is a bug of the caller.
      await expect(commit({ ...erasing, outputs: outputs(2) })).rejects.toThrow()
      expect(await read()).toEqual(outputs(1, 2))
    })

    test('scrubbing changes nothing that can be read, and commits go on', async () => {
      await commit({
        documents: [{ space: 'space', key: 'a', value: '1' }],
        outputs: outputs(1, 2),
        checkpoints: [{ task: 't', position: 2 }],
      })
      await commit({
        documents: [{ space: 'space', key: 'b', value: '2' }],
        prunedOutputs: [{ collection: 'collection', through: 1 }],
      })
      await store.scrub()
      await commit({ documents: [{ space: 'space', key: 'a', value: undefined }] })
      await store.scrub()
      expect(await store.load('space', ['a', 'b'])).toEqual([undefined, '2'])
      expect(await read()).toEqual(outputs(2))
      expect(await store.checkpoints()).toEqual(new Map([['t', 2]]))
    })
  })
}
