import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { OCCURRENCES_MAX, type Predicate, type ValueTest } from '../../model/segment/predicate.ts'
import { ColumnDatabase } from './column-database.ts'
import { FACT_COLUMNS_MAX } from './column-state.ts'
import {
  ADA,
  all,
  allOf,
  BOB,
  type Commit,
  CYD,
  matching,
  newScene,
  NOW,
  order,
  ordered,
  sampleOf,
  traitIs,
} from './columns.fixture.ts'

const isOne: ValueTest = { test: 'equals', values: [1], negated: false }

describe('questions', () => {
  const people: Commit = {
    users: [
      { id: ADA, traits: { plan: 'pro' }, segments: ['s1'] },
      { id: BOB, traits: { plan: 'pro' } },
      { id: CYD, traits: { plan: 'free' }, segments: ['s1', 's2'] },
    ],
    events: [order(ADA), order(BOB), order(BOB), order(CYD)],
  }

  test('a preview counts everybody, those who match, each condition, and what is left after each', async () => {
    const { columns, commit } = await newScene()
    await commit(people)
    await columns.catchUp()
    const group: Predicate = { is: 'any', of: [ordered(2), traitIs('plan', 'free')], at: '/any' }
    expect(await columns.preview(all([traitIs('plan', 'pro'), group]), { now: NOW })).toEqual({
      asOf: 1,
      entities: 3,
      count: 1,
      sample: [BOB],
      conditions: [
        { at: '/pro', count: 2 },
        { at: '/any', count: 2 },
        { at: '/ordered2', count: 1 },
        { at: '/free', count: 1 },
      ],
      funnel: [
        { at: '/pro', count: 2 },
        { at: '/any', count: 1 },
      ],
    })
  })

  test('a comparison says who would enter and who would leave', async () => {
    const { columns, commit } = await newScene()
    await commit(people)
    await columns.catchUp()
    expect(await columns.compare(all([traitIs('plan', 'pro')]), { now: NOW })).toEqual({
      asOf: 1,
      count: 2,
      entering: { count: 1, sample: [BOB] },
      leaving: { count: 1, sample: [CYD] },
    })
  })

  test('members come by id, in pages', async () => {
    const { columns, commit } = await newScene()
    await commit(people)
    await columns.catchUp()
    const segment = { id: 's1', kind: 'user' as const }
    expect(await columns.membersOf(segment, { limit: 1 })).toEqual([ADA])
    expect(await columns.membersOf(segment, { after: ADA, limit: 9 })).toEqual([CYD])
    expect(await columns.membersOf({ id: 'unknown', kind: 'user' }, { limit: 9 })).toEqual([])
    expect(await columns.countMembers(segment)).toBe(2)
  })

  test('candidates go on behind an id', async () => {
    const { columns, commit } = await newScene()
    await commit(people)
    await columns.catchUp()
    expect(await allOf(columns.candidates(all([traitIs('plan', 'pro')]), { now: NOW }))).toEqual([ADA, BOB, CYD])
    expect(await allOf(columns.candidates(all([traitIs('plan', 'pro')]), { now: NOW, after: ADA }))).toEqual([BOB, CYD])
  })

  test('before everybody is in, a question is refused', async () => {
    const { columns } = await newScene()
    await expect(columns.preview(all([]), { now: NOW })).rejects.toMatchObject({ code: 'columns_incomplete', retryable: true })
  })

  test('more facts than there are columns can be asked for all the same', async () => {
    const { columns, commit } = await newScene()
    const traits = Object.fromEntries(
      Array.from({ length: FACT_COLUMNS_MAX + 20 }, (_, i) => [`trait${i}`, i % 2 === 0 ? i : `v ${i}`]),
    )
    await commit({ users: [{ id: ADA, traits }, { id: BOB }] })
    await columns.catchUp()
    const last = FACT_COLUMNS_MAX + 18
    expect(
      await sampleOf(
        columns,
        all([traitIs(`trait${last}`, last), traitIs(`trait${last + 1}`, `v ${last + 1}`), traitIs('trait0', 0)]),
      ),
    ).toEqual([ADA])
    expect(await sampleOf(columns, all([traitIs(`trait${last}`, last + 1)]))).toEqual([])
  })

  test('of one entity the newest events are looked at, as many as are kept', async () => {
    const { columns, world, commit } = await newScene()
    const events = Array.from({ length: OCCURRENCES_MAX + 1 }, (_, i) => ({
      ...order(ADA, NOW - i),
      properties: { total: i === OCCURRENCES_MAX ? 1 : 0 },
    }))
    await commit({ users: [{ id: ADA }, { id: BOB }], events: [...events, { ...order(BOB), properties: { total: 1 } }] })
    await columns.catchUp()
    const sum: Predicate = {
      is: 'value',
      events: ordered(1).events,
      property: 'total',
      aggregate: 'sum',
      when: { frame: 'ever' },
      test: { test: 'equals', values: [1], negated: false },
      at: '',
    }
    expect(await sampleOf(columns, all([sum]))).toEqual([BOB])
    expect(matching(world, all([sum]), NOW)).toEqual([BOB])
    const many: Predicate = { ...ordered(OCCURRENCES_MAX + 1), when: { frame: 'betweenAgo', min: 0, max: 1, unit: 'days' } }
    expect(await sampleOf(columns, all([many]))).toEqual([])
    const first = { name: 'Order', filters: [{ section: 'property' as const, key: 'total', test: isOne }] }
    const when = { frame: 'ever' as const }
    const sequence: Predicate = { is: 'sequence', first, second: ordered(1).events, withinMs: 1, when, negated: false, at: '' }
    expect(await sampleOf(columns, all([sequence]))).toEqual(matching(world, all([sequence]), NOW))
  }, 60_000)

  test('what takes too long is ended, and so is what nobody waits for any more', async () => {
    const { lake, options } = await newScene()
    const database = await ColumnDatabase.open({
      ...options,
      path: `${lake.root}/slow.duckdb`,
      clock: systemClock,
      memoryLimit: '50MB',
    })
    const slow = { sql: 'select count(*) from range(1000000000000) where hash(range) = 1', values: [] }
    await expect(database.rows(slow, { timeoutMs: 10 })).rejects.toMatchObject({ code: 'question_too_slow', retryable: true })
    const large = { sql: `select list(range) from range(1000000000)`, values: [] }
    await expect(database.rows(large)).rejects.toMatchObject({
      code: 'question_too_slow',
      message: expect.stringContaining('memory'),
    })
    const stop = new AbortController()
    const stopped = database.rows(slow, { signal: stop.signal })
    stop.abort(new Error('gone'))
    await expect(stopped).rejects.toThrow('gone')
    database.close()
  })
})

