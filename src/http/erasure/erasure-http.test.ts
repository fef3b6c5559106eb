import { expect, onTestFinished, test } from 'vitest'
import { MillraceError } from '../../base/errors.ts'
import { ANNS_TEXTS, settledWorld } from '../../engine/erasure/ann-and-bob.fixture.ts'
import { findTexts } from '../../engine/erasure/erasure.fixture.ts'
import { createIngest } from '../../engine/ingest/ingest.ts'
import { SchemaSet } from '../../model/schema/schema-set.ts'
import { BodyReader } from '../body.ts'
import { segmentCatalog } from '../front-door.fixture.ts'
import { createServer } from '../server.ts'
import { DEFAULT_LIMITS } from '../server-limits.ts'
import { ERASURE_ENDPOINTS } from './erasure-endpoints.ts'
import { erasureRoutes } from './erasure-routes.ts'

type Answered = { status: number; answer: Record<string, unknown> }

/** The key that a request shows is the scope that it has. */
function requireScope({ headers }: { headers: Record<string, unknown> }, scope: 'read' | 'admin'): void {
  const shown = headers['authorization']
  if (shown === 'admin' || shown === scope) return
  throw new MillraceError('access_denied', `The key has no scope "${scope}".`)
}

async function openDoor() {
  const world = await settledWorld()
  const eraser = await world.openEraser()
  const bodies = new BodyReader(DEFAULT_LIMITS)
  const { clock, log } = world
  const server = createServer({
    ingest: createIngest({ catalog: segmentCatalog, schemas: new SchemaSet(segmentCatalog.schemas), log }),
    clock,
    status: () => ({}),
    reportBug: (error) => expect(error).toBe(undefined),
    routes: erasureRoutes({ eraser, access: { requireScope }, bodies }),
    bodies,
  })
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => server.close())
  const ask = async (request: string, body?: unknown, scope = 'admin'): Promise<Answered> => {
    const [method = '', path] = request.split(' ')
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { authorization: scope, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: response.status, answer: (await response.json()) as Record<string, unknown> }
  }
  return { world, eraser, ask }
}

const ann = { kind: 'user', identifier: { kind: 'email', value: 'Ann.Secret@example.com' } }

test('an erasure is taken on, carried out, and answered with its receipt; then the person can be let in again', async () => {
  const { world, eraser, ask } = await openDoor()
  const asked = await ask('POST /erasures', ann)
  expect(asked).toMatchObject({ status: 202, answer: { state: 'resolving', isDryRun: false } })
  await world.carryOut(eraser)
  const receipt = await ask(`GET /erasures/${String(asked.answer['id'])}`, undefined, 'read')
  expect(receipt).toMatchObject({ status: 200, answer: { state: 'done', places: { state: { parts: 2 } } } })
  expect(ERASURE_ENDPOINTS.erasure.response.safeParse(receipt.answer).error).toBe(undefined)
  expect(JSON.stringify(receipt)).not.toMatch(/ann|anon/i)
  expect(await findTexts(world, ANNS_TEXTS)).toEqual([])
  expect(await ask('GET /erasures')).toEqual({ status: 200, answer: { erasures: [receipt.answer] } })
  expect(await ask('DELETE /suppressions', ann)).toEqual({ status: 200, answer: { lifted: true } })
  expect(await ask('DELETE /suppressions', ann)).toEqual({ status: 200, answer: { lifted: false } })
})

test('a dry run is asked for in the body', async () => {
  const { ask } = await openDoor()
  expect(await ask('POST /erasures', { ...ann, dryRun: true })).toMatchObject({ status: 202, answer: { isDryRun: true } })
})

test.each([
  ['no body', undefined, 400, 'body_invalid'],
  ['neither identifier nor id', { kind: 'user' }, 400, 'body_invalid'],
  ['both identifier and id', { ...ann, id: '0'.repeat(24) }, 400, 'body_invalid'],
  ['an unknown kind', { ...ann, kind: 'plan' }, 400, 'body_invalid'],
  ['an id that is none', { kind: 'user', id: '../../x' }, 400, 'body_invalid'],
  ['an id of nobody', { kind: 'user', id: '0'.repeat(24) }, 404, 'entity_unknown'],
])('a request with %s is refused', async (_, body, status, code) => {
  const { ask } = await openDoor()
  expect(await ask('POST /erasures', body)).toMatchObject({ status, answer: { code } })
  expect(await ask('GET /erasures')).toEqual({ status: 200, answer: { erasures: [] } })
})

test('erasing needs the scope admin, looking needs read, and an unknown erasure is a 404', async () => {
  const { ask } = await openDoor()
  for (const request of ['POST /erasures', 'DELETE /suppressions'])
    expect(await ask(request, ann, 'read')).toMatchObject({ answer: { code: 'access_denied' } })
  for (const request of ['GET /erasures', 'GET /erasures/x'])
    expect(await ask(request, undefined, 'track')).toMatchObject({ answer: { code: 'access_denied' } })
  expect(await ask('GET /erasures/x', undefined, 'read')).toMatchObject({ status: 404, answer: { code: 'erasure_unknown' } })
})
