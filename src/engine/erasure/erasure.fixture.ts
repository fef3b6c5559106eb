/** A world for erasures: real log, store, lake and profiles in a folder, with everything done step by step so that tests are repeatable. */
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import type { Json } from '../../base/json.ts'
import { Doorbell } from '../../base/doorbell.ts'
import { JsonFile, RecordFolder } from '../../lake/json-file.ts'
import { createLakeWriter } from '../../lake/lake-writer.ts'
import { listFragments, readFragments } from '../../lake/read-lake.ts'
import { RedactionOrders } from '../../lake/redaction-orders.ts'
import type { Log } from '../../log/log.ts'
import { openSqliteLog } from '../../log/sqlite/open-sqlite-log.ts'
import { decodeBatch, encodeBatch } from '../../model/document-batch.ts'
import type { TrackedEvent } from '../../model/event/event.ts'
import type { QuarantinedItem } from '../../model/event/quarantine.ts'
import { compileIdentityRules, normalizeIdentifier } from '../../model/profile/identifier-value.ts'
import { DEFAULT_IDENTITY_RULES } from '../../model/profile/identity-rules.ts'
import { CHANGES, COMMANDS, EVENTS, INBOX, QUARANTINE, SYSTEM_SCHEMA_HASH } from '../../model/system-collections.ts'
import type { Store } from '../../store/store.ts'
import { openSqliteStore } from '../../store/sqlite/open-sqlite-store.ts'
import { Apply } from '../apply/apply.ts'
import { PLAIN_CATALOG } from '../profiles/profiles.fixture.ts'
import { profilesMember } from '../profiles/profiles-runner.ts'
import { WebhookBodies } from '../notifications/webhook-bodies.ts'
import { Eraser } from './eraser.ts'
import type { EraserParts } from './eraser-parts.ts'
import type { Erasure, ErasureReport, LakeOrder } from './erasure.ts'
import type { Normalize } from './subject.ts'
import { SubjectMatcher } from './subject-matcher.ts'
import { SuppressionList } from './suppression.ts'

const rules = compileIdentityRules(DEFAULT_IDENTITY_RULES)

export const normalize: Normalize = (kind, value) => {
  const canonical = normalizeIdentifier(kind, value, rules)
  return typeof canonical === 'string' ? canonical : undefined
}

const PARTITION = '0'
/** Linux's file system in memory: the flushes of the disk are not what is tested. */
const MEMORY_FOLDER = '/dev/shm'
/** Rounds of everybody doing what there is to do; more would be a standstill. */
const ROUNDS_MAX = 30

export type World = {
  root: string
  log: Log
  store: Store
  clock: FakeClock
  suppression: SuppressionList
  /** One entry of the log. */
  send: (events: readonly TrackedEvent[], items?: readonly QuarantinedItem[]) => Promise<void>
  apply: () => Promise<void>
  file: () => Promise<void>
  /** A process that erases; `around` is told of each call to the outside before it happens and after. */
  openEraser: (around?: Around) => Promise<Eraser>
  /** Lets apply, lake and the eraser do their work in turn until no erasure runs. */
  carryOut: (eraser: Eraser) => Promise<ErasureReport[]>
}

/** May throw, as a process that dies there. */
export type Around = (call: string, moment: 'before' | 'after') => void

export async function newWorld(): Promise<World> {
  const root = await mkdtemp(join(existsSync(MEMORY_FOLDER) ? MEMORY_FOLDER : tmpdir(), 'millrace-erasure-'))
  const clock = new FakeClock()
  const log = await openSqliteLog({ path: join(root, 'log.db'), clock })
  const store = await openSqliteStore({ path: join(root, 'store.db') })
  onTestFinished(async () => {
    await log.close()
    await store.close()
    await rm(root, { recursive: true })
  })
  const suppression = (around: Around = () => undefined) => {
    const file = new JsonFile(join(root, 'suppression.json'))
    const write = watched(around, 'suppress', (list: Json) => file.write(list))
    return SuppressionList.open({ file: { read: () => file.read(), write }, newSalt: () => '5a'.repeat(32), normalize })
  }
  const world: World = {
    root,
    log,
    store,
    clock,
    suppression: await suppression(),
    send: async (events, items = []) => {
      const payload = encodeBatch([sectionOf(INBOX, events), sectionOf(QUARANTINE, items)])
      await log.append({ payload })
    },
    apply: () => apply(world),
    file: () => file(world),
    openEraser: async (around = () => undefined) => {
      world.suppression = await suppression(around)
      return await Eraser.open(watch(partsOf(world), around))
    },
    carryOut: (eraser) => carryOut(world, eraser),
  }
  return world
}

const recordsOf = ({ root }: World) => new RecordFolder<Erasure>(join(root, 'erasures'))
const ordersFolder = ({ root }: World) => join(root, 'erasures', 'orders')

function partsOf(world: World): EraserParts {
  const { root, log, store, clock, suppression } = world
  const lake = new RedactionOrders<LakeOrder>({
    folder: ordersFolder(world),
    manifestPath: join(root, 'lake.db'),
    onOrdered: () => undefined,
  })
  let ids = 0
  return {
    log,
    store,
    lake,
    columns: { discard: () => Promise.resolve() },
    bodies: new WebhookBodies({ store, webhooks: [], wake: () => undefined }),
    records: recordsOf(world),
    suppression,
    clock,
    normalize,
    newId: () => `e${(++ids).toString().padStart(23, '0')}`,
    appliedThrough: async () => (await store.checkpoints()).get(EVENTS) ?? 0,
    bell: new Doorbell(),
  }
}

