import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FakeClock } from '../base/clock.ts'
import { messageOf, MillraceError } from '../base/errors.ts'
import { ingestCommand } from './ingest.ts'
import { millraceCommand } from './millrace-command.ts'
import { type RecordingDoor, recordingDoor } from './ingest/recording-door.fixture.ts'

type Ran = { stdout: string; stderr: string; failure: string | undefined; hint: string | undefined }

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-ingest-events-'))
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
  door: RecordingDoor,
  args: string[],
  { stdin = Readable.from([]), clock = new FakeClock() } = {},
): Promise<Ran> {
  let [stdout, stderr] = ['', '']
  const command = ingestCommand({
    stdin,
    stdout: collect((text) => (stdout += text)),
    stderr: collect((text) => (stderr += text)),
    fetch: globalThis.fetch,
    clock,
    uniqueId: () => 'run',
  }).exitOverride()
  for (const each of command.commands) each.exitOverride().configureOutput({ writeErr: () => {} })
  // Pauses between attempts take no time.
  const moving = setInterval(() => clock.advance(1_000), 0)
  const failure = await command.parseAsync(['events', '--url', door.url, '--write-key', 'key-1', ...args], { from: 'user' }).then(
    () => undefined,
    (error: unknown) => error,
  )
  clearInterval(moving)
  await new Promise((resolve) => setImmediate(resolve))
  return {
    stdout,
    stderr: plain(stderr),
    failure: failure === undefined ? undefined : plain(messageOf(failure)),
    hint: failure instanceof MillraceError ? failure.hint : undefined,
  }
}

function plain(text: string): string {
  return text.replaceAll(`${directory}/`, '')
}

type Event = { messageId: string; type: string; n: number }

const eventOf = (n: number): Event => ({ messageId: `id-${n}`, type: 'track', n })
const lineOf = (n: number) => JSON.stringify(eventOf(n))
const lines = (count: number) => Array.from({ length: count }, (_, n) => lineOf(n))
const events = (count: number) => Array.from({ length: count }, (_, n) => eventOf(n))
const numbers = (door: RecordingDoor) => door.accepted.map(({ n }) => n).toSorted((a, b) => Number(a) - Number(b))
const idsOf = (door: RecordingDoor) => door.accepted.map(({ messageId }) => String(messageId))
const range = (count: number) => Array.from({ length: count }, (_, n) => n)
const refuseFive = ({ n }: Record<string, unknown>) => (n === 5 ? 'The event has no name.' : undefined)

