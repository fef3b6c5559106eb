import { describe, expect, test } from 'vitest'
import { all, trait } from '../engine/segments/reading/segment-world.fixture.ts'
import { openSegmentServer, PEOPLE, type SegmentServer } from '../http/segments/segment-server.fixture.ts'
import { fileOf, filling, MANUAL, PRO, run, withoutIds } from './segment-commands.fixture.ts'

describe('segments', () => {
  test('are created from a file, listed, shown and deleted', async () => {
    const server = await openSegmentServer()
    expect((await run(server, ['segment', 'list'])).out).toBe('There are no segments.\n')
    const yaml = fileOf(
      'pro.yaml',
      'name: Pro\npredicate: {type: all, predicates: [{property: {key: plan}, operator: is_set}]}\n',
    )
    expect((await run(server, ['segment', 'create', 'pro', yaml])).out).toBe('Created pro: 0 users, live.\n')
    expect((await run(server, ['segment', 'create', 'pro', yaml])).out).toBe('Nothing to do for pro: 0 users, live.\n')
    const odd = all(trait('plna', 'is_set'))
    const { out } = await run(server, ['segment', 'create', 'odd', '-'], { piped: JSON.stringify(odd) })
    expect(out).toMatch(/^Created odd: .*\n! \/predicate\/predicates\/0\/property\/key: .*Did you mean "plan"/)
    await server.world.define('vip', { ...MANUAL, kind: 'account' }, { owner: 'catalog', members: 1_234 })
    expect((await run(server, ['segment', 'list'])).out).toBe(`id   name       kind             members  state  owner    updated
───  ─────────  ───────────────  ───────  ─────  ───────  ───────────────────
odd  All of it  user                   0  live   api      2026-03-05 00:00:00
pro  Pro        user                   0  live   api      2026-03-05 00:00:00
vip  By hand    account, manual     1234  live   catalog  2026-03-05 00:00:00
`)
    const shown = (await run(server, ['segment', 'show', 'pro'])).out
    expect(shown).toContain('Segment pro: Pro\n0 users, live\nDefined 2026-03-05 00:00:00 by the API, changed ')
    expect(shown).toContain('"operator": "is_set"')
    expect((await run(server, ['segment', 'show', 'vip'])).out).toContain(
      '1,234 accounts, live\nDefined 2026-03-05 00:00:00 by the catalog',
    )
    expect(JSON.parse((await run(server, ['segment', 'show', 'vip', '--json'])).out)).toMatchObject({ id: 'vip', isManual: true })
    await expect(run(server, ['segment', 'delete', 'odd'])).rejects.toMatchObject({ hint: 'Say --yes to go on without asking.' })
    await expect(run(server, ['segment', 'delete', 'odd'], { typed: 'n' })).rejects.toMatchObject({
      message: 'Nothing was changed.',
    })
    expect((await run(server, ['segment', 'delete', 'odd'], { typed: 'y' })).out).toBe('Deleted odd.\n')
    expect((await run(server, ['segment', 'delete', 'pro', '--yes'])).out).toBe('Deleted pro.\n')
    await expect(run(server, ['segment', 'delete', 'vip', '--yes'])).rejects.toMatchObject({ code: 'segment_of_catalog' })
  })

  test('that are none are refused with every problem and its place', async () => {
    const server = await openSegmentServer()
    const bad = fileOf('bad.json', all(trait('plan', 'equalz', 'pro')))
    for (const args of [
      ['create', 'bad', bad],
      ['preview', bad],
    ]) {
      await expect(run(server, ['segment', ...args])).rejects.toMatchObject({
        code: 'segment_invalid',
        message: expect.stringMatching(
          /^The document is no segment: one problem\.\n {2}\/predicate\/predicates\/0\/operator: /,
        ) as string,
      })
    }
    await expect(run(server, ['segment', 'preview', fileOf('x.yaml', 'a: [')])).rejects.toMatchObject({ code: 'usage_invalid' })
    await expect(run(server, ['segment', 'preview', 'nowhere.json'])).rejects.toMatchObject({ code: 'usage_invalid' })
  })
})

