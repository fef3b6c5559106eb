import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { all, trait } from '../../engine/segments/reading/segment-world.fixture.ts'
import { SEGMENT_ENDPOINTS } from './segment-endpoints.ts'
import { ADMIN_KEY, ask, expectPromised, openSegmentServer, READING_KEY } from './segment-server.fixture.ts'

const PRO = all(trait('plan', 'equals', 'pro'))
const MANUAL = { name: 'By hand', manual: true }

describe('defining', () => {
  test('makes a segment, changes it, and leaves alone what is so already', async () => {
    const server = await openSegmentServer()
    const created = await ask(server, '/segments/pro', { method: 'PUT', body: PRO })
    expectPromised(SEGMENT_ENDPOINTS.defineSegment, created)
    expect(created.answer).toMatchObject({
      change: 'created',
      segment: { id: 'pro', name: 'All of it', owner: 'api', document: PRO, type: 'users_segment' },
      warnings: [],
      position: 1,
      isApplied: true,
    })
    expect(created.answer).not.toHaveProperty('kind')
    const same = await ask(server, '/segments/pro', { body: PRO })
    expect(same.answer).toMatchObject({ change: 'unchanged', position: null, isApplied: true, segment: { id: 'pro' } })
    const changed = await ask(server, '/segments/pro', { body: { ...PRO, name: 'Pro' } })
    expect(changed.answer).toMatchObject({ change: 'changed', segment: { name: 'Pro' }, position: 2 })
    expect(server.world.sent).toMatchObject([
      { kind: 'define-segment', owner: 'api', at: '2026-03-10T12:00:00.000Z', definition: { id: 'pro', kind: 'user' } },
      { kind: 'define-segment', definition: { name: 'Pro' } },
    ])
    const list = await ask(server, '/segments')
    expectPromised(SEGMENT_ENDPOINTS.segments, list)
    expectPromised(SEGMENT_ENDPOINTS.segment, await ask(server, '/segments/pro'))
    expect(await ask(server, '/segments/prp')).toMatchObject({ status: 404, answer: { code: 'segment_unknown' } })
  })

  test('refuses what is no segment, with all that is wrong and where', async () => {
    const server = await openSegmentServer()
    const body = { ...all(trait('plan', 'equalz', 'pro'), trait('email', 'is_set'), trait('plan', 'contains')), colour: 1 }
    const { status, answer, type } = await ask(server, '/segments/pro', { body })
    expect({ status, type }).toEqual({ status: 422, type: 'application/problem+json; charset=utf-8' })
    expect(answer).toMatchObject({ code: 'segment_invalid', status: 422, title: expect.any(String) as string })
    expect(answer.problems.map(({ pointer }) => pointer)).toEqual(
      expect.arrayContaining(['/colour', '/predicate/predicates/0/operator', '/predicate/predicates/2/options/value']),
    )
    expect(answer.problems.every(({ message, isWarning }) => message.length > 0 && !isWarning)).toBe(true)
    for (const { pointer, message } of answer.problems) expect(answer.detail).toContain(`  ${pointer}: ${message}`)
    expect(server.world.sent).toEqual([])
  })

  test.each(['', '[]', '"x"', '{'])('refuses the body %s', async (body) => {
    const { status } = await ask(await openSegmentServer(), '/segments/pro', { method: 'PUT', body })
    expect([400, 422]).toContain(status)
  })

  test('warns of what may come later, and defines it', async () => {
    const server = await openSegmentServer()
    const { answer } = await ask(server, '/segments/pro', { body: all(trait('plna', 'equals', 'pro')) })
    expect(answer).toMatchObject({
      change: 'created',
      warnings: [
        { pointer: '/predicate/predicates/0/property/key', isWarning: true, hint: expect.stringContaining('"plan"') as string },
      ],
    })
  })

  test('refuses circles, other kinds, and segments of the catalog', async () => {
    const server = await openSegmentServer()
    await server.world.define('a', MANUAL)
    await server.world.define('b', all(trait('segment', 'is_member', 'a')))
    await server.world.define('c', MANUAL, { owner: 'catalog' })
    const circle = await ask(server, '/segments/a', { body: all(trait('segment', 'is_member', 'b')) })
    expect(circle).toMatchObject({
      status: 422,
      answer: { problems: [{ message: expect.stringContaining('"a" → "b" → "a"') as string }] },
    })
    const kind = await ask(server, '/segments/a', { body: { ...MANUAL, kind: 'account' } })
    expect(kind).toMatchObject({ status: 422, answer: { problems: [{ pointer: '/kind' }] } })
    const owned = await ask(server, '/segments/c', { body: { ...MANUAL, name: 'C' } })
    expect(owned).toMatchObject({
      status: 409,
      answer: { code: 'segment_of_catalog', hint: expect.stringContaining('millrace plan') as string },
    })
    expect(server.world.sent).toEqual([])
  })

  test('says so when it is on the log and not applied yet', async () => {
    const server = await openSegmentServer()
    server.world.isApplying = false
    const { clock } = server.world
    const { sleeping } = clock
    const answer = ask(server, '/segments/pro', { body: PRO })
    while (clock.sleeping === sleeping) await setImmediate()
    clock.advance(10_000)
    expect((await answer).answer).toMatchObject({ change: 'created', segment: null, position: 1, isApplied: false })
  })

  test('ends at so many segments', async () => {
    const server = await openSegmentServer()
    const { definition, ...rest } = await server.world.define('a', MANUAL)
    const further = Array.from({ length: 1_999 }, (_, i) => ({ ...rest, definition: { ...definition, id: `s${i}` } }))
    await server.world.put(
      ...further.map((state) => ({ space: 'segment', key: state.definition.id, value: JSON.stringify(state) })),
    )
    expect(await ask(server, '/segments/pro', { body: PRO })).toMatchObject({ status: 409, answer: { code: 'segment_limit' } })
    expect(await ask(server, '/segments/a', { body: { ...MANUAL, name: 'A' } })).toMatchObject({ status: 200 })
  })
})

