import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listFragments, readFragments } from '../../lake/read-lake.ts'
import { verifyLake } from '../../lake/verify-lake.ts'
import { type IdentifierTest, mentionsAny } from '../../model/event/mentioned-identifiers.ts'
import { decodeBatch } from '../../model/document-batch.ts'
import { entitySpace, identifierKey, identifierSpace } from '../../model/profile/entity.ts'
import { event } from '../profiles/profiles.fixture.ts'
import { ANN, ANNS_TEXTS, BOB, byEmail, item, settledWorld } from './ann-and-bob.fixture.ts'
import { findTexts, newWorld, type World } from './erasure.fixture.ts'
import type { Eraser } from './eraser.ts'

async function erase(world: World): Promise<Eraser> {
  const eraser = await world.openEraser()
  await eraser.request(byEmail)
  return eraser
}

async function documentsOfBob({ store }: World): Promise<(string | undefined)[]> {
  const [owner] = await store.load(identifierSpace('user'), [identifierKey('email', BOB.email)])
  const [entity] = await store.load(entitySpace('user'), [String(JSON.parse(owner ?? '""'))])
  return [owner, entity, ...(await store.load('quarantine', ['b'.repeat(24)]))]
}

async function linesOfLake({ root }: World): Promise<string[]> {
  return await Array.fromAsync(readFragments(await listFragments(join(root, 'lake'))))
}

test('after an erasure nothing of the person is in any file, and everybody else is as before', async () => {
  const world = await settledWorld()
  expect(await findTexts(world, ANNS_TEXTS)).not.toEqual([])
  const before = await documentsOfBob(world)
  expect(before).not.toContain(undefined)
  const [report] = await world.carryOut(await erase(world))
  expect(await findTexts(world, ANNS_TEXTS)).toEqual([])
  expect(await documentsOfBob(world)).toEqual(before)
  const lake = { directory: join(world.root, 'lake'), manifestPath: join(world.root, 'lake.db') }
  expect((await verifyLake(lake)).problems).toEqual([])
  expect(report).toMatchObject({
    state: 'done',
    isDryRun: false,
    places: {
      state: { parts: 2, identifiers: 4 },
      log: { entries: 7, events: 7 },
      quarantine: { items: 2 },
      lake: { events: expect.any(Number) },
      suppression: { identifiers: 4 },
    },
  })
  expect(report?.places.lake.events).toBeGreaterThan(5)
  expect(report?.places.outputs.events).toBeGreaterThan(0)
  expect(JSON.stringify(report)).not.toContain('ann')
})

test('documents beside those that go stay byte by byte, in their places', async () => {
  const world = await settledWorld()
  const read = async () =>
    (await world.log.read(0, { maxBytes: Number.MAX_SAFE_INTEGER })).map(({ payload }) =>
      decodeBatch(payload).map((section) => ({ texts: section.documents(), keys: section.keys() })),
    )
  const before = await read()
  await world.carryOut(await erase(world))
  const after = await read()
  before.forEach((sections, entry) =>
    sections.forEach(({ texts, keys }, section) => {
      const now = after[entry]?.[section]
      const isGone = texts.map((text) => /ann/i.test(text) || text.includes('anon-'))
      expect(now?.texts).toEqual(texts.map((text, i) => (isGone[i] ? '{"erased":true}' : text)))
      expect(now?.keys).toEqual(keys.map((key, i) => (isGone[i] ? '["erased"]' : key)))
    }),
  )
})

test('the person is kept out, also after a restart, until the suppression is lifted', async () => {
  const world = await settledWorld()
  await world.carryOut(await erase(world))
  const eraser = await world.openEraser()
  const ofAnn = [
    event({ userId: ANN.userId }),
    event({ anonymousId: ANN.anonymous[1] ?? '' }),
    event({ type: 'identify', userId: 'new', traits: { email: ANN.email.toUpperCase() } }),
    event({ type: 'alias', userId: 'new', previousId: ANN.anonymous[0] ?? '' }),
  ]
  const isSuppressed: IdentifierTest = (claim, kind) => world.suppression.isSuppressed(kind, claim)
  expect(ofAnn.map((each) => mentionsAny(each, isSuppressed))).toEqual([true, true, true, true])
  expect(mentionsAny(event({ userId: BOB.userId, groupId: ANN.userId }), isSuppressed)).toBe(false)
  expect(await eraser.lift('user', { kind: 'external_id', value: ANN.userId })).toBe(true)
  expect(await eraser.lift('user', { kind: 'external_id', value: ANN.userId })).toBe(false)
  const [again] = ofAnn
  expect(again && mentionsAny(again, isSuppressed)).toBe(false)
})

