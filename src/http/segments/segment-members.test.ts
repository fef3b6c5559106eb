import { describe, expect, test } from 'vitest'
import { MillraceError } from '../../base/errors.ts'
import { all, trait } from '../../engine/segments/reading/segment-world.fixture.ts'
import { MEMBERSHIP_ENDPOINTS, SEGMENT_ENDPOINTS } from './segment-endpoints.ts'
import { ask, expectPromised, openSegmentServer } from './segment-server.fixture.ts'

const PRO = all(trait('plan', 'equals', 'pro'))
const MANUAL = { name: 'By hand', manual: true }

describe('members', () => {
  test('of manual segments are added and removed, and unknown ones are told by their index', async () => {
    const server = await openSegmentServer()
    const { world } = server
    await world.define('vip', MANUAL)
    const [ada, bob] = [await world.idOf('user', 'ada'), await world.idOf('user', 'bob')]
    const added = await ask(server, '/segments/vip/members', {
      body: { add: ['ada', 'nobody', 'email:ada@acme.com', 'email:x'], remove: ['bob', 'y'] },
    })
    expectPromised(SEGMENT_ENDPOINTS.changeMembers, added)
    expect(added.answer).toEqual({
      added: 1,
      removed: 1,
      unknown: [
        { list: 'add', index: 1, ref: 'nobody' },
        { list: 'add', index: 3, ref: 'email:x' },
        { list: 'remove', index: 1, ref: 'y' },
      ],
      position: 1,
      isApplied: true,
    })
    expect(world.sent).toMatchObject([{ kind: 'change-members', segment: 'vip', add: [ada], remove: [bob] }])
    const memberships = await ask(server, '/users/ada/segments')
    expectPromised(MEMBERSHIP_ENDPOINTS.user, memberships)
    expect(memberships.answer).toMatchObject({ entity: { id: ada, name: 'Ada' }, segments: [{ id: 'vip', name: 'By hand' }] })
    const none = await ask(server, '/accounts/acme/segments')
    expectPromised(MEMBERSHIP_ENDPOINTS.account, none)
    expect(none.answer).toMatchObject({ entity: { identifier: 'external_id:acme', name: 'Acme' }, segments: [] })
    const idle = await ask(server, '/segments/vip/members', { body: { add: ['nobody'] } })
    expect(idle.answer).toMatchObject({ added: 0, position: null, isApplied: true })
  })

  test('cannot be changed where a rule says who is in, nor in contradiction, nor too many at once', async () => {
    const server = await openSegmentServer()
    await server.world.define('vip', MANUAL)
    await server.world.define('pro', PRO)
    await server.world.define('old', MANUAL, { isDeleting: true })
    const change = async (id: string, body: unknown) => await ask(server, `/segments/${id}/members`, { body })
    for (const id of ['pro', 'old'])
      expect(await change(id, { add: ['ada'] })).toMatchObject({ status: 409, answer: { code: 'segment_not_manual' } })
    expect(await change('vip', { add: ['bob', 'ada'], remove: ['email:ada@acme.com'] })).toMatchObject({
      status: 400,
      answer: { code: 'request_invalid', detail: expect.stringContaining('"ada" (add, index 1)') as string },
    })
    const many = Array<string>(6_000).fill('ada')
    for (const body of [{ add: many, remove: many }, { add: 'ada' }, { add: [1] }, { append: [] }, []])
      expect(await change('vip', body)).toMatchObject({ status: 400, answer: { code: 'body_invalid' } })
    expect(await change('none', { add: ['ada'] })).toMatchObject({ status: 404 })
    expect(server.world.sent).toEqual([])
  })

  test('are listed page by page; those who left meanwhile are not', async () => {
    const asked: unknown[] = []
    const ids: string[] = []
    const server = await openSegmentServer({
      queries: {
        members: async ({ id, kind }, { after, limit }) => {
          asked.push([id, kind, after])
          return await Promise.resolve(ids.filter((one) => after === undefined || one > after).slice(0, limit))
        },
      },
    })
    const { world } = server
    await world.define('vip', MANUAL)
    ids.push(...[await world.idOf('user', 'ada'), await world.idOf('user', 'bob'), 'f'.repeat(24)].toSorted())
    await world.enter('user', 'ada', { vip: '2026-03-02T00:00:00.000Z' })
    const page = await ask(server, '/segments/vip/members?limit=2')
    expectPromised(SEGMENT_ENDPOINTS.segmentMembers, page)
    expect(page.answer).toMatchObject({
      members: [
        { id: await world.idOf('user', 'ada'), identifier: 'email:ada@acme.com', name: 'Ada', since: '2026-03-02T00:00:00.000Z' },
      ],
      nextCursor: expect.any(String) as string,
    })
    const last = await ask(server, `/segments/vip/members?limit=2&cursor=${page.answer.nextCursor}`)
    expect(last.answer).toEqual({ members: [], nextCursor: null })
    expect(asked).toEqual([
      ['vip', 'user', undefined],
      ['vip', 'user', ids[1]],
    ])
    for (const query of ['limit=0', 'limit=1001', 'cursor=abc', 'size=3'])
      expect(await ask(server, `/segments/vip/members?${query}`)).toMatchObject({
        status: 400,
        answer: { code: 'request_invalid' },
      })
  })
})