describe('the file', () => {
  const damages: [string, (path: string) => Promise<unknown>][] = [
    ['is cut short', (path) => truncate(path, 5_000)],
    ['is no database', (path) => writeFile(path, 'nothing of the kind')],
    [
      'is damaged at its beginning',
      async (path) => {
        const bytes = await readFile(path)
        bytes.fill(7, 0, 20_000)
        await writeFile(path, bytes)
      },
    ],
  ]
  test.each(damages)('when it %s, it is made anew', async (_, damage) => {
    const { columns, commit, options } = await newScene()
    await commit({ users: [{ id: ADA }], events: [order(ADA)] })
    await columns.catchUp()
    await columns.close()
    await damage(options.path)
    await columns.catchUp()
    expect(await sampleOf(columns, all([ordered(1)]))).toEqual([ADA])
  })

  test('when it is of another version, it is made anew', async () => {
    const { columns, commit, options } = await newScene()
    await commit({ users: [{ id: ADA }] })
    await columns.catchUp()
    await columns.close()
    const database = await ColumnDatabase.open(options)
    await database.writer.run(`update meta set value = '0' where name = 'format'`)
    database.close()
    await columns.catchUp()
    expect(await sampleOf(columns, all([]))).toEqual([ADA])
  })

  test('when it is discarded, everything is read again', async () => {
    const { columns, commit } = await newScene()
    await commit({ users: [{ id: ADA }], events: [order(ADA)] })
    await columns.catchUp()
    await columns.discard()
    await expect(columns.countMembers({ id: 's1', kind: 'user' })).rejects.toMatchObject({ code: 'columns_incomplete' })
    await columns.catchUp()
    expect(await sampleOf(columns, all([ordered(1)]))).toEqual([ADA])
  })

  test('where there can be none, this is said', async () => {
    const { columns, options } = await newScene()
    await mkdir(`${options.path}/taken`, { recursive: true })
    await expect(columns.catchUp()).rejects.toMatchObject({ code: 'columns_unavailable', retryable: true })
  })
})
