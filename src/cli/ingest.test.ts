import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FakeClock } from '../base/clock.ts'
import { messageOf, MillraceError } from '../base/errors.ts'
import { EVENTS, type FrontDoor, eventOf, frontDoorOn, PLAINS } from '../http/front-door.fixture.ts'
import { openSqliteLog } from '../log/sqlite/open-sqlite-log.ts'
import { ingestCommand } from './ingest.ts'

const openFrontDoor = frontDoorOn((clock) => openSqliteLog({ path: ':memory:', clock }))

type RunOptions = { stdin?: Readable; fetch?: typeof fetch; clock?: FakeClock }
type Ran = { stdout: string; stderr: string; failure: string | undefined; hint: string | undefined }

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-ingest-'))
})
afterAll(() => rm(directory, { recursive: true }))

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, content)
  return path
}

function collect(add: (text: string) => void): PassThrough {
  const stream = new PassThrough()
  stream.setEncoding('utf8').on('data', add)
  return stream
}

async function run(
  door: FrontDoor,
  args: string[],
  { stdin = Readable.from([]), fetch = globalThis.fetch, clock = new FakeClock() }: RunOptions = {},
): Promise<Ran> {
  let [stdout, stderr] = ['', '']
  let number = 0
  const command = ingestCommand({
    stdin,
    stdout: collect((text) => (stdout += text)),
    stderr: collect((text) => (stderr += text)),
    fetch,
    clock,
    uniqueId: () => `run-${number++}`,
  })
  const failure = await command
    .exitOverride()
    .parseAsync(['--url', door.url, ...args], { from: 'user' })
    .then(
      () => undefined,
      (error: unknown) => error,
    )
  await new Promise((resolve) => setImmediate(resolve))
  return {
    stdout,
    stderr,
    failure: failure === undefined ? undefined : messageOf(failure).replaceAll(`${directory}/`, ''),
    hint: failure instanceof MillraceError ? failure.hint : undefined,
  }
}

const lines = (count: number, from = 0) => Array.from({ length: count }, (_, i) => JSON.stringify(eventOf(from + i)))
const events = (count: number) => Array.from({ length: count }, (_, i) => eventOf(i))
const plains = [{ id: 1, n: 2 }, { id: 'a\nb' }, { id: 3 }]
const csv = '\uFEFFid,n\r\n1,2\r\n\r\n"a\nb"\r\n3\r\n'

