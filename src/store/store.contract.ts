/** The promises of the store's port as tests; every implementation runs them unchanged. */
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { outputsContract } from './outputs.contract.ts'
import { scanContract } from './scan.contract.ts'
import type { DocumentChange, OutputBatch, Store, Transaction } from './store.ts'

type OpenedStore = {
  /** A new, empty store. */
  store: Store
  /** Another store object on the same database, as a second process would have it. */
  openAnother: () => Promise<Store>
}

const NOTHING: Transaction = { documents: [], outputs: [], checkpoints: [] }
const EVERYTHING = Number.MAX_SAFE_INTEGER
const PARTITION = '0'

const documents = (values: Record<string, string | undefined>, space = 'space'): Transaction => ({
  ...NOTHING,
  documents: Object.entries(values).map(([key, value]) => ({ space, key, value })),
})

const output = (through: number, size = 10, collection = 'collection'): OutputBatch => ({
  collection,
  after: through - 1,
  through,
  appendedAt: 1_000 + through,
  payload: new Uint8Array(size).fill(through),
})

const TEXTS = [
  'plain',
  '',
  ' ',
  'a\0b',
  '\0',
  '\u0001 \u00010 \u0001\0 \u00011',
  '\u0001h\u0001',
  'line\nbreak\r\n',
  'tab\tand \\ backslash \\N \\.',
  '"quotes" \'and\' more',
  'Grüße, 中文, \u{1F600}',
  '\u{10FFFF}\uFFFF\uFFFD',
  // Longer than an entry of an index may be in some databases, and nothing that compresses.
  Array.from({ length: 3_000 }, (_, i) => String.fromCodePoint(0x4e00 + ((i * i * 31) % 20_000))).join(''),
]

/** Scattered over spaces and keys. */
const placeOf = (i: number) => ({ space: `space ${i % 3}`, key: `[${(i * 7919) % 100_003},"key"]` })

const hundredThousand = (value: (i: number) => string | undefined): DocumentChange[] =>
  Array.from({ length: 100_000 }, (_, i) => ({ ...placeOf(i), value: value(i) }))

