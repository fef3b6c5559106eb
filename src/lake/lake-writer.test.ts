import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FakeClock } from '../base/clock.ts'
import { Doorbell } from '../base/doorbell.ts'
import { HOUR_MS } from './fragment-path.ts'
import {
  COLLECTIONS,
  EVENTS,
  events,
  expectedJournals,
  fileAll,
  journalsOf,
  newLake,
  NINE,
  PROFILES,
  section,
  TOGGLES,
} from './lake.fixture.ts'
import { createLakeWriter, type LakeReport } from './lake-writer.ts'
import { listFragments } from './read-lake.ts'
import { verifyLake } from './verify-lake.ts'

describe('what is filed', () => {
  test('documents of captured and derived collections are filed by partition, each once, in order', async () => {
    const lake = await newLake()
    lake.log.append([section(EVENTS, events(1, [1, 2, 1]))])
    lake.log.append([section('examples/other', events(2, [1])), section(EVENTS, events(2, [2])), section(EVENTS, events(2, [1]))])
    lake.store.publish(PROFILES, [{ partition: '', text: '{"user":"ann"}', source: [2, 0] }], { after: 0, through: 2 })
    await fileAll(lake)
    expect(await journalsOf(lake)).toEqual({
      [`${EVENTS} vendor=1`]: [...events(1, [1, 2, 1]).filter((_, i) => i !== 1), ...events(2, [1])]
        .map(({ text }) => `${text}\n`)
        .join(''),
      [`${EVENTS} vendor=2`]: [...events(1, [1, 2]).slice(1), ...events(2, [2])].map(({ text }) => `${text}\n`).join(''),
      [`${PROFILES} `]: '{"user":"ann"}\n',
    })
  })

  test('a file is named after its journal, hour, offsets and content', async () => {
    const lake = await newLake()
    lake.log.append([section(EVENTS, [{ partition: 'vendor=1', text: '{}' }])], NINE + 59 * 60_000)
    await fileAll(lake)
    const [fragment] = await listFragments(lake.directory)
    expect(fragment?.path).toBe(
      `${EVENTS}/vendor=1/pivot=00/utc_date=2026-01-01/utc_hour=09/0000000000000000-0000000000000003-5f36b2ea290645ee34d943220a14b54ee5ea5be5.zst`,
    )
  })

  test('gzip is a choice', async () => {
    const lake = await newLake()
    lake.log.append([section(EVENTS, events(1, [1, 1]))])
    await fileAll(lake, { codec: 'gzip' })
    expect((await listFragments(lake.directory))[0]?.path).toMatch(/\.gz$/)
    expect(await journalsOf(lake)).toEqual(expectedJournals(lake))
  })

  test('documents larger than a chunk are filed like others', async () => {
    const lake = await newLake()
    const large = JSON.stringify({ text: 'ä'.repeat(700_000) })
    const documents = [large, '{}', large].map((text) => ({ partition: 'vendor=1', text }))
    lake.log.append([section(EVENTS, documents)])
    lake.log.append([section(EVENTS, documents)])
    await fileAll(lake)
    expect(await journalsOf(lake)).toEqual(expectedJournals(lake))
    expect((await verifyLake(lake)).problems).toEqual([])
  })

  test('whatever is appended when, and however often the writer stops, the lake holds every document once', async () => {
    const batch = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 6 })
    const runs = fc.array(fc.array(batch, { maxLength: 5 }), { maxLength: 4 })
    const sizes = fc.constantFrom(1, 150, 100_000)
    await fc.assert(
      fc.asyncProperty(runs, sizes, fc.integer({ min: 1, max: 4 }), async (runs, fragmentBytes, openFragmentsMax) => {
        const lake = await newLake()
        for (const batches of runs) {
          for (const vendors of batches) {
            const position = lake.log.entries.length + 1
            const documents = events(position, vendors)
            lake.log.append([section(EVENTS, documents)], NINE + position * 20 * 60_000)
            const outputs = documents.map((document, i) => ({ ...document, source: [position, i] as [number, number] }))
            lake.store.publish(TOGGLES, outputs, { after: position - 1, through: position })
          }
          await fileAll(lake, { fragmentBytes, openFragmentsMax })
        }
        expect(await journalsOf(lake)).toEqual(expectedJournals(lake))
        expect((await verifyLake(lake)).problems).toEqual([])
      }),
      { numRuns: 15 },
    )
  })
})

const toggle = (position: number) => ({
  partition: `vendor=${position % 2}`,
  text: JSON.stringify({ position }),
  source: [position, 0] as [number, number],
})

