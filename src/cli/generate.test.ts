import { PassThrough, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test, vi } from 'vitest'
import { FakeClock } from '../base/clock.ts'
import { seededRandom } from '../base/random.ts'
import { generateCommand, writeSegmentEvents } from './generate.ts'

const options = (clock = new FakeClock()) => ({ random: seededRandom(1), clock, users: 1_000 })

test('as many lines are written as asked for, each a document', async () => {
  const out = new PassThrough()
  const written = text(out)
  await writeSegmentEvents(out, { ...options(), count: 1_234 })
  out.end()
  const lines = (await written).trimEnd().split('\n')
  expect(lines).toHaveLength(1_234)
  for (const line of lines) expect(JSON.parse(line)).toHaveProperty('event')
})

test('writing waits for a slow reader', async () => {
  const pending: (() => void)[] = []
  const out = new Writable({ write: (_chunk, _encoding, done) => void pending.push(done) })
  const writing = writeSegmentEvents(out, { ...options(), count: 1_000 })
  let writes = 0
  while (writes < 3) {
    await new Promise(setImmediate)
    expect(pending).toHaveLength(1)
    pending.pop()?.()
    writes++
  }
  await writing
})

test('a reader that goes away ends the command quietly', async () => {
  let writes = 0
  const out = new Writable({
    write: (_chunk, _encoding, done) => done(++writes < 3 ? null : Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  })
  await writeSegmentEvents(out, options())
  expect(writes).toBe(3)
})

test('a full disk is reported', async () => {
  const out = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('write ENOSPC'), { code: 'ENOSPC' })),
  })
  await expect(writeSegmentEvents(out, options())).rejects.toThrow('ENOSPC')
})

test('a rate is kept by the clock', async () => {
  const clock = new FakeClock()
  let lines = 0
  const out = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines += chunk.toString().trimEnd().split('\n').length
      done()
    },
  })
  const writing = writeSegmentEvents(out, { ...options(clock), rate: 1_000, count: 500 })
  for (let ms = 0; ms < 500; ms++) {
    await new Promise(setImmediate)
    expect(lines).toBeLessThanOrEqual(ms)
    clock.advance(1)
  }
  await writing
  expect(lines).toBe(500)
})

test('tracked events are written for as many users as asked for', async () => {
  let output = ''
  const writing = vi.spyOn(process.stdout, 'write').mockImplementation((chunk, _encoding, done) => {
    output += String(chunk)
    done?.()
    return true
  })
  await generateCommand().parseAsync(['events', '--count', '300', '--users', '5', '--seed', '3', '--draw', 'zipf'], {
    from: 'user',
  })
  writing.mockRestore()
  const users = output
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { userId?: string }).userId)
  expect(users).toHaveLength(300)
  expect(new Set(users.filter((user) => user !== undefined))).toEqual(new Set(['user-0', 'user-1', 'user-2', 'user-3', 'user-4']))
})

test.each(['x', '-1', '1.5', '1e3', ''])('a count of "%s" is refused', async (count) => {
  const command = generateCommand().exitOverride()
  for (const each of command.commands) each.exitOverride().configureOutput({ writeErr: () => {} })
  await expect(command.parseAsync(['segment-events', '--count', count], { from: 'user' })).rejects.toThrow('whole number')
})