export function storeContract(name: string, open: () => Promise<OpenedStore>): void {
  outputsContract(name, open)
  scanContract(name, open)
  describe(`${name} keeps the promises of a store`, () => {
    let opened: OpenedStore
    let store: Store
    let fence: number
    let others: Store[]

    beforeEach(async () => {
      opened = await open()
      store = opened.store
      others = []
      fence = (await store.acquire(PARTITION)).fence
    })
    afterEach(async () => {
      for (const each of [store, ...others]) await each.close()
    })

    const commit = (transaction: Partial<Transaction>) => store.commit(PARTITION, fence, { ...NOTHING, ...transaction })
    const openAnother = async () => {
      const another = await opened.openAnother()
      others.push(another)
      return another
    }
    const reopen = async () => {
      await store.close()
      store = await opened.openAnother()
      fence = (await store.acquire(PARTITION)).fence
    }

    test('a new store knows nothing', async () => {
      expect(await store.load('space', ['a', 'b'])).toEqual([undefined, undefined])
      expect(await store.load('space', [])).toEqual([])
      expect(await store.readOutputs('collection', 0, EVERYTHING)).toEqual([])
      expect(await store.checkpoints()).toEqual(new Map())
      expect(await store.loadCursor('cursor')).toBe(undefined)
    })

    describe('documents', () => {
      test('are written, replaced and deleted', async () => {
        await commit(documents({ a: '1', b: '2' }))
        await commit(documents({ a: '11', b: undefined, c: '3', unknown: undefined }))
        expect(await store.load('space', ['a', 'b', 'c', 'unknown'])).toEqual(['11', undefined, '3', undefined])
      })

      test('can come back after they were deleted', async () => {
        await commit(documents({ a: '1' }))
        await commit(documents({ a: undefined }))
        await commit(documents({ a: '2' }))
        expect(await store.load('space', ['a'])).toEqual(['2'])
      })

      test('of different spaces have nothing to do with each other', async () => {
        await commit({
          documents: [...documents({ a: '1', b: '1' }, 'one').documents, ...documents({ a: '2' }, 'two').documents],
        })
        await commit(documents({ a: undefined }, 'one'))
        expect(await store.load('one', ['a', 'b'])).toEqual([undefined, '1'])
        expect(await store.load('two', ['a', 'b'])).toEqual(['2', undefined])
        expect(await store.load('three', ['a'])).toEqual([undefined])
      })

      test('come in the order of the keys, one for each, also when a key is asked for twice', async () => {
        await commit(documents({ a: '1', b: '2' }))
        expect(await store.load('space', ['b', 'x', 'a', 'b'])).toEqual(['2', undefined, '1', '2'])
      })

      test('are there after the store was opened again', async () => {
        await commit(documents({ a: '1' }))
        await commit(documents({ a: '2', b: '1' }))
        await reopen()
        expect(await store.load('space', ['a', 'b', 'c'])).toEqual(['2', '1', undefined])
      })

      test('may have any well-formed text as space, key and value', async () => {
        for (const text of TEXTS) await commit(documents({ [text]: text, other: 'value' }, text))
        await reopen()
        for (const text of TEXTS) {
          expect(await store.load(text, [text, 'other', `${text}!`])).toEqual([text, 'value', undefined])
        }
      })

      test('may be large', async () => {
        const value = JSON.stringify('ä'.repeat(3_000_000))
        await commit(documents({ large: value, small: '1' }))
        expect((await store.load('space', ['large', 'small'])).map((text) => text === value)).toEqual([true, false])
      })

      test('are refused with a lone surrogate anywhere, before anything is written', async () => {
        for (const text of ['\ud800', 'a\udc00b', '\udc00\ud800']) {
          for (const broken of [
            { space: text, key: 'k', value: 'v' },
            { space: 's', key: text, value: 'v' },
            { space: 's', key: 'k', value: text },
          ]) {
            const refused = commit({ documents: [{ space: 'space', key: 'good', value: '1' }, broken] })
            await expect(refused).rejects.toThrow('well-formed')
          }
          await expect(store.load('space', [text])).rejects.toThrow('well-formed')
          await expect(store.load(text, ['key'])).rejects.toThrow('well-formed')
        }
        expect(await store.load('space', ['good'])).toEqual([undefined])
        await commit(documents({ good: '2' }))
      })

      test('are refused when surrogates of a pair lie in neighbours', async () => {
        await expect(commit({ documents: [{ space: 'space', key: 'a\ud83d', value: '\ude00' }] })).rejects.toThrow('well-formed')
      })

      test('have keys that are compared exactly', async () => {
        const keys = ['a', 'A', 'a ', 'ä', 'a\u0308', 'ａ', 'ß', 'ss', '1', '01', '1.0', '', '\0']
        await commit(documents(Object.fromEntries(keys.map((key, i) => [key, `value ${i}`]))))
        expect(await store.load('space', keys)).toEqual(keys.map((_, i) => `value ${i}`))
      })

      test('load 10,000 keys at once, most of them missing', async () => {
        const present = Array.from({ length: 1_500 }, (_, i) => `[${i},"key"]`)
        await commit(documents(Object.fromEntries(present.map((key) => [key, key]))))
        await reopen()
        const keys = Array.from({ length: 10_000 }, (_, i) => `[${i},"key"]`).toReversed()
        const loaded = await store.load('space', keys)
        expect(loaded).toEqual(keys.map((key) => (present.includes(key) ? key : undefined)))
      })

      test('100,000 of them may change in one transaction', async () => {
        await commit({ documents: hundredThousand((i) => `{"first":${i}}`) })
        await commit({ documents: hundredThousand((i) => (i % 10 === 0 ? undefined : `{"second":${i}}`)) })
        const places = [0, 1, 12_345, 50_000, 99_999].map(placeOf)
        const loaded = await Promise.all(places.map(({ space, key }) => store.load(space, [key])))
        expect(loaded.flat()).toEqual([undefined, '{"second":1}', '{"second":12345}', undefined, '{"second":99999}'])
      })

      test('are seen by `load` as soon as a commit has resolved, and as before while it runs', async () => {
        await commit(documents({ a: 'old' }))
        const running = commit(documents({ a: 'new', b: 'new' }))
        const [a, b] = await store.load('space', ['a', 'b'])
        expect([
          ['old', undefined],
          ['new', 'new'],
        ]).toContainEqual([a, b])
        await running
        expect(await store.load('space', ['a', 'b'])).toEqual(['new', 'new'])
      })

      test('whatever is committed, the store is a map', async () => {
        const text = fc.oneof(fc.constantFrom('a', 'b', 'c', 'd'), fc.string({ unit: 'binary', maxLength: 5 }))
        const change = fc.record({ space: fc.constantFrom('s', 't'), key: text, value: fc.option(text, { nil: undefined }) })
        const transaction = fc.uniqueArray(change, { maxLength: 6, selector: ({ space, key }) => JSON.stringify([space, key]) })
        const expected = new Map<string, string | undefined>()
        await fc.assert(
          fc.asyncProperty(fc.array(transaction, { maxLength: 4 }), async (transactions) => {
            for (const changes of transactions) {
              await commit({ documents: changes })
              for (const { space, key, value } of changes) expected.set(JSON.stringify([space, key]), value)
            }
            for (const space of ['s', 't']) {
              const keys = transactions.flat().map(({ key }) => key)
              expect(await store.load(space, keys)).toEqual(keys.map((key) => expected.get(JSON.stringify([space, key]))))
            }
          }),
          { numRuns: 30 },
        )
      })
    })

    describe('outputs', () => {
      test('come back as they were, in order, those of each collection for themselves', async () => {
        const batches = [output(1), output(2, 0), output(5, 5_000)]
        await commit({ outputs: [batches[0] as OutputBatch, output(1, 3, 'other')] })
        await commit({ outputs: [batches[1] as OutputBatch] })
        await commit({ outputs: [batches[2] as OutputBatch] })
        await reopen()
        const read = await store.readOutputs('collection', 0, EVERYTHING)
        expect(read.map(({ payload, ...rest }) => ({ ...rest, payload: Uint8Array.from(payload) }))).toEqual(batches)
        expect(await store.readOutputs('other', 0, EVERYTHING)).toHaveLength(1)
        expect(await store.readOutputs('unknown', 0, EVERYTHING)).toEqual([])
      })

      test('keep their payload when it is a view of memory that others use', async () => {
        const memory = new Uint8Array([1, 2, 3, 4])
        await commit({ outputs: [{ ...output(1), payload: memory.subarray(1, 3) }] })
        expect(memory).toEqual(new Uint8Array([1, 2, 3, 4]))
        const [batch] = await store.readOutputs('collection', 0, EVERYTHING)
        expect(Uint8Array.from(batch?.payload ?? [])).toEqual(new Uint8Array([2, 3]))
      })

      test.each([
        { title: 'all', after: 0, maxBytes: 1_000, expected: [1, 2, 3, 4] },
        { title: 'those after a position', after: 2, maxBytes: 1_000, expected: [3, 4] },
        { title: 'none after the last', after: 4, maxBytes: 1_000, expected: [] },
        { title: 'as many as the size allows', after: 0, maxBytes: 29, expected: [1, 2] },
        { title: 'as many as fit exactly', after: 0, maxBytes: 30, expected: [1, 2, 3] },
        { title: 'at least one', after: 1, maxBytes: 0, expected: [2] },
      ])('are read: $title', async ({ after, maxBytes, expected }) => {
        for (const through of [1, 2, 3, 4]) await commit({ outputs: [output(through)] })
        expect((await store.readOutputs('collection', after, maxBytes)).map(({ through }) => through)).toEqual(expected)
      })
    })

    describe('a commit', () => {
      const whole = { ...documents({ a: '1' }), outputs: [output(7)], checkpoints: [{ task: 'task', position: 7 }] }

      test('changes documents, outputs and checkpoints together', async () => {
        await commit(whole)
        expect(await store.load('space', ['a'])).toEqual(['1'])
        expect(await store.readOutputs('collection', 0, EVERYTHING)).toHaveLength(1)
        expect(await store.checkpoints()).toEqual(new Map([['task', 7]]))
      })

      test('that fails midway changes nothing, and the next can succeed', async () => {
        await commit(whole)
        // An output of the same place again is a bug of the caller, found only after the documents were written.
        await expect(
          commit({ ...whole, documents: documents({ a: '2', b: '2' }).documents, checkpoints: [{ task: 'task', position: 8 }] }),
        ).rejects.toThrow()
        expect(await store.load('space', ['a', 'b'])).toEqual(['1', undefined])
        expect(await store.checkpoints()).toEqual(new Map([['task', 7]]))
        await commit({ ...documents({ a: '3' }), checkpoints: [{ task: 'task', position: 9 }] })
        expect(await store.load('space', ['a'])).toEqual(['3'])
        expect((await store.acquire(PARTITION)).checkpoints).toEqual(new Map([['task', 9]]))
      })

      test('may be empty', async () => {
        await commit({})
        expect(await store.checkpoints()).toEqual(new Map())
      })

      test('before the one before has settled is a bug', async () => {
        const first = commit(documents({ a: '1' }))
        await expect(commit(documents({ a: '2' }))).rejects.toThrow('invariant')
        await first
        expect(await store.load('space', ['a'])).toEqual(['1'])
      })
    })

    describe('an owner', () => {
      test('finds the checkpoints as last committed', async () => {
        await commit({ checkpoints: [{ task: 'one', position: 3 }, { task: 'two', position: 5 }] }) // prettier-ignore
        await commit({ checkpoints: [{ task: 'one', position: 4_000_000_000_000 }] })
        const another = await openAnother()
        expect((await another.acquire(PARTITION)).checkpoints).toEqual(new Map([['one', 4_000_000_000_000], ['two', 5]])) // prettier-ignore
        expect(await another.checkpoints()).toEqual(new Map([['one', 4_000_000_000_000], ['two', 5]])) // prettier-ignore
      })

      test('is fenced out by the next one, and changes nothing more', async () => {
        await commit(documents({ a: 'first' }))
        const another = await openAnother()
        const { fence: newer } = await another.acquire(PARTITION)
        expect(newer).toBeGreaterThan(fence)
        const late = { ...documents({ a: 'late' }), outputs: [output(1)], checkpoints: [{ task: 'task', position: 1 }] }
        await expect(commit(late)).rejects.toMatchObject({ code: 'store_fenced', retryable: false })
        await another.commit(PARTITION, newer, documents({ b: 'second' }))
        for (const each of [store, another]) {
          expect(await each.load('space', ['a', 'b'])).toEqual(['first', 'second'])
          expect(await each.readOutputs('collection', 0, EVERYTHING)).toEqual([])
          expect(await each.checkpoints()).toEqual(new Map())
        }
      })

      test('is fenced out by itself when it acquires again', async () => {
        const { fence: newer } = await store.acquire(PARTITION)
        await expect(commit(documents({ a: '1' }))).rejects.toMatchObject({ code: 'store_fenced' })
        await store.commit(PARTITION, newer, documents({ a: '2' }))
        expect(await store.load('space', ['a'])).toEqual(['2'])
      })

      test('of one partition leaves those of others alone', async () => {
        const { fence: other } = await (await openAnother()).acquire('1')
        await commit(documents({ a: '1' }))
        await store.commit('1', other, documents({ b: '2' }))
        expect(await store.load('space', ['a', 'b'])).toEqual(['1', '2'])
      })

      test('must have acquired', async () => {
        await expect(store.commit('never acquired', 1, documents({ a: '1' }))).rejects.toMatchObject({ code: 'store_fenced' })
      })

      test('that takes over and gives back sees what the other wrote', async () => {
        await commit(documents({ a: '1' }))
        const another = await openAnother()
        const { fence: theirs } = await another.acquire(PARTITION)
        expect(await another.load('space', ['a', 'b'])).toEqual(['1', undefined])
        await another.commit(PARTITION, theirs, documents({ b: '2' }))
        fence = (await store.acquire(PARTITION)).fence
        expect(await store.load('space', ['a', 'b'])).toEqual(['1', '2'])
        await commit(documents({ c: '3' }))
        expect(await another.load('space', ['a', 'b', 'c'])).toEqual(['1', '2', '3'])
      })
    })

    describe('a cursor', () => {
      test('holds what was saved last, also after the store was opened again', async () => {
        await store.saveCursor('one', 'first')
        await store.saveCursor('one', '{"second":"\0 ü"}')
        await store.saveCursor('two', '')
        await reopen()
        expect(await store.loadCursor('one')).toBe('{"second":"\0 ü"}')
        expect(await store.loadCursor('two')).toBe('')
        expect(await store.loadCursor('three')).toBe(undefined)
      })

      test('is found by how its name begins', async () => {
        for (const name of ['hooks/a', 'hooks/a/body', 'hooks_b', 'Hooks/c', 'hook']) await store.saveCursor(name, '')
        expect((await store.cursorNames('hooks/')).toSorted()).toEqual(['hooks/a', 'hooks/a/body'])
        expect(await store.cursorNames('none')).toEqual([])
      })

      test('can be saved while a commit runs, without an owner', async () => {
        const another = await openAnother()
        const running = commit(documents(Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`key ${i}`, 'value']))))
        await another.saveCursor('cursor', 'saved')
        expect(await store.loadCursor('cursor')).toBe('saved')
        await running
      })
    })
  })
}