/** Toggles of the entries after `after` up to `through`; some entries have none. */
const toggles = (after: number, through: number) =>
  Array.from({ length: through - after }, (_, i) => toggle(after + 1 + i)).filter((_, i) => i % 3 !== 1)

describe('outputs of a store that fell back', () => {
  test('are not filed a second time, whatever the transactions of the replay', async () => {
    const lake = await newLake()
    const all = toggles(0, 12)
    const publish = (after: number, through: number) => {
      const documents = all.filter(({ source: [position] }) => position > after && position <= through)
      lake.store.publish(TOGGLES, documents, { after, through })
    }
    publish(0, 4)
    publish(4, 9)
    await fileAll(lake)
    lake.store.outputs.pop()
    publish(4, 6)
    await fileAll(lake)
    publish(6, 12)
    await fileAll(lake)
    expect(await journalsOf(lake)).toEqual(expectedJournals(lake))
  })

  test('are not filed a second time while the writer runs on', async () => {
    const lake = await newLake()
    lake.store.publish(TOGGLES, [toggle(1), toggle(2)], { after: 0, through: 2 })
    const writer = createLakeWriter({ ...lake, collections: COLLECTIONS })
    const stop = new AbortController()
    const bell = new Doorbell()
    let idle = 0
    await writer.run(
      stop.signal,
      (signal) => bell.wait(signal),
      ({ kind }) => {
        if (kind !== 'idle') return
        idle++
        if (idle === 2) return stop.abort()
        lake.store.outputs = []
        lake.store.publish(TOGGLES, [toggle(1)], { after: 0, through: 1 })
        lake.store.publish(TOGGLES, [toggle(2), toggle(3)], { after: 1, through: 3 })
        bell.ring()
      },
    )
    expect(await journalsOf(lake)).toEqual(expectedJournals(lake))
  })
})

describe('when fragments end', () => {
  test('a full one is rolled alone, and never within a log entry', async () => {
    const lake = await newLake()
    for (let position = 1; position <= 6; position++) lake.log.append([section(EVENTS, events(position, [1, 1, 1]))])
    lake.log.append([section(EVENTS, events(7, [2]))])
    const entryBytes = events(1, [1, 1, 1]).reduce((sum, { text }) => sum + Buffer.byteLength(text) + 1, 0)
    await fileAll(lake, { fragmentBytes: entryBytes + 1 })
    const sizes = (await listFragments(lake.directory)).map(({ partition, begin, end }) => [
      partition,
      (end - begin) / entryBytes,
    ])
    expect(sizes).toEqual([
      ['vendor=1', 2],
      ['vendor=1', 2],
      ['vendor=1', 2],
      ['vendor=2', expect.closeTo(1 / 3)],
    ])
  })

  test('none holds documents of two hours', async () => {
    const lake = await newLake()
    for (const minutes of [0, 59, 60, 119, 121])
      lake.log.append([section(EVENTS, events(lake.log.entries.length + 1, [1]))], NINE + minutes * 60_000)
    await fileAll(lake)
    const hours = (await listFragments(lake.directory)).map(({ hour }) => hour - NINE / HOUR_MS)
    expect(hours).toEqual([0, 1, 2])
  })

  test('beyond the limit of open ones the largest go', async () => {
    const lake = await newLake()
    lake.log.append([section(EVENTS, events(1, [1, 1, 2, 3, 3, 3, 4]))])
    const published: string[] = []
    const reports = await fileAll(lake, { openFragmentsMax: 3 })
    for (const report of reports) {
      if (report.kind === 'idle') break
      if (report.kind === 'published') published.push(...report.fragments.map(({ partition }) => partition))
    }
    expect(published.toSorted()).toEqual(['vendor=1', 'vendor=3'])
  })

  test('beyond the limit of memory the largest go', async () => {
    const lake = await newLake()
    const large = { partition: 'vendor=4', text: JSON.stringify({ text: 'x'.repeat(50_000) }) }
    lake.log.append([section(EVENTS, [...events(1, [1, 2, 3]), large, ...events(1, [5])])])
    const [first] = await fileAll(lake, { openBytesMax: 60_000 })
    expect(first?.kind === 'published' ? first.fragments.map(({ partition }) => partition) : []).toEqual(['vendor=4'])
    expect(await journalsOf(lake)).toEqual(expectedJournals(lake))
  })

  test('all are rolled when the oldest is due, and on request', async () => {
    const lake = await newLake()
    const clock = new FakeClock(NINE)
    const writer = createLakeWriter({ ...lake, clock, collections: COLLECTIONS, flushIntervalMs: 60_000 })
    const stop = new AbortController()
    const bell = new Doorbell()
    const seen = new ReportLog()
    const running = writer.run(
      stop.signal,
      (signal) => bell.wait(signal),
      (report) => seen.add(report),
    )
    lake.log.append([section(EVENTS, events(1, [1, 2]))])
    bell.ring()
    await seen.idleAt(1)
    expect(await listFragments(lake.directory)).toEqual([])

    clock.advance(59_999)
    lake.log.append([section(EVENTS, events(2, [1]))])
    bell.ring()
    await seen.idleAt(2)
    expect(await listFragments(lake.directory)).toEqual([])

    const published = seen.nextPublished()
    clock.advance(1)
    expect(await published).toEqual(['vendor=1', 'vendor=2'])

    lake.log.append([section(EVENTS, events(3, [3]))])
    bell.ring()
    await writer.flush()
    expect((await listFragments(lake.directory)).map(({ partition }) => partition)).toEqual(['vendor=1', 'vendor=2', 'vendor=3'])
    stop.abort()
    await running
    expect(clock.sleeping).toBe(0)
  })
})

