import { Readable, Writable } from 'node:stream'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { FakeClock } from '../base/clock.ts'
import { readBody } from '../http/profiles/request-reading.ts'
import { BodyReader } from '../http/body.ts'
import type { Route } from '../http/route.ts'
import type { CommandSurroundings } from './command-surroundings.ts'
import { entityCommand } from './entity.ts'
import { quarantineCommand } from './quarantine.ts'
import { openReadingServer, type ReadingServer } from './reading-server.fixture.ts'
import { schemaCommand } from './schema.ts'

class Collected extends Writable {
  text = ''
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

type Told = { out: string; err: string }

/** Runs a command as `millrace …` does; `typed` is what a person at a terminal answers. */
async function run(server: { url: string }, [name = '', ...args]: string[], typed?: string): Promise<Told> {
  const [stdout, stderr] = [new Collected(), new Collected()]
  const stdin: CommandSurroundings['stdin'] = Object.assign(Readable.from(typed === undefined ? [] : [`${typed}\n`]), {
    isTTY: typed !== undefined,
  })
  const clock = Object.assign(new FakeClock(), { sleep: () => Promise.resolve() })
  const surroundings: CommandSurroundings = { stdin, stdout, stderr, fetch, clock }
  const commands: Record<string, (surroundings: CommandSurroundings) => Command> = {
    entity: entityCommand,
    quarantine: quarantineCommand,
    schema: schemaCommand,
  }
  const command = commands[name]?.(surroundings)
  const quiet = (one: Command) => {
    one.exitOverride().configureOutput({ writeErr: () => {} })
    one.commands.forEach(quiet)
  }
  if (command) quiet(command)
  await command?.parseAsync([...args, '--url', server.url], { from: 'user' })
  return { out: stdout.text, err: stderr.text }
}

const ADA = {
  type: 'identify',
  userId: '42',
  anonymousId: 'phone',
  traits: { email: 'ada@acme.com', plan: 'trial', zip: '0150' },
  at: 0,
  id: 'm1',
} as const

async function serverWithAda(): Promise<ReadingServer> {
  const server = await openReadingServer()
  await server.send(ADA, { type: 'group', userId: '42', groupId: 'acme', traits: { name: 'Acme' }, at: 1 })
  return server
}

describe('entity show', () => {
  test('tells identifiers, traits and links with where they came from', async () => {
    const { out } = await run(await serverWithAda(), ['entity', 'show', 'user', 'ada@acme.com'])
    expect(out.replaceAll(/[0-9a-f]{24}/g, '<id>')).toBe(`User <id>
Created 2026-03-01 08:00:00 by web
Account Acme, acme, <id> (named by web, 2026-03-01 08:01:00)

identifier    value         source  since
────────────  ────────────  ──────  ───────────────────
external_id   42            web     2026-03-01 08:00:00
email         ada@acme.com  web     2026-03-01 08:00:00
anonymous_id  phone         web     2026-03-01 08:00:00

trait  value         type    source  when
─────  ────────────  ──────  ──────  ───────────────────
email  ada@acme.com  string  web     2026-03-01 08:00:00
plan   trial         string  web     2026-03-01 08:00:00
zip    "0150"        string  web     2026-03-01 08:00:00
`)
  })

  test('says what is not there', async () => {
    const server = await openReadingServer()
    await server.send({ type: 'page', anonymousId: 'a1' })
    const { out } = await run(server, ['entity', 'show', 'user', 'a1'])
    expect(out).toContain('No account\n')
    expect(out).toContain('No traits yet.')
    await expect(run(server, ['entity', 'show', 'user', 'b/2'])).rejects.toMatchObject({
      code: 'entity_unknown',
      message: 'There is no user "b/2".',
    })
    await expect(run(server, ['entity', 'show', 'person', 'a1'])).rejects.toThrow(/Allowed choices are user, account/)
  })

  test('gives programs the whole answer', async () => {
    const { out } = await run(await serverWithAda(), ['entity', 'show', 'account', 'acme', '--json'])
    expect(JSON.parse(out)).toMatchObject({ kind: 'account', traits: { name: { value: 'Acme', source: 'web' } } })
  })
})

describe('entity timeline', () => {
  test('has a line for each event, newest first, with what was refused below', async () => {
    const server = await serverWithAda()
    await server.file()
    await server.send(
      { userId: '42', name: 'Order Completed', properties: { total: 12.5, currency: 'EUR' }, source: 'shop', at: 60 * 24 },
      { type: 'identify', userId: '42', traits: { plan: 'paid', zip: { code: 1 }, seats: 5 }, at: 60 * 24 + 1 },
    )
    const { out } = await run(server, ['entity', 'timeline', 'user', '42'])
    expect(out.replaceAll(/[0-9a-f]{24}/g, '<id>'))
      .toBe(`2026-03-02 08:01:00  web   Attributes changed  plan: trial → paid · seats: – → 5
           08:01:00  web   identify            plan: paid · zip: {"code":1} · seats: 5
                                               ! trait zip: zip is a string; the object that came cannot become one without loss.
           08:00:00  shop  Order Completed     total: 12.5 · currency: EUR
2026-03-01 08:01:00  web   group               name: Acme
           08:00:00  web   identify            email: ada@acme.com · plan: trial · zip: "0150"
           08:00:00  web   User created        email: ada@acme.com · plan: trial · zip: "0150"
`)
  })

  test('goes over as many pages as it takes, and says when there is nothing', async () => {
    const server = await openReadingServer()
    await server.profiles.send(
      ...Array.from(
        { length: 1_100 },
        (_, i) =>
          ({
            id: `e${i}`,
            type: 'track',
            name: 'Tick',
            source: 'web',
            userId: '42',
            occurredAt: '2026-03-01T08:00:00.000Z',
            receivedAt: '2026-03-01T08:00:00.000Z',
          }) as const,
      ),
    )
    await server.send()
    const args = ['entity', 'timeline', 'user', '42', '--name', 'Tick', '--limit', '1050', '--json']
    const events = JSON.parse((await run(server, args)).out) as { event_id: string }[]
    expect(events.map(({ event_id: id }) => id)).toEqual(Array.from({ length: 1_050 }, (_, i) => `e${1_099 - i}`))
    expect((await run(server, ['entity', 'timeline', 'user', '42', '--type', 'page', 'screen', '--no-internal'])).out).toBe(
      'No events.\n',
    )
    await expect(run(server, ['entity', 'timeline', 'user', '42', '--since', 'now'])).rejects.toMatchObject({
      code: 'request_invalid',
    })
  })
})

test('entity merge and split show what they would do, do it, and undo it', async () => {
  const server = await serverWithAda()
  await server.send({ type: 'identify', anonymousId: 'laptop', traits: { plan: 'free', city: 'Oslo' }, at: 5 })
  const preview = (await run(server, ['entity', 'merge', 'user', 'laptop', '42', '--dry-run'])).out
  expect(preview).toMatch(/^Preview: [0-9a-f]{24} would take [0-9a-f]{24} in, since it has an external id\.\n/)
  expect(preview).toMatch(/plan +free +trial +free +web/)
  expect(preview).toContain('Of 1 trait both had a value; the newer counts.')
  expect((await run(server, ['entity', 'merge', 'user', 'laptop', '42'])).out).toMatch(/^Done: [0-9a-f]{24} takes /)
  const merged = (await run(server, ['entity', 'show', 'user', '42'])).out
  expect(merged).toMatch(/Made of 2 profiles:\n {2}2026-03-01 09:00:00 {2}[0-9a-f]{24} into [0-9a-f]{24}: by hand/)
  expect((await run(server, ['entity', 'split', 'user', 'laptop', '--dry-run'])).out).toMatch(
    /^Preview: [0-9a-f]{24} would be a profile of its own again\./,
  )
  expect((await run(server, ['entity', 'split', 'user', 'laptop'])).out).toMatch(
    /split off +[0-9a-f]{24} +anonymous_id:laptop +city, plan/,
  )
  expect((await run(server, ['entity', 'show', 'user', 'laptop'])).out).toMatch(/Split off by hand, kept apart: [0-9a-f]{24}/)
})

describe('entity erase', () => {
  const places = {
    state: { parts: 1, identifiers: 3, position: 9 },
    log: { entries: 1, events: 2, commands: 0, position: 9 },
    quarantine: { items: 0 },
    outputs: { events: 1, changes: 4 },
    lake: { fragments: 2, events: 1_200 },
    columns: { isDiscarded: true },
    suppression: { identifiers: 3 },
  }
  const endpoint = { summary: '', notes: [], response: z.json(), errors: [] }

  /** The endpoints of erasures as they answer: the work takes two looks, and meets a failure on its way. */
  function erasures(): { asked: unknown[]; routes: Route[] } {
    const asked: unknown[] = []
    let looks = 0
    const report = { id: 'e'.repeat(24), kind: 'user', isDryRun: false, state: 'resolving', requestedAt: '', places }
    const bodies = new BodyReader({ bodyBytesMax: 1_000, heldBytesMax: 1_000 })
    return {
      asked,
      routes: [
        {
          endpoint: { ...endpoint, methods: ['POST'], path: '/erasures' },
          handler: async (request, reply) => {
            asked.push(await readBody(request, bodies, z.json()))
            return await reply.code(202).send(report)
          },
        },
        {
          endpoint: { ...endpoint, methods: ['GET'], path: '/erasures/{id}' },
          handler: async () =>
            [
              { ...report, state: 'redacting-log' },
              { ...report, state: 'redacting-lake', failure: { code: 'lake_unavailable', message: 'The lake is away.' } },
              { ...report, state: 'done', finishedAt: '2026-03-01T10:00:00.000Z' },
            ][looks++],
        },
      ],
    }
  }

  test('asks first, follows the work, and prints the receipt', async () => {
    const { asked, routes } = erasures()
    const server = await openReadingServer({ routes })
    await server.send(ADA)
    await expect(run(server, ['entity', 'erase', 'user', '42'])).rejects.toMatchObject({
      code: 'usage_invalid',
      hint: 'Say --yes to go on without asking.',
    })
    await expect(run(server, ['entity', 'erase', 'user', '42'], 'no')).rejects.toMatchObject({ message: 'Nothing was changed.' })
    expect(asked).toEqual([])
    const { out, err } = await run(server, ['entity', 'erase', 'user', '42'], 'y')
    const { id } = JSON.parse((await run(server, ['entity', 'show', 'user', '42', '--json'])).out) as { id: string }
    expect(asked).toEqual([{ kind: 'user', id, dryRun: false }])
    expect(err).toContain('Forget the user 42 for good')
    expect(err).toContain('resolving …\nredacting log …\nThe lake is away. …\n')
    expect(out).toBe(`Erased 2026-03-01 10:00:00, receipt ${'e'.repeat(24)}

place        what
───────────  ───────────────────────────
state        1 profile, 3 identifiers
log          2 events in 1 entry
quarantine   0 items
outputs      1 event, 4 changes
lake         1,200 events in 2 fragments
columns      made anew
suppression  3 identifiers kept out
`)
  })

  test('takes an identifier of somebody without a profile, and asks nobody when told so', async () => {
    const { asked, routes } = erasures()
    const server = await openReadingServer({ routes })
    await run(server, ['entity', 'erase', 'user', 'email:gone@example.com', '--yes', '--json'])
    expect(asked).toEqual([{ kind: 'user', identifier: { kind: 'email', value: 'gone@example.com' }, dryRun: false }])
    await expect(run(server, ['entity', 'erase', 'user', 'gone', '--yes'])).rejects.toMatchObject({ code: 'entity_unknown' })
  })
})

test('the quarantine is looked through, mended and emptied', async () => {
  const server = await openReadingServer()
  expect((await run(server, ['quarantine', 'list'])).out).toBe('Nothing is set aside.\n')
  await server.track({ type: 'track', userId: '42', messageId: 'q1' }, { type: 'track', userId: '42', messageId: 'q2' })
  const list = (await run(server, ['quarantine', 'list', '--source', 'web'])).out
  const [q2 = '', q1 = ''] = [...list.matchAll(/^[0-9a-f]{24}/gm)].map(([id]) => id)
  expect(list).toMatch(/id +received +source +code +message\n/)
  expect((await run(server, ['quarantine', 'list', '--limit', '1'])).out).toContain('There are more')
  const shown = (await run(server, ['quarantine', 'show', q1])).out
  expect(shown).toContain(`Item ${q1} from web, 2026-03-01 09:00:00\n\nevent_name_missing: `)
  expect(shown).toContain(`millrace quarantine replay ${q1} --patch '{"event":"…"}'`)
  expect(shown).toContain('  "messageId": "q1"')
  await expect(run(server, ['quarantine', 'replay', q1])).rejects.toMatchObject({ code: 'event_name_missing' })
  expect((await run(server, ['quarantine', 'replay', q1, '--patch', '{"event":"Mended"}'])).out).toBe('Replayed as event q1.\n')
  expect((await run(server, ['quarantine', 'replay', '--all'])).out).toContain('Replayed 0 items; 1 cannot be an event as it is.')
  expect((await run(server, ['quarantine', 'discard', q2])).out).toBe(`Discarded ${q2}.\n`)
  await expect(run(server, ['quarantine', 'show', q2])).rejects.toMatchObject({ code: 'quarantine_item_unknown' })
})

test.each([
  [['quarantine', 'replay'], /Name an item, or say --all\./],
  [['quarantine', 'replay', 'x', '--all'], /not both/],
  [['quarantine', 'replay', 'x', '--patch', '{}', '--replacement', '{}'], /not both/],
  [['quarantine', 'replay', 'x', '--patch', '{'], /It must be JSON/],
  [['quarantine', 'list', '--limit', '0'], /whole number/],
  [['entity', 'timeline', 'user', '42', '--limit', 'all'], /whole number/],
])('%j is refused before anything is asked', async (args, message) => {
  await expect(run({ url: 'http://127.0.0.1:1' }, args)).rejects.toThrow(message)
})

test('the schema is a table', async () => {
  const server = await openReadingServer()
  expect((await run(server, ['schema', 'traits'])).out).toBe('No trait has come yet.\n')
  expect((await run(server, ['schema', 'events'])).out).toBe('No event has come yet.\n')
  await server.send(ADA, { userId: '42', name: 'Order Completed', properties: { total: 12.5, currency: 'EUR' } })
  expect((await run(server, ['schema', 'traits'])).out).toMatch(/^user +plan +string +1 +0 +0 +web +2026-03-01 08:00:00$/m)
  expect((await run(server, ['schema', 'events'])).out).toMatch(
    /^track +Order Completed +1 +web +\S+ \S+ +currency: string, total: number$/m,
  )
})

test('a wrong address is told from a server that does not answer', async () => {
  await expect(run({ url: 'nowhere' }, ['schema', 'traits'])).rejects.toMatchObject({ code: 'usage_invalid' })
  await expect(run({ url: 'http://127.0.0.1:1' }, ['schema', 'traits'])).rejects.toMatchObject({ code: 'server_unreachable' })
})