describe('inputs that are accepted', () => {
  test.each<[string, string, string | Uint8Array, string[], string, unknown[]]>([
    ['NDJSON', 'a.ndjson', `${lines(3).join('\n')}\n`, [], EVENTS, events(3)],
    [
      'NDJSON without a last line break, with blank lines and CRLF',
      'b.jsonl',
      `\uFEFF\r\n${lines(3).join('\r\n\r\n')}`,
      [],
      EVENTS,
      events(3),
    ],
    ['a JSON array', 'c.json', JSON.stringify(events(3), null, 2), [], EVENTS, events(3)],
    ['CSV', 'd.csv', csv, [], PLAINS, plains],
    ['CSV by option', 'd.txt', csv, ['--format', 'csv'], PLAINS, plains],
    ['TSV', 'e.tsv', 'n\tid\n2\t1\n', [], PLAINS, [{ id: 1, n: 2 }]],
    ['gzip', 'f.csv.gz', gzipSync(csv), [], PLAINS, plains],
    ['zstd whatever its name', 'g.csv', zstdCompressSync(csv), [], PLAINS, plains],
    ['several batches', 'h.ndjson', lines(1000).join('\n'), ['--batch', '300'], EVENTS, events(1000)],
    ['several batches of rows', 'i.csv', csv, ['--batch', '1'], PLAINS, plains],
  ])('%s', async (...[_name, name, content, args, collection, expected]) => {
    const door = await openFrontDoor()
    const { failure, stdout } = await run(door, [...args, collection, await file(name, content)])
    expect(failure).toBeUndefined()
    expect(stdout).toMatch(
      new RegExp(
        `^${expected.length === 1000 ? '1,000' : expected.length} documents into ${collection} in .* log position \\d+\\n$`,
      ),
    )
    expect(await door.written()).toEqual({ [collection]: expected })
    await door.close()
  })

  test('standard input is sent as it comes, without waiting for a full batch', async () => {
    const door = await openFrontDoor()
    const stdin = new PassThrough()
    const accepted = new Promise<void>((resolve) => {
      const watched: typeof fetch = async (...args) => {
        const response = await fetch(...args)
        resolve()
        return response
      }
      void run(door, [EVENTS], { stdin, fetch: watched }).then(({ failure }) => expect(failure).toBeUndefined())
    })
    stdin.write(`${lines(2).join('\n')}\n`)
    await accepted
    expect(await door.written()).toEqual({ [EVENTS]: events(2) })
    stdin.end()
    await door.close()
  })

  test('the outcome as JSON', async () => {
    const door = await openFrontDoor()
    const { stdout } = await run(door, ['--json', EVENTS, '-'], {
      stdin: Readable.from([Buffer.from(`${lines(3).join('\n')}\n`)]),
    })
    expect(JSON.parse(stdout)).toEqual({
      collection: EVENTS,
      documents: 3,
      skipped: 0,
      repeatedBatches: 0,
      position: 1,
      durationMs: 0,
    })
    await door.close()
  })

  test('nothing at all is fine', async () => {
    const door = await openFrontDoor()
    expect(await run(door, [EVENTS])).toMatchObject({ failure: undefined, stdout: expect.stringMatching(/^0 documents/) })
    await door.close()
  })

  test('the same file again under the same prefix writes nothing twice', async () => {
    const door = await openFrontDoor()
    const path = await file('again.ndjson', lines(25).join('\n'))
    const args = ['--idempotency-prefix', 'import-7', '--batch', '10', EVENTS, path]
    await run(door, args)
    expect((await run(door, args)).stdout).toMatch(/25 documents .* 3 batches were there already/)
    expect((await door.written())[EVENTS]).toHaveLength(25)
    await door.close()
  })

  test('a rate is kept', async () => {
    const door = await openFrontDoor()
    const clock = new FakeClock()
    const startedAt = clock.now()
    const moving = setInterval(() => clock.advance(50), 0)
    const { stdout } = await run(door, ['--rate', '100', '--json', EVENTS, await file('rate.ndjson', lines(200).join('\n'))], {
      clock,
    })
    clearInterval(moving)
    expect(JSON.parse(stdout)).toMatchObject({ documents: 200 })
    expect(clock.now() - startedAt).toBeGreaterThanOrEqual(1950)
    await door.close()
  })
})

