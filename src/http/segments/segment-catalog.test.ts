import { describe, expect, test } from 'vitest'
import { MillraceError } from '../../base/errors.ts'
import { all, trait } from '../../engine/segments/reading/segment-world.fixture.ts'
import { SEGMENT_ENDPOINTS } from './segment-endpoints.ts'
import { ask, expectPromised, openSegmentServer } from './segment-server.fixture.ts'

const PRO = all(trait('plan', 'equals', 'pro'))
const MANUAL = { name: 'By hand', manual: true }

/** A catalog whose one segment asks for the members of another. */
function referring(id: string) {
  return { body: { segments: { a: all(trait('segment', 'is_member', id)) } } }
}

describe('the segments of a catalog', () => {
  const catalog = { segments: { pro: PRO, vip: MANUAL, both: all(trait('segment', 'is_member', 'pro')) } }

  test('are planned with who enters and leaves, and then applied', async () => {
    const compared: string[] = []
    const ids: string[] = []
    const server = await openSegmentServer({
      queries: {
        compare: async ({ id }) => {
          compared.push(id)
          return await Promise.resolve({
            asOf: 9,
            entering: { count: 30, sample: ids },
            leaving: { count: 0, sample: [] },
            count: 30,
          })
        },
        members: async () => await Promise.resolve(ids),
      },
    })
    const { world } = server
    ids.push(await world.idOf('user', 'ada'))
    await world.define('gone', MANUAL, { owner: 'catalog', members: 12 })
    await world.define('vip', MANUAL, { owner: 'catalog' })
    await world.define('mine', MANUAL, { owner: 'api' })
    const ada = { id: ids[0], identifier: 'email:ada@acme.com', name: 'Ada' }
    const planned = await ask(server, '/plan', { body: catalog })
    expectPromised(SEGMENT_ENDPOINTS.planCatalog, planned)
    expect(planned.answer).toMatchObject({
      segments: [
        { id: 'pro', change: 'created', members: 0, entering: { count: 30, sample: [ada] }, leaving: { count: 0, sample: [] } },
        { id: 'both', change: 'created', entering: { count: 30 } },
        { id: 'vip', change: 'unchanged' },
        { id: 'gone', change: 'deleted', members: 12, leaving: { count: 12, sample: [ada] }, usedBy: [] },
      ],
    })
    expect(compared).toEqual(['pro', 'both'])
    expect(world.sent).toEqual([])
    const applied = await ask(server, '/apply', { body: catalog })
    expectPromised(SEGMENT_ENDPOINTS.applyCatalog, applied)
    expect(applied.answer).toMatchObject({
      segments: [{ id: 'pro' }, { id: 'both' }, { id: 'vip' }, { id: 'gone' }],
      position: 3,
      isApplied: true,
    })
    expect(world.sent).toMatchObject([
      { kind: 'define-segment', owner: 'catalog', definition: { id: 'pro' } },
      { kind: 'define-segment', owner: 'catalog', definition: { id: 'both' } },
      { kind: 'delete-segment', segment: 'gone' },
    ])
    const again = await ask(server, '/apply', { body: catalog })
    expect(again.answer).toMatchObject({ position: null, isApplied: true })
    expect(world.sent).toHaveLength(3)
  })

  test('with a problem anywhere are refused as a whole, each problem with its segment', async () => {
    const server = await openSegmentServer()
    const circle = { a: all(trait('segment', 'is_member', 'b')), b: all(trait('segment', 'is_member', 'a')) }
    const body = { segments: { ...catalog.segments, ...circle, bad: all(trait('plan', 'equalz', 1)) } }
    for (const path of ['/plan', '/apply']) {
      const { status, answer } = await ask(server, path, { body })
      expect(status).toBe(422)
      expect([...new Set(answer.problems.map(({ segment }) => segment))]).toEqual(['a', 'b', 'bad'])
      expect(answer.detail).toContain('bad /predicate/predicates/0/operator: ')
    }
    expect(await ask(server, '/plan', { body: { segments: [] } })).toMatchObject({
      status: 400,
      answer: { code: 'body_invalid' },
    })
    expect(server.world.sent).toEqual([])
  })

  test('cannot refer to one that the catalog no longer has', async () => {
    const server = await openSegmentServer()
    await server.world.define('gone', MANUAL, { owner: 'catalog' })
    await server.world.define('mine', MANUAL)
    expect(await ask(server, '/plan', referring('gone'))).toMatchObject({ status: 422, answer: { problems: [{ segment: 'a' }] } })
    expect((await ask(server, '/plan', referring('mine'))).status).toBe(200)
  })

  test('are not applied while the API has segments that refer to one that goes', async () => {
    const server = await openSegmentServer()
    await server.world.define('gone', MANUAL, { owner: 'catalog' })
    await server.world.define('mine', all(trait('segment', 'is_member', 'gone')))
    const planned = await ask(server, '/plan', { body: { segments: { pro: PRO } } })
    expect(planned.answer).toMatchObject({ segments: [{ id: 'pro' }, { id: 'gone', usedBy: ['mine'] }] })
    expect(await ask(server, '/apply', { body: { segments: { pro: PRO } } })).toMatchObject({
      status: 409,
      answer: { code: 'segment_in_use' },
    })
    expect(server.world.sent).toEqual([])
  })

  test('are counted by the rules that are planned, also where only another one changes', async () => {
    const compared: [string, string[]][] = []
    const server = await openSegmentServer({
      queries: {
        compare: ({ id }, instead) => {
          compared.push([id, instead.map((one) => one.id)])
          return Promise.resolve({ asOf: 9, entering: { count: 1, sample: [] }, leaving: { count: 0, sample: [] }, count: 1 })
        },
      },
    })
    const { world } = server
    const body = { segments: { a: PRO, b: all(trait('segment', 'is_member', 'a')), vip: MANUAL } }
    await ask(server, '/apply', { body })
    await world.define('mine', all(trait('segment', 'is_member', 'b')))
    await world.define('other', PRO)
    const changed = {
      segments: { ...body.segments, a: all(trait('plan', 'is_set')), c: all(trait('segment', 'is_member', 'a')) },
    }
    const planned = await ask(server, '/plan', { body: changed })
    expectPromised(SEGMENT_ENDPOINTS.planCatalog, planned)
    expect(planned.answer).toMatchObject({
      segments: [
        { id: 'a', change: 'changed', entering: { count: 1 } },
        { id: 'b', change: 'unchanged', entering: { count: 1 } },
        { id: 'c', change: 'created', entering: { count: 1 } },
        { id: 'vip', change: 'unchanged' },
        { id: 'mine', change: 'unchanged', entering: { count: 1 } },
      ],
    })
    expect(compared).toEqual([
      ['a', []],
      ['b', ['a']],
      ['c', ['a']],
      ['mine', ['a', 'b']],
    ])
    compared.length = 0
    await ask(server, '/plan', { body })
    expect(compared).toEqual([])
  })

  test('that take too long to count are planned without numbers', async () => {
    const server = await openSegmentServer({
      queries: {
        compare: async () => {
          server.world.clock.advance(30_000)
          return await Promise.resolve({
            asOf: 9,
            entering: { count: 1, sample: [] },
            leaving: { count: 0, sample: [] },
            count: 1,
          })
        },
      },
    })
    const planned = await ask(server, '/plan', { body: { segments: { a: PRO, b: PRO } } })
    expectPromised(SEGMENT_ENDPOINTS.planCatalog, planned)
    expect(planned.answer).toMatchObject({
      segments: [
        { id: 'a', entering: { count: 1 } },
        { id: 'b', isUncounted: true },
      ],
    })
  })

  test('of which one is too much to count are planned all the same', async () => {
    const server = await openSegmentServer({
      queries: {
        compare: () => Promise.reject(new MillraceError('question_too_slow', 'It took too long.', { retryable: true })),
      },
    })
    const planned = await ask(server, '/plan', { body: { segments: { a: PRO, vip: MANUAL } } })
    expect(planned).toMatchObject({
      status: 200,
      answer: {
        segments: [
          { id: 'a', isUncounted: true },
          { id: 'vip', change: 'created' },
        ],
      },
    })
    const incomplete = await openSegmentServer({
      queries: {
        compare: () => Promise.reject(new MillraceError('columns_incomplete', 'They are being made.', { retryable: true })),
      },
    })
    expect(await ask(incomplete, '/plan', { body: { segments: { a: PRO } } })).toMatchObject({
      status: 503,
      answer: { code: 'columns_incomplete' },
    })
  })

  test('have the time zone of the catalog, under its usual name', async () => {
    const server = await openSegmentServer()
    await ask(server, '/apply', { body: { segments: { pro: PRO }, timeZone: 'europe/oslo' } })
    expect(server.world.sent).toMatchObject([{ definition: { timeZone: 'Europe/Oslo' } }])
  })

  test('are not applied with a time zone that does not exist', async () => {
    const server = await openSegmentServer()
    for (const path of ['/plan', '/apply']) {
      const { status, answer } = await ask(server, path, { body: { segments: { vip: MANUAL }, timeZone: 'Mars' } })
      expect({ status, ...answer }).toMatchObject({ status: 400, code: 'body_invalid' })
      expect(answer.detail).toContain('"timeZone": there is no time zone "Mars"')
    }
    expect(server.world.sent).toEqual([])
  })

  test('may have ids that are names of what every object has', async () => {
    const server = await openSegmentServer()
    const planned = await ask(server, '/plan', { body: { segments: { constructor: PRO, toString: MANUAL } } })
    expectPromised(SEGMENT_ENDPOINTS.planCatalog, planned)
    expect(planned.answer).toMatchObject({
      segments: [
        { id: 'constructor', warnings: [] },
        { id: 'toString', warnings: [] },
      ],
    })
  })
})