describe('looking', () => {
  test('an explanation has the tree with what was found', async () => {
    const server = await openSegmentServer()
    await server.world.define(
      'pro',
      all(trait('plan', 'equals', 'pro'), { type: 'any', predicates: [trait('created_at', 'is_less_than', 30)] }),
    )
    await server.world.enter('user', 'ada', { pro: '2026-03-01T09:00:00.000Z' })
    const explained = await ask(server, '/segments/pro/explanation?entity=email%3Aada%40acme.com')
    expectPromised(SEGMENT_ENDPOINTS.explainSegment, explained)
    expect(explained.answer).toMatchObject({
      isMember: true,
      since: '2026-03-01T09:00:00.000Z',
      until: '2026-03-31T08:00:00.000Z',
      tree: { is: 'all', of: [{ value: 'pro', write: { source: 'web' } }, { is: 'any' }] },
    })
    expect(await ask(server, '/segments/pro/explanation')).toMatchObject({ status: 400, answer: { code: 'request_invalid' } })
    expect(await ask(server, '/segments/pro/explanation?entity=x')).toMatchObject({
      status: 404,
      answer: { code: 'entity_unknown' },
    })
  })

  test('a preview counts without saving', async () => {
    const names: string[] = []
    const ids: string[] = []
    const server = await openSegmentServer({
      queries: {
        preview: async ({ name }) => {
          names.push(name)
          const conditions = [
            { at: '/predicate', count: 2 },
            { at: '/predicate/predicates/0', count: 3 },
          ]
          return await Promise.resolve({ asOf: 9, entities: 4, count: 2, sample: ids, conditions, funnel: conditions.slice(1) })
        },
      },
    })
    ids.push(await server.world.idOf('user', 'bob'), 'f'.repeat(24))
    const preview = await ask(server, '/segments/preview', { body: PRO })
    expectPromised(SEGMENT_ENDPOINTS.previewSegment, preview)
    expect(preview.answer).toEqual({
      name: 'All of it',
      kind: 'user',
      asOf: 9,
      entities: 4,
      count: 2,
      sample: [{ id: ids[0], identifier: 'email:bob@acme.com', name: null }],
      conditions: [
        { at: '/predicate', text: 'all of', count: 2 },
        { at: '/predicate/predicates/0', text: 'plan equals "pro"', count: 3 },
      ],
      funnel: [{ at: '/predicate/predicates/0', text: 'plan equals "pro"', count: 3 }],
      warnings: [],
    })
    expect(names).toEqual(['All of it'])
    expect(await ask(server, '/segments/preview', { body: MANUAL })).toMatchObject({
      status: 422,
      answer: { problems: [{ pointer: '/manual' }] },
    })
    expect(await ask(server, '/segments/preview', { body: all() })).toMatchObject({
      status: 422,
      answer: { code: 'segment_invalid' },
    })
    expect(server.world.sent).toEqual([])
  })

  test('a lake that is away is told as such', async () => {
    const server = await openSegmentServer({
      queries: { preview: () => Promise.reject(new MillraceError('lake_unavailable', 'The lake is away.', { retryable: true })) },
    })
    expect(await ask(server, '/segments/preview', { body: PRO })).toMatchObject({
      status: 503,
      answer: { code: 'lake_unavailable' },
    })
  })
})