describe('mistakes', () => {
  test.each<[string, string, string | Uint8Array, string[], string, string | RegExp, number]>([
    [
      'a line that is no JSON',
      'a.ndjson',
      `${lines(2).join('\n')}\n\n{"x\n${lines(1).join('')}`,
      [],
      EVENTS,
      /^a.ndjson:4 is not JSON: .*\. No document was written\.$/,
      0,
    ],
    [
      'a document that the schema refuses, in a later batch',
      'b.ndjson',
      [...lines(15), '{}', ...lines(15)].join('\n'),
      ['--batch', '10'],
      EVENTS,
      /^b.ndjson:16 must have required property .* 10 documents before it were written\.$/,
      10,
    ],
    ['an element of an array', 'c.json', '[\n{"id":1},\n{"id":\nnull}]', [], PLAINS, /^c.json:3 The key at \/id is null\./, 0],
    ['a second comma in an array', 'c2.json', '[{"id":1},\n,{"id":2}]', [], PLAINS, /^c2.json:2 /, 0],
    ['a cell', 'd.csv', 'id,n\n"a\nb",1\n2,"t\nwo"\n', [], PLAINS, /^d.csv:4 \/n: must be a number, "t\nwo" is not/, 0],
    ['a header', 'e.csv', '\n\nid,m\n2,two\n', [], PLAINS, /^e.csv:3 The header names "m"/, 0],
    ['a long row', 'f.csv', 'id\n1\n1,2\n', [], PLAINS, /^f.csv:3 row has 2 columns, but header had only 1/, 0],
    [
      'a quote that is not closed',
      'g.csv',
      'id\n1\n"2\n',
      [],
      PLAINS,
      /^g.csv:3.*Quote Not Closed.* 1 document before it was written/,
      1,
    ],
    ['bytes that are not UTF-8', 'h.ndjson', Buffer.of(0x7b, 0xff), [], PLAINS, /^h.ndjson: is not valid UTF-8\./, 0],
    [
      'gzip that breaks off',
      'i.gz',
      gzipSync(lines(100).join('\n')).subarray(0, 60),
      [],
      EVENTS,
      /^i.gz: unexpected end of file/,
      0,
    ],
    [
      'an unknown collection',
      'j.ndjson',
      lines(1)[0] as string,
      [],
      'nowhere',
      /"nowhere" is not an ingestable collection\. No document/,
      0,
    ],
  ])('%s', async (...[_name, name, content, args, collection, message, written]) => {
    const door = await openFrontDoor()
    const { failure, stdout } = await run(door, [...args, collection, await file(name, content)])
    expect(failure).toMatch(message)
    expect(stdout).toBe('')
    expect((await door.written())[collection] ?? []).toHaveLength(written)
    await door.close()
  })

  test('are reported, counted and left out on request', async () => {
    const door = await openFrontDoor()
    const content = ['{"id":1}', '{"id":null}', '{"id":2}', '{', '{"id":3,"n":"x"}', '{"id":4}', ''].join('\n')
    const { stdout, stderr } = await run(door, ['--skip-invalid', PLAINS, await file('skip.ndjson', content)])
    expect(stdout).toMatch(/^3 documents .* 3 skipped/)
    expect(
      stderr
        .replaceAll(`${directory}/`, '')
        .split('\n')
        .map((text) => text.split(':').slice(0, 2).join(':').split(' ').slice(0, 2).join(' ')),
    ).toEqual(['skipped skip.ndjson:2', 'skipped skip.ndjson:4', 'skipped skip.ndjson:5', ''])
    expect(await door.written()).toEqual({ [PLAINS]: [{ id: 1 }, { id: 2 }, { id: 4 }] })
    await door.close()
  })

  test('more of them than one answer lists are all left out', async () => {
    const door = await openFrontDoor()
    const content = Array.from({ length: 500 }, (_, id) => JSON.stringify(id % 2 === 0 ? { id } : {})).join('\n')
    const { stdout } = await run(door, ['--skip-invalid', PLAINS, await file('many.ndjson', content)])
    expect(stdout).toMatch(/^250 documents .* 250 skipped/)
    await door.close()
  })

  test.each([
    ['a file that is not there', [EVENTS, '/nowhere/a.json'], /"\/nowhere\/a.json" cannot be read: ENOENT/],
    ['a directory', [EVENTS, '/'], /it is a directory/],
    ['an address that is none', ['--url', 'nonsense', EVENTS], /"nonsense" is not an address/],
    ['a batch of nothing', ['--batch', '0', EVENTS], /whole number from 1/],
  ])('%s', async (_name, args, message) => {
    const door = await openFrontDoor()
    expect((await run(door, args)).failure).toMatch(message)
    await door.close()
  })
})

describe('a server that is away', () => {
  test('from the start is reported at once', async () => {
    const door = await openFrontDoor()
    await door.close()
    const { failure, hint } = await run(door, [EVENTS, await file('away.ndjson', lines(1).join(''))])
    expect(failure).toMatch(/server at http:\/\/127.0.0.1:\d+ does not take documents: .*ECONNREFUSED.* No document was written/)
    expect(hint).toMatch(/millrace start/)
  })

  test('for a while, or whose answers are lost, gets each batch once', async () => {
    const door = await openFrontDoor()
    const clock = new FakeClock()
    const moving = setInterval(() => clock.advance(1000), 0)
    let attempts = 0
    const flaky: typeof fetch = async (...args) => {
      const attempt = ++attempts
      if (attempt % 3 === 2) throw new TypeError('fetch failed', { cause: new Error('connection reset') })
      const response = await fetch(...args)
      if (attempt % 3 === 0) throw new TypeError('terminated')
      return response
    }
    const { failure } = await run(door, ['--batch', '10', EVENTS, await file('flaky.ndjson', lines(95).join('\n'))], {
      fetch: flaky,
      clock,
    })
    clearInterval(moving)
    expect(failure).toBeUndefined()
    expect(attempts).toBeGreaterThan(20)
    expect(await door.written()).toEqual({ [EVENTS]: events(95) })
    await door.close()
  })

  test('for longer than a minute ends the run and says what was written', async () => {
    const door = await openFrontDoor()
    const clock = new FakeClock()
    const moving = setInterval(() => clock.advance(1000), 0)
    let attempts = 0
    const dying: typeof fetch = (...args) =>
      ++attempts === 1 ? fetch(...args) : Promise.resolve(Response.json({ detail: 'The disk is full.' }, { status: 507 }))
    const { failure } = await run(door, ['--batch', '10', EVENTS, await file('dying.ndjson', lines(30).join('\n'))], {
      fetch: dying,
      clock,
    })
    clearInterval(moving)
    expect(failure).toMatch(/it answers 507: The disk is full.*10 documents before it were written/)
    await door.close()
  })
})