test('a preview shows a funnel, each condition, and some of those who match', async () => {
  const ids: string[] = []
  const server = await openSegmentServer({
    queries: {
      preview: async () => {
        const [first, second] = ['/predicate/predicates/0', '/predicate/predicates/1'].map((at, i) => ({
          at,
          count: 5_000 - i * 3_766,
        }))
        const conditions = [{ at: '/predicate', count: 1_234 }, first, second].filter((one) => one !== undefined)
        const funnel = conditions.slice(1)
        return await Promise.resolve({ asOf: 9, entities: 10_000, count: 1_234, sample: ids, conditions, funnel })
      },
    },
  })
  ids.push(await server.world.idOf('user', 'ada'))
  const { out } = await run(server, ['segment', 'preview', fileOf('pro.json', PRO)])
  expect(withoutIds(out)).toBe(`All of it: 1,234 of 10,000 users (12 %)

all users                            10,000  ████████████████████████████████████████
plan equals "pro"                     5,000  ████████████████████
created_at is less than 30 days ago   1,234  █████

Each condition by itself:
count  condition                            at
─────  ───────────────────────────────────  ───────────────────────
 1234  all of                               /predicate
 5000  plan equals "pro"                    /predicate/predicates/0
 1234  created_at is less than 30 days ago  /predicate/predicates/1

id                        identifier          name
────────────────────────  ──────────────────  ────
<id>  email:ada@acme.com  Ada
`)
})

test('an explanation marks each condition, with what was found and when it flips', async () => {
  const orders = { property: { key: 'event' }, operator: 'is_at_least', options: { eventName: 'Order', count: 1 } }
  const server = await openSegmentServer({
    people: [...PEOPLE, { type: 'track', name: 'Order', userId: 'ada', at: 60, properties: { total: 12.5 } }],
  })
  await server.world.define('pro', {
    ...all(...PRO.predicate.predicates, { type: 'any', predicates: [orders, trait('seats', 'is_set')] }),
    name: 'Pro',
  })
  await server.world.enter('user', 'ada', { pro: '2026-03-01T09:00:00.000Z' })
  expect((await run(server, ['segment', 'explain', 'pro', 'ada'])).out)
    .toBe(`Ada (email:ada@acme.com) is in "Pro" since 2026-03-01 09:00:00.
If nothing happens, that may change at 2026-03-31 08:00:00 (in 20 days).

✓ all of
  ✓ plan equals "pro" — "pro", set by web at 2026-03-01 08:00:00
  ✓ created_at is less than 30 days ago — "2026-03-01T08:00:00.000Z", set by web at 2026-03-01 08:00:00; flips at 2026-03-31 08:00:00 (in 20 days)
  ✓ any of
    ✓ "Order", at least once — 1 time, since 2026-03-01 09:00:00
        2026-03-01 09:00:00  web  Order  total: 12.5
    ✗ seats is set — not set
`)
  const bob = (await run(server, ['segment', 'explain', 'pro', 'email:bob@acme.com'])).out
  expect(bob).toContain('email:bob@acme.com is not in "Pro".\n')
  expect(bob).toContain('✗ plan equals "pro" — "trial", set by web at 2026-03-01 08:01:00\n')
  expect(bob).toContain('✗ "Order", at least once — never\n')
  expect(JSON.parse((await run(server, ['segment', 'explain', 'pro', 'ada', '--json'])).out)).toMatchObject({ isMember: true })
})

function neverDid(options: object) {
  return { property: { key: 'event' }, operator: 'zero_times', options }
}

test('an explanation tells what was never from what only was at another time', async () => {
  const server = await openSegmentServer({
    people: [
      ...PEOPLE,
      { type: 'track', name: 'Order', userId: 'bob', at: 60 },
      { type: 'track', name: 'Renewal', userId: 'bob', at: 60 * 24 * 30 },
    ],
  })
  await server.world.define('vip', MANUAL)
  await server.world.define(
    'quiet',
    all(
      neverDid({ eventName: 'Order', timeframe: 'less_than', days: 7 }),
      neverDid({ eventName: 'Refund', timeframe: 'less_than', days: 7 }),
      neverDid({ eventName: 'Renewal' }),
      trait('segment', 'is_not_member', 'vip'),
      trait('account.tier', 'is_not_set'),
    ),
  )
  const { out } = await run(server, ['segment', 'explain', 'quiet', 'bob'])
  expect(out.trimEnd().split('\n').slice(-5)).toEqual([
    '  ✓ "Order", not once, less than 7 days ago — none in that time, since 2026-03-08 09:00:00; the last was at 2026-03-01 09:00:00',
    '  ✓ "Refund", not once, less than 7 days ago — never',
    '  ✓ "Renewal", never — not yet; flips at 2026-03-31 08:00:00 (in 20 days)',
    '  ✓ is not in "vip" — not a member',
    '  ✓ account.tier is not set — no account',
  ])
})