describe('trouble', () => {
  test('on a full disk the open files go, and filing goes on when there is space', async () => {
    const lake = await newLake()
    lake.log.append([section(EVENTS, events(1, [1, 2]))])
    const clock = new FakeClock(NINE)
    const bell = new Doorbell()
    let isFull = true
    const writer = createLakeWriter({
      ...lake,
      clock,
      collections: COLLECTIONS,
      onStep: (step) => {
        if (isFull && step === 'synced')
          throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
      },
    })
    const stop = new AbortController()
    const seen = new ReportLog()
    const running = writer.run(
      stop.signal,
      (signal) => bell.wait(signal),
      (report) => seen.add(report),
    )
    await seen.idleAt(1)
    const failed = seen.nextFailure()
    void writer.flush()
    const { error, retryInMs } = await failed
    expect(error).toMatchObject({ code: 'disk_full', retryable: true })
    expect(await readdir(join(lake.directory, '.open'))).toEqual([])

    isFull = false
    const published = seen.nextPublished()
    clock.advance(retryInMs)
    expect(await published).toEqual(['vendor=1', 'vendor=2'])
    stop.abort()
    await running
    expect(await journalsOf(lake)).toEqual(expectedJournals(lake))
  })

  test('a log that is away is asked again, less and less often', async () => {
    const lake = await newLake()
    const clock = new FakeClock(NINE)
    const log = {
      read: () => Promise.reject(Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })),
    }
    const seen = new ReportLog()
    const stop = new AbortController()
    const running = createLakeWriter({ ...lake, log, clock, collections: COLLECTIONS }).run(
      stop.signal,
      () => Promise.resolve(),
      (report) => seen.add(report),
    )
    const waits: number[] = []
    for (let i = 0; i < 8; i++) {
      const { retryInMs } = await seen.nextFailure()
      waits.push(retryInMs / 1000)
      clock.advance(retryInMs)
    }
    stop.abort()
    await running
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60])
  })

  test('a new manifest over an old lake is refused', async () => {
    const lake = await newLake()
    lake.log.append([section(EVENTS, events(1, [1]))])
    await fileAll(lake)
    await expect(fileAll(lake, { manifestPath: join(lake.root, 'other.db') })).rejects.toMatchObject({ code: 'lake_corrupt' })
  })
})

class ReportLog {
  #waiting: ((report: LakeReport) => boolean)[] = []

  add(report: LakeReport): void {
    this.#waiting = this.#waiting.filter((offer) => !offer(report))
  }

  idleAt(position: number): Promise<void> {
    return this.#next((report) => (report.kind === 'idle' && report.positions.get(EVENTS) === position ? true : undefined)).then(
      () => undefined,
    )
  }

  nextPublished(): Promise<string[]> {
    return this.#next((report) => (report.kind === 'published' ? report.fragments.map(({ partition }) => partition) : undefined))
  }

  nextFailure(): Promise<Extract<LakeReport, { kind: 'failed' }>> {
    return this.#next((report) => (report.kind === 'failed' ? report : undefined))
  }

  #next<T>(match: (report: LakeReport) => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      this.#waiting.push((report) => {
        const result = match(report)
        if (result !== undefined) resolve(result)
        return result !== undefined
      })
    })
  }
}
