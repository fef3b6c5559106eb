import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openSqliteLog } from '../log/sqlite/open-sqlite-log.ts'
import { call, trackingServerOn, READ_KEY, trackOf, WEB_KEY } from '../http/tracking/tracking-door.fixture.ts'
import { tailCommand } from './tail.ts'
import { eventLine } from './tail/event-line.ts'

const openTrackingServer = trackingServerOn((clock) => openSqliteLog({ path: ':memory:', clock }))

/** Keeps what is written, and tells who waits. */
class Screen extends Writable {
  text = ''
  #changed: () => void = () => {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    this.#changed()
    done()
  }

  async until(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.text)) await new Promise<void>((resolve) => (this.#changed = resolve))
  }
}

function start(...args: string[]) {
  const stdout = new Screen()
  const stderr = new Screen()
  const ended = tailCommand({ stdout, stderr, fetch }).parseAsync(args, { from: 'user' })
  return { stdout, stderr, ended }
}

test('events and refusals come as lines, and the command ends with the server', async () => {
  const server = await openTrackingServer()
  const { stdout, stderr, ended } = start('--url', server.url)
  await stderr.until(/Waiting/)
  await call(server, '/v1/batch', {
    body: {
      batch: [
        { ...trackOf(1), properties: { total: 12.5, plan: 'pro' } },
        { type: 'track', userId: 'u1' },
      ],
    },
  })
  await call(server, '/v1/identify', { key: 'no-such-key-0123456789', body: {} })
  await stdout.until(/refused.*\n/)
  await server.close()
  await ended
  expect(stdout.text.trimEnd().split('\n')).toEqual([
    '00:00:00.000  track      Opened  u1  web  total=12.5 plan=pro',
    expect.stringMatching(/^00:00:00\.000  set aside  web  event_name_missing: \w/) as unknown,
    '00:00:00.000  refused    /v1/identify  write_key_unknown: There is no such write key.',
  ])
  expect(stderr.text).toContain('The server has ended the stream.')
})

test('as JSON each is a line for programs, and options choose what comes', async () => {
  const server = await openTrackingServer({ isLoopbackOnly: false })
  const { stdout, ended } = start(
    '--url',
    server.url,
    '--json',
    '--key',
    READ_KEY,
    '--source',
    'web',
    '--user',
    'u2',
    '--type',
    'track',
  )
  await expect.poll(() => server.clock.sleeping).toBeGreaterThan(1)
  await call(server, '/v1/batch', { body: { batch: [trackOf(1), trackOf(2)] } })
  await stdout.until(/\n/)
  await server.close()
  await ended
  expect(JSON.parse(stdout.text)).toMatchObject({ kind: 'accepted', data: { id: 'm2' } })
})

describe('the command says why it cannot look', () => {
  test.each<[string, string[], string]>([
    ['without a key', [], 'write_key_unknown'],
    ['with a key that only tracks', ['--key', WEB_KEY], 'access_denied'],
  ])('%s', async (_name, args, code) => {
    const server = await openTrackingServer({ isLoopbackOnly: false })
    await expect(start('--url', server.url, ...args).ended).rejects.toMatchObject({ code })
  })

  test('where nothing or something else listens', async () => {
    const other = createServer((_request, response) => response.writeHead(404).end('no')).listen(0, '127.0.0.1')
    await once(other, 'listening')
    onTestFinished(() => void other.close())
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
    await expect(start('--url', url).ended).rejects.toMatchObject({ code: 'server_unreachable' })
    await expect(start('--url', 'http://127.0.0.1:1').ended).rejects.toMatchObject({ code: 'server_unreachable' })
    await expect(start('--url', 'nowhere').ended).rejects.toMatchObject({ code: 'usage_invalid' })
  })
})

describe('a line', () => {
  const plain = { isColored: false, width: undefined }
  const data = {
    id: 'm',
    type: 'identify',
    userId: 'u1',
    groupId: 'g1',
    source: 'web',
    receivedAt: '2026-01-01T12:34:56.789Z',
    traits: { a: { b: 1 } },
  }

  test('shows traits, accounts and what was corrected', () => {
    const corrections = [{ member: '/userId', reason: 'trimmed' }]
    expect(eventLine({ kind: 'accepted', data: { ...data, corrections } }, plain)).toBe(
      '12:34:56.789  identify   u1 in g1  web  a={"b":1}  1 corrected',
    )
  })

  test('says how many were left out', () => {
    expect(eventLine({ kind: 'dropped', data: { count: 7 } }, plain)).toBe('… 7 more that came too fast to show')
  })

  test('is cut to the width of the terminal, and colours take no room', () => {
    const long = { kind: 'accepted', data: { ...data, traits: { text: 'x'.repeat(200) } } }
    const line = eventLine(long, { isColored: true, width: 60 })
    expect(line).not.toBe(stripVTControlCharacters(line))
    expect(stripVTControlCharacters(line)).toHaveLength(60)
    expect(line).toContain('…')
  })

  test('does not let clients steer the terminal', () => {
    expect(eventLine({ kind: 'accepted', data: { ...data, userId: '\u001b[2J\n\u202Ex' } }, plain)).toContain('·[2J··x')
  })
})