test('an explanation says that a segment is not final yet, and that the rule says otherwise', async () => {
  const server = await openSegmentServer()
  await server.world.define('pro', PRO, { filling: filling(2) })
  const { out } = await run(server, ['segment', 'explain', 'pro', 'ada'])
  expect(out).toMatch(/^Ada \(.*\) is not in "All of it"\.\nThe rule matches\.\n/)
  expect(out).toContain('The segment is filling (members, 2 of 4): who is in it is not final.\n')
  await server.world.define('vip', MANUAL)
  expect((await run(server, ['segment', 'explain', 'vip', 'ada'])).out).toBe(
    'Ada (email:ada@acme.com) is not in "By hand".\nIts members are added and removed by hand.\n',
  )
})

describe('members', () => {
  test('are added and removed one by one, and listed', async () => {
    const ids: string[] = []
    const server = await openSegmentServer({ queries: { members: async () => await Promise.resolve(ids) } })
    await server.world.define('vip', MANUAL)
    ids.push(await server.world.idOf('user', 'ada'))
    expect((await run(server, ['segment', 'members', 'vip'])).out).toBe('No members.\n')
    expect((await run(server, ['segment', 'add', 'vip', 'ada', 'email:bob@acme.com'])).out).toBe(
      'Done: 2 entities added to vip.\n',
    )
    expect(withoutIds((await run(server, ['segment', 'members', 'vip'])).out)).toMatch(
      /^<id> +email:ada@acme.com +Ada +2026-03-10 12:00:00$/m,
    )
    expect((await run(server, ['segment', 'remove', 'vip', 'bob'])).out).toBe('Done: 1 entity removed from vip.\n')
    await expect(run(server, ['segment', 'add', 'vip'])).rejects.toMatchObject({ code: 'usage_invalid' })
    await expect(run(server, ['segment', 'members', 'vip', '--limit', '0'])).rejects.toThrow(/whole number/)
  })

  test.each<[string, string, string[]]>([
    ['people.csv', 'name,email\nAda,ADA@acme.com\n"Bob, B.",bob@acme.com\n', []],
    ['people.tsv', 'who\tx\nada\t1\nbob\t2\n', []],
    ['people.csv', 'x,who\n1,ada\n2,bob\n', ['--column', 'who']],
    ['people.ndjson', '{"email":"ada@acme.com"}\n"bob"\n', []],
    ['people.txt', 'ada\n\n  bob\r\n', []],
    ['people.ndjson', '{"x":"ada"}\n{"x":"bob"}\n', ['--column', 'x']],
  ])('come from the file %s (%j)', async (name, content, args) => {
    const server = await openSegmentServer()
    const { world } = server
    await world.define('vip', MANUAL)
    const { out } = await run(server, ['segment', 'add', 'vip', '--file', fileOf(name, content), ...args])
    expect(out).toBe('Done: 2 entities added to vip.\n')
    expect(world.sent).toMatchObject([{ add: [await world.idOf('user', 'ada'), await world.idOf('user', 'bob')] }])
  })

  test('of a long file go in several requests; who is not known is told by its line, the others are done', async () => {
    const server = await openSegmentServer()
    await server.world.define('vip', MANUAL)
    const lines = Array.from({ length: 10_001 }, (_, i) => (i === 10_000 ? 'nobody' : i % 2 === 0 ? 'ada' : 'bob'))
    const adding = run(server, ['segment', 'add', 'vip', '--file', '-'], { piped: lines.join('\n') })
    await expect(adding).rejects.toMatchObject({
      code: 'entity_unknown',
      message: '1 of 10,001 is not known:\n  line 10001: nobody',
    })
    expect(server.world.sent).toMatchObject([{ kind: 'change-members', segment: 'vip' }])
  })

  test('of a column for one kind of identifier are looked for by that kind alone', async () => {
    const server = await openSegmentServer()
    await server.world.define('vip', MANUAL)
    const adding = run(server, ['segment', 'add', 'vip', '--file', fileOf('people.csv', 'anonymous_id\nada\n')])
    await expect(adding).rejects.toMatchObject({ message: expect.stringContaining('line 2: anonymous_id:ada') as string })
  })

  test.each<[string, string, RegExp]>([
    ['people.csv', 'a,b\n1,2\n', /has no column "c"/],
    ['people.ndjson', '{"a":1}\n', /line 1: nothing tells who is meant/],
    ['people.ndjson', '{"a"\n', /line 1: this is no JSON/],
  ])('of a file that does not say who are refused: %s %j', async (name, content, message) => {
    const server = await openSegmentServer()
    const args = name.endsWith('.csv') ? ['--column', 'c'] : []
    await expect(run(server, ['segment', 'add', 'vip', '--file', fileOf(name, content), ...args])).rejects.toThrow(message)
  })
})