describe('deleting', () => {
  test('is refused while others refer to it, and for segments of the catalog', async () => {
    const server = await openSegmentServer()
    const { world } = server
    await world.define('a', MANUAL)
    await world.define('b', all(trait('segment', 'is_member', 'a')))
    await world.define('c', MANUAL, { owner: 'catalog' })
    expect(await ask(server, '/segments/a', { method: 'DELETE' })).toMatchObject({
      status: 409,
      answer: { code: 'segment_in_use', detail: 'The segment "a" cannot be deleted: "b" refers to it.' },
    })
    expect(await ask(server, '/segments/c', { method: 'DELETE' })).toMatchObject({
      status: 409,
      answer: { code: 'segment_of_catalog' },
    })
    expect(await ask(server, '/segments/d', { method: 'DELETE' })).toMatchObject({
      status: 404,
      answer: { code: 'segment_unknown' },
    })
    const deleted = await ask(server, '/segments/b', { method: 'DELETE' })
    expectPromised(SEGMENT_ENDPOINTS.deleteSegment, deleted)
    expect(deleted.answer).toEqual({ position: 1, isApplied: true })
    expect((await ask(server, '/segments/a', { method: 'DELETE' })).status).toBe(200)
    expect(world.sent).toMatchObject([
      { kind: 'delete-segment', segment: 'b' },
      { kind: 'delete-segment', segment: 'a' },
    ])
  })

  test('once more does nothing', async () => {
    const server = await openSegmentServer()
    await server.world.define('a', MANUAL, { isDeleting: true })
    expect((await ask(server, '/segments/a', { method: 'DELETE' })).answer).toEqual({ position: null, isApplied: true })
    expect(server.world.sent).toEqual([])
  })
})

describe('beyond loopback', () => {
  const READS: [string, string][] = [
    ['GET', '/segments'],
    ['GET', '/segments/a'],
    ['GET', '/segments/a/members'],
    ['GET', '/segments/a/explanation?entity=ada'],
    ['GET', '/users/ada/segments'],
    ['GET', '/accounts/acme/segments'],
    ['POST', '/segments/preview'],
    ['POST', '/plan'],
  ]
  const CHANGES: [string, string][] = [
    ['PUT', '/segments/a'],
    ['POST', '/segments/a'],
    ['DELETE', '/segments/a'],
    ['POST', '/segments/a/members'],
    ['POST', '/apply'],
  ]

  test('everything needs a key, and changes one with the scope admin', async () => {
    const server = await openSegmentServer({ isLoopbackOnly: false })
    for (const [method, path] of READS) {
      expect(await ask(server, path, { method }), path).toMatchObject({ status: 401, answer: { code: 'write_key_unknown' } })
      expect([200, 400, 404, 422], path).toContain((await ask(server, path, { method, key: READING_KEY })).status)
    }
    for (const [method, path] of CHANGES) {
      expect((await ask(server, path, { method })).status, path).toBe(401)
      expect(await ask(server, path, { method, key: READING_KEY }), path).toMatchObject({
        status: 403,
        answer: { code: 'access_denied' },
      })
      expect([400, 404, 422], path).toContain((await ask(server, path, { method, key: ADMIN_KEY })).status)
    }
    expect(server.bugs).toEqual([])
  })
})
