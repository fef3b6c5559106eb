import { writeFile } from 'node:fs/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, test } from 'vitest'
import {
  COLLECTIONS,
  EVENTS,
  events,
  expectedJournals,
  fileAll,
  newLake,
  NINE,
  PROFILES,
  section,
  TOGGLES,
} from './lake.fixture.ts'
import { openLakeQuery } from './lake-query.ts'
import { createLakeWriter } from './lake-writer.ts'
import { listFragments } from './read-lake.ts'

/** What any DuckDB of anybody says, without a line of ours. */
async function duckdbRows(sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

async function eventsLake(codec: 'zstd' | 'gzip' = 'zstd') {
  const lake = await newLake()
  for (let position = 1; position <= 4; position++) {
    const vendors = Array.from({ length: 900 }, (_, i) => (i % 3) + 1)
    lake.log.append([section(EVENTS, events(position, vendors))], NINE + position * 40 * 60_000)
  }
  await fileAll(lake, { codec })
  return lake
}

describe('a plain reader', () => {
  test.each(['zstd', 'gzip'] as const)('finds the documents and the values of the folders (%s)', async (codec) => {
    const { directory } = await eventsLake(codec)
    const extension = codec === 'zstd' ? 'zst' : 'gz'
    const rows = await duckdbRows(
      `select vendor, utc_date, utc_hour, count(*)::int as events, count(distinct segment.vendor)::int as vendors
       from read_ndjson('${directory}/**/*.${extension}', hive_partitioning = true) group by all order by all`,
    )
    expect(rows).toHaveLength(9)
    expect(rows[0]).toEqual({ vendor: '1', utc_date: '2026-01-01', utc_hour: '09', events: 300, vendors: 1 })
    expect(rows.map(({ utc_hour: hour }) => hour)).toEqual(Array.from({ length: 3 }, () => ['09', '10', '11']).flat())
  })

  test('opens only the files of the partition and hour that it asks for', async () => {
    const { directory } = await eventsLake()
    const source = `read_ndjson('${directory}/**/*.zst', hive_partitioning = true)`
    const [plan] = await duckdbRows(`explain analyze select count(*) from ${source} where vendor = 1`)
    expect(plan?.['explain_value']).toMatch(/Scanning Files: 3\/9/)
    const [byHour] = await duckdbRows(`explain analyze select count(*) from ${source} where vendor = 1 and utc_hour = '10'`)
    expect(byHour?.['explain_value']).toMatch(/Scanning Files: 1\/9/)

    const columns = `records = true, columns = {event: 'VARCHAR'}`
    for (const { file, partition } of await listFragments(directory))
      if (partition !== 'vendor=1') await writeFile(file, 'damaged')
    const sql = `select count(*)::int as events from read_ndjson('${directory}/**/*.zst', hive_partitioning = true, ${columns})`
    expect(await duckdbRows(`${sql} where vendor = 1`)).toEqual([{ events: 1200 }])
    await expect(duckdbRows(sql)).rejects.toThrow()
  })

  test('sees, at every moment, whole documents of a beginning of each journal and nothing else', async () => {
    const lake = await newLake()
    for (let position = 1; position <= 8; position++) lake.log.append([section(EVENTS, events(position, [1, 2, 1, 1]))])
    const expected = expectedJournals(lake)
    const counts: number[] = []
    const look = async () => {
      if ((await listFragments(lake.directory)).length === 0) return
      const rows = await duckdbRows(
        `select vendor, string_agg(json::varchar || chr(10), '' order by filename, rowid) as text, count(*)::int as documents from
           (select *, row_number() over () as rowid from read_ndjson_objects('${lake.directory}/**/*.zst', hive_partitioning = true, filename = true))
         group by all`,
      )
      for (const { vendor, text } of rows)
        expect(expected[`${EVENTS} vendor=${String(vendor)}`]?.startsWith(String(text))).toBe(true)
      counts.push(rows.reduce((sum, { documents }) => sum + Number(documents), 0))
    }
    const stop = new AbortController()
    const log = {
      read: async (after: number) => {
        await look()
        return lake.log.entries.slice(after, after + 1)
      },
    }
    const writer = createLakeWriter({ ...lake, log, collections: COLLECTIONS, fragmentBytes: 300 })
    await writer.run(
      stop.signal,
      () => Promise.resolve(),
      ({ kind }) => kind === 'idle' && stop.abort(),
    )
    await look()
    expect(new Set(counts).size).toBeGreaterThan(3)
    expect(counts.at(-1)).toBe(32)
  })
})

describe('the views', () => {
  test('answer in JSON values, one view per collection', async () => {
    const lake = await eventsLake()
    lake.store.publish(PROFILES, [{ partition: '', text: '{"user":"ann","visits":9007199254740993}', source: [1, 0] }], {
      after: 0,
      through: 1,
    })
    await fileAll(lake)
    const query = await openLakeQuery(lake.directory)
    expect(query.collections).toEqual([EVENTS, PROFILES])
    expect(
      await query.run(
        `select vendor, count(*) as events, any_value(segment) as s from "${EVENTS}" group by 1 order by 1 limit 1`,
      ),
    ).toEqual({
      columns: [
        { name: 'vendor', type: 'BIGINT' },
        { name: 'events', type: 'BIGINT' },
        { name: 's', type: 'STRUCT("vendor" BIGINT, "name" VARCHAR)' },
      ],
      rows: [[1, 1200, { vendor: 1, name: 'trains' }]],
    })
    expect((await query.run(`select "user", visits from "${PROFILES}"`)).rows).toEqual([['ann', '9007199254740993']])
    const plan = await query.run(`explain analyze select * from "${EVENTS}" where vendor = 2`)
    expect(JSON.stringify(plan.rows)).toMatch(/Scanning Files: 3\/9/)
    for (const { file, partition } of await listFragments(lake.directory))
      if (partition !== 'vendor=2') await writeFile(file, 'damaged')
    expect((await query.run(`select count(*) from "${EVENTS}" where vendor = 2`)).rows).toEqual([[1200]])
    query.close()
  })

  test('know members that only some partitions have, and collections below others', async () => {
    const lake = await newLake()
    const nested = `${EVENTS}/late`
    for (let vendor = 1; vendor <= 40; vendor++) {
      const text = JSON.stringify({ vendor, ...(vendor === 40 && { "it's": { late: true } }) })
      lake.log.append([
        section(EVENTS, [{ partition: `vendor=${vendor}`, text }]),
        section(nested, [{ partition: 'region=eu', text: '{"a":1}' }]),
      ])
    }
    await fileAll(lake, { collections: [{ name: EVENTS }, { name: nested }] })
    const query = await openLakeQuery(lake.directory)
    expect((await query.run(`select count(*), count("it's") from "${EVENTS}"`)).rows).toEqual([[40, 1]])
    expect((await query.run(`select distinct region, a from "${nested}"`)).rows).toEqual([['eu', 1]])
    query.close()
  })

  test('go over a change of partitions', async () => {
    const lake = await newLake()
    lake.log.append([section(TOGGLES, [{ partition: 'vendor=1', text: '{"a":1}' }])])
    lake.log.append([section(TOGGLES, [{ partition: 'region=a%20b/vendor=1', text: '{"a":2}' }])])
    await fileAll(lake, { collections: [{ name: TOGGLES }] })
    const query = await openLakeQuery(lake.directory)
    expect((await query.run(`select a, region, vendor from "${TOGGLES}" order by a`)).rows).toEqual([
      [1, null, 1],
      [2, 'a b', 1],
    ])
    query.close()
  })

  test('refuse wrong SQL with what DuckDB says', async () => {
    const query = await openLakeQuery((await eventsLake()).directory)
    await expect(query.run('select nothing from nowhere')).rejects.toMatchObject({
      code: 'query_invalid',
      message: expect.stringContaining('nowhere') as string,
    })
    query.close()
  })
})