describe('the segments of a catalog', () => {
  const catalog = `segments:
  pro: { name: Pro, predicate: { type: all, predicates: [{ property: { key: plan }, operator: equals, options: { value: pro } }] } }
  vip: { name: By hand, manual: true }
`

  async function serverWithCatalog(): Promise<SegmentServer & { path: string }> {
    const ids: string[] = []
    const server = await openSegmentServer({
      queries: {
        compare: async () =>
          await Promise.resolve({ asOf: 9, entering: { count: 2, sample: ids }, leaving: { count: 0, sample: [] }, count: 2 }),
        members: async () => await Promise.resolve([]),
      },
    })
    ids.push(await server.world.idOf('user', 'ada'))
    await server.world.define('gone', MANUAL, { owner: 'catalog', members: 12 })
    await server.world.define('vip', MANUAL, { owner: 'catalog' })
    return { ...server, path: fileOf('millrace.yaml', catalog) }
  }

  const PLAN = `+ pro   created    2 users would enter
    entering: Ada (email:ada@acme.com), …
- gone  deleted    12 users would leave; 12 members now
1 segment unchanged.
`

  test('are planned without being changed', async () => {
    const server = await serverWithCatalog()
    expect((await run(server, ['plan', '--catalog', server.path])).out).toBe(PLAN)
    const { out } = await run(server, ['plan', '--catalog', server.path, '--json'])
    expect(JSON.parse(out)).toMatchObject({ segments: [{ id: 'pro' }, { id: 'vip' }, { id: 'gone' }] })
    expect(server.world.sent).toEqual([])
    await expect(run(server, ['plan', '--catalog', fileOf('millrace.yaml', 'segments: {a: {}}')])).rejects.toMatchObject({
      code: 'catalog_invalid',
    })
  })

  test('show who follows a segment that changes', async () => {
    const server = await serverWithCatalog()
    const member = { property: { key: 'segment' }, operator: 'is_member', options: { value: 'pro' } }
    await server.world.define('pro', all(trait('plan', 'is_set')), { owner: 'catalog' })
    await server.world.define('mine', { predicate: { type: 'all', predicates: [member] } })
    const { out } = await run(server, ['plan', '--catalog', server.path])
    expect(out).toContain('~ pro   changed    2 users would enter\n')
    expect(out).toContain('  mine  follows    2 users would enter\n')
    expect(out).toContain('\n1 segment unchanged.\n')
  })

  test('are applied after a yes, and then there is nothing to do', async () => {
    const server = await serverWithCatalog()
    const args = ['apply', '--catalog', server.path]
    await expect(run(server, args)).rejects.toMatchObject({ code: 'usage_invalid', hint: 'Say --yes to go on without asking.' })
    await expect(run(server, args, { typed: 'no' })).rejects.toMatchObject({ message: 'Nothing was changed.' })
    expect(server.world.sent).toEqual([])
    const { out, err } = await run(server, args, { typed: 'yes' })
    expect(err).toContain(`${PLAN}Apply this? [y/N] `)
    expect(out).toBe('Done:\n+ pro created\n- gone deleted\n')
    expect(server.world.sent).toMatchObject([{ definition: { id: 'pro', timeZone: 'UTC' } }, { segment: 'gone' }])
    const again = await run(server, args)
    expect(again).toEqual({ out: 'Nothing to do.\n', err: 'Nothing to do.\n2 segments unchanged.\n' })
    expect((await run(server, ['plan', '--catalog', server.path])).out).toBe('Nothing to do.\n2 segments unchanged.\n')
  })

  test('are waited for until history has been looked at', async () => {
    const server = await serverWithCatalog()
    const { world } = server
    await world.define('vip', MANUAL, { owner: 'catalog', filling: filling(1) })
    let looks = 0
    const slept = async () => {
      looks++
      const further = looks < 3 ? { filling: filling(Math.min(looks, 2)) } : { members: 1_000 }
      await world.define('vip', MANUAL, { owner: 'catalog', ...further })
    }
    const { out, err } = await run(server, ['apply', '--catalog', server.path, '--yes', '--wait'], { slept })
    expect(err).toBe('pro: live, 0 members\nvip: members, 1 of 4\nvip: members, 2 of 4\nvip: live, 1,000 members\n')
    expect(out).toContain('Done:\n+ pro created\n')
  })
})