function watched<Args extends unknown[], Result>(around: Around, name: string, call: (...args: Args) => Promise<Result>) {
  return async (...args: Args): Promise<Result> => {
    around(name, 'before')
    const result = await call(...args)
    around(name, 'after')
    return result
  }
}

/** Tells `around` of every call that writes something. */
function watch(parts: EraserParts, around: Around): EraserParts {
  const { log, store, lake, columns, bodies, records } = parts
  return {
    ...parts,
    log: {
      append: watched(around, 'append', (request) => log.append(request)),
      redact: watched(around, 'redact', (changes) => log.redact(changes)),
      read: (...args) => log.read(...args),
      head: () => log.head(),
    },
    store: {
      load: (...args) => store.load(...args),
      readOutputs: (...args) => store.readOutputs(...args),
      scrub: watched(around, 'scrub', () => store.scrub()),
    },
    lake: {
      order: watched(around, 'order', (order) => lake.order(order)),
      outcome: (id) => lake.outcome(id),
      withdraw: watched(around, 'withdraw', (id) => lake.withdraw(id)),
    },
    columns: { discard: watched(around, 'discard', () => columns.discard()) },
    bodies: { forget: watched(around, 'forget', (through) => bodies.forget(through)) },
    records: { list: () => records.list(), save: watched(around, 'save', (erasure) => records.save(erasure)) },
  }
}

async function apply({ log, store, clock }: World): Promise<void> {
  const plan = { members: [profilesMember(PLAIN_CATALOG, { messageDays: 7, notificationHours: 24 })], collections: new Map() }
  const parts = { plan, log, store, clock, partition: PARTITION, bell: new Doorbell(), report: () => undefined }
  await new Apply(parts).run(new AbortController().signal, { untilIdle: true })
}

/** The lake's thread from its start until it has nothing to do, fragments of some lines each. */
async function file(world: World): Promise<void> {
  const { root, log, store, clock } = world
  const orders = new RecordFolder<LakeOrder>(ordersFolder(world))
  const stop = new AbortController()
  const writer = createLakeWriter({
    directory: join(root, 'lake'),
    manifestPath: join(root, 'lake.db'),
    collections: [{ name: EVENTS, derivation: { module: '/profiles.ts', transforms: {} } }],
    log,
    store,
    clock,
    fragmentBytes: 1_500,
    redactions: async () => (await orders.list()).map(redactionOf),
  })
  await writer.run(
    stop.signal,
    () => Promise.resolve(),
    ({ kind }) => kind === 'idle' && stop.abort(),
  )
}

function redactionOf({ id, isDryRun, subject }: LakeOrder) {
  const matcher = new SubjectMatcher(subject, normalize)
  return {
    id,
    isDryRun,
    collections: [EVENTS],
    mayConcern: (text: string) => matcher.mayConcern(text),
    concerns: (line: string) => matcher.concernsEvent(line),
  }
}

async function carryOut(world: World, eraser: Eraser): Promise<ErasureReport[]> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    await eraser.run(new AbortController().signal, { untilIdle: true })
    const reports = eraser.list()
    if (reports.every(({ state }) => state === 'done')) return reports
    const failed = reports.find(({ failure }) => failure)
    if (failed) throw new Error(failed.failure?.message)
    await world.apply()
    await world.file()
  }
  throw new Error(`No end is in sight: ${JSON.stringify(eraser.list())}`)
}

function sectionOf(collection: string, documents: readonly { id: string }[]) {
  return {
    collection,
    schemaHash: SYSTEM_SCHEMA_HASH,
    documents: documents.map((document) => JSON.stringify(document)),
    keys: documents.map(({ id }) => JSON.stringify([id])),
    partitions: documents.map(() => ''),
  }
}

/** Which of these texts stand anywhere below the folder: in a file's bytes, a fragment's lines, or a batch's documents and keys. */
export async function findTexts({ root, log, store }: World, texts: readonly string[]): Promise<string[]> {
  const found = new Set<string>()
  const search = (where: string, content: Buffer) => {
    for (const text of texts) if (content.includes(text)) found.add(`${text} in ${where}`)
  }
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) search(entry.name, await readFile(join(entry.parentPath, entry.name)))
  }
  for await (const line of readFragments(await listFragments(join(root, 'lake')))) search('a fragment', Buffer.from(line))
  const batches = [
    ...(await log.read(0, { maxBytes: Number.MAX_SAFE_INTEGER })),
    ...(await store.readOutputs(EVENTS, 0, Number.MAX_SAFE_INTEGER)),
    ...(await store.readOutputs(CHANGES, 0, Number.MAX_SAFE_INTEGER)),
  ]
  for (const section of batches.flatMap(({ payload }) => decodeBatch(payload))) {
    if (section.collection === COMMANDS) continue
    search(section.collection, Buffer.concat([section.documentBytes(), section.keyBytes()]))
  }
  return [...found].toSorted()
}