test('the log can be replayed after an erasure: the person is not there, others are as they were', async () => {
  const world = await settledWorld()
  await world.carryOut(await erase(world))
  const replayed = await newWorld()
  for (const { payload } of await world.log.read(0, { maxBytes: Number.MAX_SAFE_INTEGER })) await replayed.log.append({ payload })
  await replayed.apply()
  expect(await documentsOfBob(replayed)).toEqual(await documentsOfBob(world))
  await replayed.file()
  expect(await findTexts(replayed, ANNS_TEXTS)).toEqual([])
})

test('a dry run tells the same counts and changes nothing', async () => {
  const world = await settledWorld()
  await world.file()
  const before = [await linesOfLake(world), await documentsOfBob(world), await world.log.head()]
  const eraser = await world.openEraser()
  await eraser.request({ ...byEmail, isDryRun: true })
  const [dry] = await world.carryOut(eraser)
  expect([await linesOfLake(world), await documentsOfBob(world), await world.log.head()]).toEqual(before)
  expect(world.suppression.size).toBe(0)
  await eraser.request(byEmail)
  const real = (await world.carryOut(eraser)).find(({ isDryRun }) => !isDryRun)
  const { log, quarantine, lake, outputs } = real?.places ?? {}
  expect(dry?.places).toMatchObject({ log: { entries: log?.entries, events: log?.events }, quarantine, lake, outputs })
  expect(await findTexts(world, ANNS_TEXTS)).toEqual([])
})

test('an event that was on its way when the erasure began goes as well, with the new identifiers that it brings', async () => {
  const world = await settledWorld()
  const latecomer = 'anon-9999-8888-7777-z'
  await world.send([event({ anonymousId: latecomer, name: 'Early' })])
  let calls = 0
  const eraser = await world.openEraser((call, moment) => {
    // The command is on the log, and right behind it the event of a request that had passed the door before.
    if (call !== 'append' || moment !== 'after' || calls++ > 0) return
    void world.send([event({ type: 'identify', userId: ANN.userId, anonymousId: latecomer, name: 'Late' })])
  })
  await eraser.request(byEmail)
  const [report] = await world.carryOut(eraser)
  expect(await findTexts(world, [...ANNS_TEXTS, latecomer])).toEqual([])
  expect(report?.places.suppression.identifiers).toBe(5)
})

test('somebody who has no profile is erased from log and quarantine, and kept out', async () => {
  const world = await newWorld()
  await world.send([event({ userId: BOB.userId })], [item('d'.repeat(24), { userId: ANN.userId })])
  await world.apply()
  const eraser = await world.openEraser()
  await eraser.request({ kind: 'user', isDryRun: false, identifier: { kind: 'external_id', value: ANN.userId } })
  const [report] = await world.carryOut(eraser)
  expect(report?.places).toMatchObject({ state: { parts: 0 }, quarantine: { items: 1 }, suppression: { identifiers: 1 } })
  expect(await findTexts(world, ANNS_TEXTS)).toEqual([])
  expect(await world.store.load('quarantine', ['d'.repeat(24)])).toEqual([undefined])
})

test('somebody whom only the events of others name is erased from what waits for readers as well', async () => {
  const world = await newWorld()
  const invited = { userId: BOB.userId, name: 'Invited', properties: { invited: ANN.email } }
  await world.send([event(invited), event({ userId: BOB.userId, name: 'Looked' })])
  await world.apply()
  const eraser = await world.openEraser()
  await eraser.request(byEmail)
  const [report] = await world.carryOut(eraser)
  expect(report).toMatchObject({ state: 'done', places: { state: { parts: 0 }, log: { events: 1 } } })
  expect(await findTexts(world, ANNS_TEXTS)).toEqual([])
})

test('an account is erased with its events, and its users stay', async () => {
  const world = await settledWorld()
  const eraser = await world.openEraser()
  await eraser.request({ kind: 'account', isDryRun: false, identifier: { kind: 'external_id', value: 'acme' } })
  const [report] = await world.carryOut(eraser)
  expect(report?.places).toMatchObject({ state: { parts: 1, identifiers: 1 }, log: { entries: 1, events: 1 } })
  expect(await findTexts(world, ['"acme"', '"Acme"'])).toEqual([])
  expect(await findTexts(world, [ANN.userId])).not.toEqual([])
})

test('an id leads to its entity, and one that leads to nobody is refused', async () => {
  const world = await settledWorld()
  const [owner] = await world.store.load(identifierSpace('user'), [identifierKey('external_id', ANN.userId)])
  const eraser = await world.openEraser()
  const request = { kind: 'user', isDryRun: false } as const
  await expect(eraser.request({ ...request, id: '0'.repeat(24) })).rejects.toMatchObject({ code: 'entity_unknown' })
  await eraser.request({ ...request, id: String(JSON.parse(owner ?? '')) })
  await world.carryOut(eraser)
  expect(await findTexts(world, ANNS_TEXTS)).toEqual([])
})
