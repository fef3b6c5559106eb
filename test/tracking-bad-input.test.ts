/**
 * Each kind of bad input of the tracking API against a real server: the answer, and what is stored. docs/bad-input.md is made of
 * the same rows: `npx vitest run test/tracking-bad-input.test.ts -u` writes it.
 */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSqliteLog } from '../src/log/sqlite/open-sqlite-log.ts'
import { basic, trackingServerOn, WEB_KEY } from '../src/http/tracking/tracking-door.fixture.ts'
import { BAD_CONNECTIONS, type BadConnection } from './tracking/bad-connections.ts'
import { MENDED_EVENTS, REFUSED_EVENTS } from './tracking/bad-events.ts'
import { answerText, type BadInput, badInputPage, type Stored } from './tracking/bad-input.ts'
import { BAD_IDENTITIES, BAD_TIMES, BAD_TRAITS } from './tracking/bad-profiles.ts'
import { BAD_BODIES, BAD_SENDERS, FURTHER_KEYS, LIMITED_SOURCE } from './tracking/bad-requests.ts'
import type { Answer, Asked } from './tracking/http-client.ts'
import { keyOf, TrackingStage } from './tracking/tracking-stage.ts'

const CHAPTERS = [
  { title: 'Who sends', rows: BAD_SENDERS },
  { title: 'Bodies', rows: BAD_BODIES },
  { title: 'Connections', rows: BAD_CONNECTIONS },
  { title: 'Events that are set aside', rows: REFUSED_EVENTS },
  { title: 'Events that are mended', rows: MENDED_EVENTS },
  { title: 'Times', rows: BAD_TIMES },
  { title: 'Identity', rows: BAD_IDENTITIES },
  { title: 'Traits', rows: BAD_TRAITS },
]
const ROWS = [BAD_SENDERS, BAD_BODIES, REFUSED_EVENTS, MENDED_EVENTS, BAD_TIMES, BAD_IDENTITIES, BAD_TRAITS].flat()
const sourceOf = (row: BadInput) => `row-${ROWS.indexOf(row)}`
/** Storms are tens of thousands of events, and the machine may be busy. */
const PATIENCE_MS = 120_000

let stage: TrackingStage
beforeAll(async () => {
  const own = ROWS.map((row) => [sourceOf(row), { strict: row.isStrict ?? false }] as const)
  const sources = { ...Object.fromEntries(own), [LIMITED_SOURCE]: {} }
  stage = await TrackingStage.open({ sources, keys: FURTHER_KEYS, connections: 1 })
})
afterAll(async () => {
  const { errors } = stage.server
  await stage.close()
  expect(errors).toBe('')
})

test.each(ROWS.map((row) => [row.input, row] as const))('%s', { timeout: PATIENCE_MS }, async (_input, row) => {
  const answers: Answer[] = []
  for (const sent of row.sent) answers.push(await stage.client.send(askedOf(row, sent)))
  expect(answerText(answers)).toBe(row.answer)
  await stage.settled()
  const stored = await storedOf(row)
  const { events, quarantined, profile } = row.stored ?? {}
  if (row.check === undefined || events !== undefined) expect(stored.events).toMatchObject(events ?? [])
  expect(stored.quarantined).toMatchObject(quarantined ?? [])
  if (profile !== undefined) expect(stored.profile).toEqual({ ...profile, parts: 1 })
  row.check?.(stored)
})

function askedOf(row: BadInput, sent: BadInput['sent'][number]): Asked {
  const { headers = {}, ...asked } = isBatch(sent) ? { body: JSON.stringify({ batch: sent }) } : sent
  const key = row.input === 'no key' ? {} : { authorization: basic(keyOf(sourceOf(row))) }
  return { path: '/v1/batch', ...asked, headers: { ...key, ...headers } }
}

function isBatch(sent: BadInput['sent'][number]): sent is readonly unknown[] {
  return Array.isArray(sent)
}

type Report = {
  identifiers: { kind: string; value: string }[]
  traits: Record<string, { value: unknown }>
  parts: unknown[]
}

async function storedOf(row: BadInput): Promise<Stored> {
  const source = sourceOf(row)
  // What is applied is there at once; reading goes on from where it was.
  const accepted = () => stage.stored.of(source)
  await stage.stored.until(source, 'read to the end', () => true)
  const report = row.user === undefined ? undefined : await stage.read<Report>(`/users/${row.user}`)
  return {
    events: accepted().applied,
    quarantined: await stage.quarantined(source),
    profile: report && {
      identifiers: report.identifiers.map(({ kind, value }) => `${kind}=${value}`),
      traits: Object.fromEntries(Object.entries(report.traits).map(([name, { value }]) => [name, value])),
      parts: report.parts.length,
    },
  }
}

describe('a connection', () => {
  const timeouts = { requestMs: 300, headersMs: 200, checkMs: 20 }
  const openTrackingServer = trackingServerOn((clock) => openSqliteLog({ path: ':memory:', clock }))

  test.each(BAD_CONNECTIONS.map((row) => [row.input, row] as const))('of %s', async (_input, row) => {
    const server = await openTrackingServer({ timeouts })
    expect(await answerTo(server.port, row)).toBe(row.answer)
    const { events, quarantined } = await server.written()
    expect([events.length, quarantined.length]).toEqual([row.events, 0])
    expect(server.bugs).toEqual([])
  })
})

/** The status and code of what comes until the server lets go; `none` when nothing does. */
function answerTo(port: number, { write, doing }: BadConnection): Promise<string> {
  return new Promise((resolve) => {
    let received = ''
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk))
    socket.on('error', () => {}).on('close', () => resolve(statusIn(received)))
    // A half that is open would stay so.
    socket.on('end', () => socket.end())
    socket.write(write(basic(WEB_KEY)), () => {
      if (doing === 'ends') socket.end()
      else if (doing === 'leaves') socket.destroy()
    })
  })
}

function statusIn(received: string): string {
  const [, status = 'none'] = /^HTTP\/1\.1 (\d+)/.exec(received) ?? []
  const [, code] = /"code":"(\w+)"/.exec(received) ?? []
  return code === undefined ? status : `${status} \`${code}\``
}

const INTRO = `
# Bad input

What the tracking API does with what it should not get. The rule behind all rows: **a mistake in one event never costs another one**,
nothing that is answered 200 is lost without a word, and no input is answered with a 5xx. What is changed on the way in stands in the event's
\`corrections\`, what is refused of its traits in \`refused\`, what is done with identifiers in \`notes\`; what cannot be an event lies in the
quarantine with code, pointer and message (\`millrace quarantine\`). Answers are those of \`/v1/batch\`. Each row is a test
(\`test/tracking-bad-input.test.ts\`, which also writes this page), and a fuzz test sends tens of thousands of mixed ones.

Rejected is never lost in silence: **sent = accepted + rejected**, and accepted = applied + repeated.
`

test('docs/bad-input.md is made of these rows', async () => {
  await expect(badInputPage(INTRO, CHAPTERS)).toMatchFileSnapshot('../docs/bad-input.md')
})