describe('events that are accepted', () => {
  test.each<[string, string, string | Uint8Array]>([
    ['lines', 'a.ndjson', `${lines(3).join('\n')}\n`],
    [
      'blank lines, CRLF, white space, a byte order mark, no last line break',
      'b.ndjson',
      `\uFEFF\r\n ${lines(3).join(' \r\n\r\n\t')}`,
    ],
    ['gzip', 'c.ndjson.gz', gzipSync(lines(3).join('\n'))],
    ['zstd whatever its name', 'd', zstdCompressSync(lines(3).join('\n'))],
  ])('%s', async (_name, name, content) => {
    const door = await recordingDoor()
    const { failure, stdout } = await run(door, [await file(name, content)])
    expect(failure).toBeUndefined()
    expect(stdout).toMatch(/^3 events accepted in /)
    expect(door.accepted).toEqual(events(3))
    await door.close()
  })

  test('lines are forwarded as they are, without a time of sending, under the key of the source', async () => {
    const door = await recordingDoor()
    const raw = '{ "n":1.0, "messageId": "é\\u00e9", "deep":[{"}":"]\\""}],  "timestamp":"2020-01-01"}'
    await run(door, [await file('raw.ndjson', raw)])
    expect(door.requests).toMatchObject([{ method: 'POST', path: '/v1/import', text: `{"batch":[${raw}]}` }])
    expect(door.requests[0]?.authorization).toBe(`Basic ${Buffer.from('key-1:').toString('base64')}`)
    await door.close()
  })

  test('several batches over one connection keep the order of the file', async () => {
    const door = await recordingDoor()
    await run(door, ['--batch', '300', '--connections', '1', await file('order.ndjson', lines(1_000).join('\n'))])
    expect(door.accepted).toEqual(events(1_000))
    expect(door.requests).toHaveLength(4)
    await door.close()
  })

  test('two requests are under way at the same time', async () => {
    const waiting: (() => void)[] = []
    const door = await recordingDoor(async () => {
      // Nobody is answered before two have come.
      await new Promise<void>((resolve) => {
        waiting.push(resolve)
        if (waiting.length === 2) waiting.splice(0).forEach((answer) => answer())
      })
      return {}
    })
    await run(door, ['--batch', '10', await file('two.ndjson', lines(80).join('\n'))])
    expect(numbers(door)).toEqual(range(80))
    await door.close()
  })

  test('a batch stays below what the server takes, whatever the size of its events', async () => {
    const door = await recordingDoor()
    const large = range(300).map((n) => JSON.stringify({ ...eventOf(n), text: 'x'.repeat(30_000) }))
    await run(door, [await file('large.ndjson', large.join('\n'))])
    expect(numbers(door)).toEqual(range(300))
    expect(Math.max(...door.requests.map(({ text }) => text.length))).toBeLessThan(4_000_000)
    await door.close()
  })

  test('standard input is sent as it comes', async () => {
    const stdin = new PassThrough()
    const { promise: first, resolve: arrived } = Promise.withResolvers<void>()
    const door = await recordingDoor(() => {
      arrived()
      return {}
    })
    const running = run(door, ['-'], { stdin })
    stdin.write(`${lines(2).join('\n')}\n`)
    await first
    stdin.end(lineOf(2))
    expect((await running).stdout).toMatch(/^3 events/)
    expect(numbers(door)).toEqual([0, 1, 2])
    await door.close()
  })

  test('the outcome as JSON', async () => {
    const door = await recordingDoor(undefined, refuseFive)
    const { stdout } = await run(door, ['--json', '--skip-invalid', await file('json.ndjson', lines(9).join('\n'))])
    expect(JSON.parse(stdout)).toEqual({ accepted: 8, rejected: 1, durationMs: expect.any(Number) })
    await door.close()
  })

  test('nothing at all is fine', async () => {
    const door = await recordingDoor()
    expect(await run(door, [])).toMatchObject({ failure: undefined, stdout: expect.stringMatching(/^0 events/) })
    expect(door.requests).toEqual([])
    await door.close()
  })

  test('a rate is kept', async () => {
    const door = await recordingDoor()
    const clock = new FakeClock()
    const startedAt = clock.now()
    await run(door, ['--rate', '10', await file('rate.ndjson', lines(50).join('\n'))], { clock })
    expect(clock.now() - startedAt).toBeGreaterThanOrEqual(4_950)
    expect(Math.max(...door.requests.map(({ events: sent }) => sent.length))).toBe(1)
    await door.close()
  })
})

describe('message ids', () => {
  const nameless = [
    '{"n":0}',
    '{"n":1,"messageId":null}',
    '{"messageId" : "", "n":2}',
    '{"n":0}',
    '{ }',
    '{"p":{"messageId":"deep"}}',
  ]

  test('are made where they are missing, different for each line and the same each time', async () => {
    const door = await recordingDoor()
    const path = await file('nameless.ndjson', nameless.join('\n'))
    await run(door, [path])
    const ids = idsOf(door)
    expect(ids).toHaveLength(6)
    for (const id of ids) expect(id).toMatch(/^file-[0-9a-f]{32}$/)
    expect(new Set(ids).size).toBe(6)
    await run(door, ['--batch', '2', '--connections', '1', path])
    expect(idsOf(door).slice(6)).toEqual(ids)
    await run(door, [await file('other.ndjson', nameless.join('\n'))])
    expect(new Set(idsOf(door)).size).toBe(12)
    await door.close()
  })

  test('are the name of the data and the number of the line when it has a name', async () => {
    const door = await recordingDoor()
    await run(door, ['--idempotency-prefix', 'may', await file('may.ndjson', `${nameless.join('\n\n')}\n{"messageId":7}`)])
    expect(idsOf(door)).toEqual(['may:1', 'may:3', 'may:5', 'may:7', 'may:9', 'may:11', '7'])
    await door.close()
  })
})

describe('events that are refused', () => {
  test('end the run, with file, line, reason and code', async () => {
    const door = await recordingDoor(undefined, refuseFive)
    const content = `\n${lines(100).join('\n')}`
    const { failure, hint, stdout } = await run(door, ['--batch', '10', '--connections', '1', await file('five.ndjson', content)])
    expect(failure).toBe('five.ndjson:7 The event has no name (event_invalid). 9 events were accepted.')
    expect(hint).toMatch(/--skip-invalid/)
    expect(stdout).toBe('')
    expect(door.requests).toHaveLength(1)
    await door.close()
  })

  test('are reported and passed on request', async () => {
    const door = await recordingDoor(undefined, refuseFive)
    const content = [
      'no',
      ...lines(8),
      '"text"',
      '{"a":"x',
      'y"}',
      '{"n":8},{"n":9}',
      Buffer.from('{"n":"\\q"}').toString(),
      lineOf(10),
    ]
    const { stdout, stderr } = await run(door, ['--skip-invalid', await file('skip.ndjson', content.join('\n'))])
    expect(stdout).toMatch(/^8 events accepted .*; 7 rejected\n$/)
    expect(stderr.split('\n').map((text) => text.replace(/(is not JSON): .* \(/, '$1 ('))).toEqual([
      'skipped skip.ndjson:1 is not JSON (body_invalid)',
      'skipped skip.ndjson:10 is not a JSON object (body_invalid)',
      'skipped skip.ndjson:11 is not JSON (body_invalid)',
      'skipped skip.ndjson:12 is not JSON (body_invalid)',
      'skipped skip.ndjson:13 is not JSON (body_invalid)',
      'skipped skip.ndjson:14 is not JSON (body_invalid)',
      'skipped skip.ndjson:7 The event has no name (event_invalid)',
      '',
    ])
    expect(numbers(door)).toEqual([0, 1, 2, 3, 4, 6, 7, 10])
    await door.close()
  })

  test('because their bytes are not UTF-8 are found', async () => {
    const door = await recordingDoor(({ text }) =>
      text.includes('\uFFFD') ? { status: 400, body: { message: 'Not UTF-8.' } } : {},
    )
    const content = Buffer.concat([Buffer.from(`${lineOf(0)}\n{"n":"`), Buffer.of(0xff), Buffer.from(`"}\n${lineOf(1)}`)])
    const { stderr } = await run(door, ['--skip-invalid', await file('utf8.ndjson', content)])
    expect(stderr).toBe('skipped utf8.ndjson:2 is not valid UTF-8 (body_invalid)\n')
    expect(numbers(door)).toEqual([0, 1])
    await door.close()
  })

  test('whole batches for a reason that only the server knows are halved until it is found', async () => {
    const door = await recordingDoor(({ events: sent }) =>
      sent.some(({ n }) => n === 5 || n === 77) ? { status: 400, body: { code: 'body_invalid', message: 'Bad number.' } } : {},
    )
    const { stderr } = await run(door, [
      '--skip-invalid',
      '--connections',
      '1',
      await file('halves.ndjson', lines(100).join('\n')),
    ])
    expect(stderr).toBe('skipped halves.ndjson:6 Bad number (body_invalid)\nskipped halves.ndjson:78 Bad number (body_invalid)\n')
    expect(door.accepted).toEqual(events(100).filter(({ n }) => n !== 5 && n !== 77))
    expect(door.requests.length).toBeLessThan(40)
    await door.close()
  })

  test('by a strict source are left out as it names them', async () => {
    const door = await recordingDoor(({ events: sent }) => {
      const index = sent.findIndex((event) => refuseFive(event))
      const rejected = [{ index, messageId: null, code: 'event_invalid', message: 'No name.' }]
      return index < 0 ? {} : { status: 400, body: { code: 'event_invalid', message: 'Refused.', rejected } }
    })
    const { stderr } = await run(door, ['--skip-invalid', await file('strict.ndjson', lines(20).join('\n'))])
    expect(stderr).toBe('skipped strict.ndjson:6 No name (event_invalid)\n')
    expect(door.requests).toHaveLength(2)
    expect(numbers(door)).toEqual(range(20).filter((n) => n !== 5))
    await door.close()
  })
})

describe('a server that is not ready', () => {
  test('or loses connections and answers gets every event, also more than once', async () => {
    const door = await recordingDoor((_request, number) => {
      if (number % 4 === 2) return undefined
      if (number % 4 === 3) return { status: 503, body: { message: 'Busy.' } }
      return {}
    })
    const { failure } = await run(door, ['--batch', '10', '--connections', '1', await file('lossy.ndjson', lines(95).join('\n'))])
    expect(failure).toBeUndefined()
    expect(door.requests.length).toBeGreaterThan(15)
    expect(numbers(door)).toEqual(range(95))
    await door.close()
  })

  test('is asked again when it says so', async () => {
    const clock = new FakeClock()
    const askedAt: number[] = []
    const door = await recordingDoor((_request, number) => {
      askedAt.push(clock.now())
      return number <= 3 ? { status: 429, headers: { 'retry-after': '30' }, body: { message: 'Slow down.' } } : {}
    })
    const { failure } = await run(door, [await file('slow.ndjson', lines(5).join('\n'))], { clock })
    expect(failure).toBeUndefined()
    const [first = 0, second = 0] = askedAt
    expect(second - first).toBeGreaterThanOrEqual(30_000)
    expect(numbers(door)).toEqual(range(5))
    await door.close()
  })

  test('for too long ends the run, which says what was accepted', async () => {
    const door = await recordingDoor((_request, number) =>
      number === 1 ? {} : { status: 507, body: { message: 'The disk is full.' } },
    )
    const { failure } = await run(door, ['--batch', '10', '--connections', '1', await file('full.ndjson', lines(30).join('\n'))])
    expect(failure).toMatch(/does not take events: it answers 507: The disk is full\. 10 events were accepted\.$/)
    await door.close()
  })

  test('and never was, is reported at once', async () => {
    const door = await recordingDoor()
    await door.close()
    const { failure, hint } = await run(door, [await file('away.ndjson', lineOf(1))])
    expect(failure).toMatch(/does not take events: .*ECONNREFUSED.* No event was accepted\.$/)
    expect(hint).toMatch(/millrace start/)
  })

  test.each([
    [
      401,
      { code: 'write_key_unknown', message: 'invalid write key' },
      /refuses events \(401\): invalid write key\./,
      /source key create/,
    ],
    [404, undefined, /refuses events \(404\)/, /\/v1\/import the address of a Millrace/],
  ])('because of the answer %i, is not asked again', async (status, body, message, advice) => {
    const door = await recordingDoor(() => ({ status, body }))
    const { failure, hint } = await run(door, ['--connections', '1', await file('key.ndjson', lineOf(1))])
    expect(failure).toMatch(message)
    expect(hint).toMatch(advice)
    expect(door.requests).toHaveLength(1)
    await door.close()
  })
})

test('options behind "events" are its own, and those of other commands stay theirs', async () => {
  for (const args of [
    ['events', '/nowhere', '--url', 'http://localhost:1', '--write-key', 'k'],
    ['plains', '/nowhere', '--url', 'http://localhost:1'],
  ])
    await expect(millraceCommand().parseAsync(['ingest', ...args], { from: 'user' })).rejects.toThrow('ENOENT')
})

test('an option of collections is not taken for one of events', async () => {
  const command = ingestCommand().exitOverride()
  const running = command.parseAsync(['--url', 'http://localhost:1', 'events', '--write-key', 'k'], { from: 'user' })
  await expect(running).rejects.toThrow('The option --url stands before "events"')
})

test.each([
  ['no write key', ['--write-key', ''], '', /need a write key/],
  ['a batch of nothing', ['--batch', '0'], '', /whole number from 1 to 10000/],
  ['an address that is none', ['--url', 'nonsense'], '', /"nonsense" is not an address/],
  ['a file that is not there', ['/nowhere/a.ndjson'], '', /"\/nowhere\/a.ndjson" cannot be read: ENOENT/],
  ['an array', ['-'], '[\n{"n":1}]', /^stdin:1 begins an array; events are read one a line\. No event/],
  ['a line without end', ['-'], `{"n":"${'x'.repeat(5_000_000)}`, /^stdin:1 is longer than 4194304 bytes\. No event/],
])('%s is refused', async (_name, args, content, message) => {
  const door = await recordingDoor()
  const { failure } = await run(door, args, { stdin: Readable.from([Buffer.from(content)]) })
  expect(failure).toMatch(message)
  await door.close()
})
