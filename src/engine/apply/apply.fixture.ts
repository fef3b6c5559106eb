/**
 * What the tests of apply have in common: a real log and store in memory, a catalog in which every loss, repeat and change of order
 * shows, and a computation of the same results in the plainest way, input by input.
 */
import { systemClock } from '../../base/clock.ts'
import { Doorbell } from '../../base/doorbell.ts'
import type { Json, JsonObject } from '../../base/json.ts'
import type { Log, LogReader } from '../../log/log.ts'
import type { Catalog, Collection, Derivation, JsonSchema } from '../../model/catalog.ts'
import type { DerivationLambdas, Lambda, LocatedLambda } from '../../model/derivation.ts'
import { decodeBatch } from '../../model/document-batch.ts'
import { DEFAULT_IDENTITY_RULES } from '../../model/profile/identity-rules.ts'
import { SchemaSet } from '../../model/schema/schema-set.ts'
import type { Store } from '../../store/store.ts'
import { createIngest } from '../ingest/ingest.ts'
import { Apply, type ApplyParts, type ApplyStatus } from './apply.ts'
import { planDerivations } from './plan.ts'

export type Input = ({ in: 'orders' } & Order) | ({ in: 'visits' } & Visit)
type Order = { id: number; user: string; amount: number; country: string }
type Visit = { id: number; user: string; isLast?: true }

/** A published document: `from` are position and index of its input. */
export type Published = { from: [number, number]; document: Json }

type PlainTransform = { update?: Lambda; publish?: Lambda }
export type Lambdas = Record<string, Record<string, PlainTransform>>

const uri = (name: string) => `file:///${name}.yaml`

const TALLY: JsonObject = {
  type: 'object',
  if: { required: ['gone'] },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: { reduce: { strategy: 'lastWriteWins', delete: true } },
  else: { reduce: { strategy: 'merge' } },
  properties: {
    sum: { type: 'integer', maximum: 20, reduce: { strategy: 'sum' } },
    seen: { type: 'array', items: { type: 'string' }, reduce: { strategy: 'append' } },
  },
}

export const SCHEMAS: Record<string, JsonSchema> = {
  orders: {
    type: 'object',
    required: ['id', 'user', 'amount', 'country'],
    properties: {
      id: { type: 'integer' },
      user: { type: 'string' },
      amount: { type: 'integer' },
      country: { type: 'string' },
    },
  },
  visits: {
    type: 'object',
    required: ['id', 'user'],
    properties: { id: { type: 'integer' }, user: { type: 'string' } },
  },
  tally: TALLY,
  tallies: { type: 'object', required: ['user', 'tally'], properties: { user: { type: ['string', 'integer'] } } },
  notes: { type: 'object', required: ['note'], properties: { note: { type: 'string' } } },
}

const byUser = ['/user']
const update = { rollbackOnConflict: true }

const collections: Record<string, Omit<Collection, 'name'>> = {
  orders: {
    schema: uri('orders'),
    key: ['/id'],
    projections: { country: { location: '/country', isPartition: true } },
  },
  visits: { schema: uri('visits'), key: ['/id'], projections: {} },
  // Several captured sources into one register.
  tallies: derived(uri('tallies'), byUser, {
    register: { schema: uri('tally'), initial: { sum: 0, seen: [] } },
    transforms: {
      fromOrders: { source: 'orders', shuffle: byUser, update, hasPublish: true },
      fromVisits: { source: 'visits', shuffle: byUser, update, hasPublish: false },
    },
  }),
  // No register, a part of the source, several documents for one.
  swedish: derived(uri('notes'), ['/note'], {
    transforms: {
      fromOrders: { source: 'orders', partitions: { include: { country: ['se'] } }, shuffle: byUser, hasPublish: true },
    },
  }),
  // Derived from derived collections and from a captured one.
  story: derived(uri('notes'), ['/note'], {
    register: { schema: uri('tally'), initial: { seen: [] } },
    transforms: {
      fromVisits: { source: 'visits', shuffle: [], update, hasPublish: true },
      fromTallies: { source: 'tallies', shuffle: [], update, hasPublish: true },
      fromSwedish: { source: 'swedish', shuffle: [], update, hasPublish: true },
    },
  }),
}

function derived(schema: string, key: string[], derivation: Omit<Derivation, 'module'>): Omit<Collection, 'name'> {
  return { schema, key, projections: {}, derivation: { module: '/lambdas.ts', ...derivation } }
}

const CAPTURED = ['orders', 'visits']
export const DERIVED = ['tallies', 'swedish', 'story']

/** Their arguments are what the schemas say. */
export const LAMBDAS: Lambdas = {
  tallies: {
    fromOrders: {
      update: (order) => [{ sum: (order as Order).amount, seen: [`order ${(order as Order).id}`] }],
      publish: (order, tally, previous) => [{ user: (order as Order).user, tally, previous }],
    },
    fromVisits: {
      update: (visit) => [(visit as Visit).isLast ? { gone: true } : { seen: [`visit ${(visit as Visit).id}`] }],
    },
  },
  swedish: {
    fromOrders: {
      publish: (order) => ['a', 'b'].map((letter) => ({ note: `order ${(order as Order).id} ${letter}` })),
    },
  },
  story: Object.fromEntries(
    ['fromVisits', 'fromTallies', 'fromSwedish'].map((name) => [
      name,
      {
        update: (source: Json) => [{ seen: [titleOf(source)] }],
        publish: (_source: Json, register?: Json) => [{ note: (register as Tally).seen.join('; ') }],
      },
    ]),
  ),
}

type Tally = { sum: number; seen: string[] }

function titleOf(source: Json): string {
  const { note, id, user, tally } = source as { note?: string; id?: number; user?: string; tally?: Tally }
  return note ?? (tally === undefined ? `visit ${id}` : `${user} ${tally.sum}`)
}

export type Results = {
  outputs: Record<string, Published[]>
  /** Registers by collection and user (the story has one for all). */
  registers: Record<string, Record<string, Json | undefined>>
}

export const USERS = ['ann', 'bob', 'cid']

/** The results of the catalog above, computed one input after the other. Each inner list is an entry of the log. */
export function computePlainly(entries: readonly (readonly Input[])[]): Results {
  const [tallies, swedish, story]: Published[][] = [[], [], []]
  const seen: string[] = []
  const tallyOf = new Map<string, Tally>()
  for (const [e, inputs] of entries.entries()) {
    for (const [index, input] of inputs.entries()) {
      const from: [number, number] = [e + 1, index]
      const tell = (title: string) => {
        seen.push(title)
        story?.push({ from, document: { note: seen.join('; ') } })
      }
      const before = tallyOf.get(input.user) ?? { sum: 0, seen: [] }
      if (input.in === 'visits') {
        if (input.isLast) tallyOf.delete(input.user)
        else tallyOf.set(input.user, { ...before, seen: [...before.seen, `visit ${input.id}`] })
        tell(`visit ${input.id}`)
        continue
      }
      const sum = before.sum + input.amount
      const after = sum > 20 ? before : { sum, seen: [...before.seen, `order ${input.id}`] }
      if (sum <= 20) tallyOf.set(input.user, after)
      tallies?.push({ from, document: { user: input.user, tally: after, previous: before } })
      tell(`${input.user} ${after.sum}`)
      for (const note of input.country === 'se' ? [`order ${input.id} a`, `order ${input.id} b`] : []) {
        swedish?.push({ from, document: { note } })
        tell(note)
      }
    }
  }
  return {
    outputs: { tallies: tallies ?? [], swedish: swedish ?? [], story: story ?? [] },
    registers: {
      tallies: Object.fromEntries(USERS.map((user) => [user, tallyOf.get(user)])),
      story: { all: seen.length === 0 ? undefined : { seen } },
    },
  }
}

/** What one session of apply differs in. */
export type Session = {
  lambdas?: Lambdas
  schemas?: Record<string, JsonSchema>
  /** The derivations that the catalog has. */
  derived?: readonly string[]
  rollbackOnConflict?: boolean
  wrapStore?: (store: Store) => Store
  wrapLog?: (log: LogReader) => LogReader
  parts?: Partial<ApplyParts>
}

/** A log and a store that outlive the sessions over them. */
export class World {
  readonly log: Log
  readonly store: Store
  status: ApplyStatus = { positions: {}, stopped: [] }

  constructor(log: Log, store: Store) {
    this.log = log
    this.store = store
  }

  /** One entry of the log; neighbours of one collection go into one section. */
  async append(inputs: readonly Input[]): Promise<void> {
    const ingest = createIngest({ ...compile({}), log: this.log })
    const batches: ReturnType<typeof ingest.prepare>[] = []
    for (const { in: collection, ...document } of inputs) {
      if (batches.at(-1)?.collection !== collection) batches.push(ingest.prepare(collection))
      const refusals = batches.at(-1)?.add(document)
      if (refusals) throw new Error(JSON.stringify(refusals))
    }
    await ingest.append(batches)
  }

  /** A new apply over this log and store, as a process that starts has it. */
  begin(session: Session = {}): Apply {
    const { catalog, schemas } = compile(session)
    const lambdas = new Map(Object.entries(session.lambdas ?? LAMBDAS).map(([name, each]) => [name, locate(each)]))
    return new Apply({
      plan: planDerivations({ catalog, schemas, lambdas }),
      log: session.wrapLog?.(this.log) ?? this.log,
      store: session.wrapStore?.(this.store) ?? this.store,
      clock: systemClock,
      partition: '0',
      bell: new Doorbell(),
      report: (status) => (this.status = status),
      ...session.parts,
    })
  }

  /** A session that applies all that is there. */
  async settle(session: Session = {}): Promise<void> {
    await this.begin(session).run(new AbortController().signal, { untilIdle: true })
  }

  async results(): Promise<Results> {
    const outputs = await Promise.all(DERIVED.map(async (name) => [name, await this.outputs(name)] as const))
    const keys = USERS.map((user) => JSON.stringify([user]))
    const [tallies, story] = [await this.registers('tallies', keys), await this.registers('story', ['[]'])]
    return {
      outputs: Object.fromEntries(outputs),
      registers: { tallies: Object.fromEntries(USERS.map((user, i) => [user, tallies[i]])), story: { all: story[0] } },
    }
  }

  async outputs(collection: string): Promise<Published[]> {
    const batches = await this.store.readOutputs(collection, 0, Number.MAX_SAFE_INTEGER)
    return batches.flatMap(({ payload }) =>
      decodeBatch(payload).flatMap((section) => {
        const sources = section.sources()
        return section.documents().map((text, i): Published => ({
          from: [sources[2 * i] ?? 0, sources[2 * i + 1] ?? 0],
          document: JSON.parse(text) as Json,
        }))
      }),
    )
  }

  async registers(collection: string, keys: readonly string[]): Promise<(Json | undefined)[]> {
    const texts = await this.store.load(`register/${collection}`, keys)
    return texts.map((text) => (text === undefined ? undefined : (JSON.parse(text) as Json)))
  }

  async close(): Promise<void> {
    await this.store.close()
    await this.log.close()
  }
}

function compile({ schemas, derived: names = DERIVED, rollbackOnConflict = true }: Session): {
  catalog: Catalog
  schemas: SchemaSet
} {
  const texts = Object.entries({ ...SCHEMAS, ...schemas }).map(([name, schema]) => [uri(name), schema] as const)
  const chosen = [...CAPTURED, ...names].map((name) => [name, { name, ...requireEntry(name, rollbackOnConflict) }] as const)
  const catalog: Catalog = {
    schemas: Object.fromEntries(texts),
    collections: Object.fromEntries(chosen),
    materializations: {},
    tests: {},
    sources: {},
    traits: { user: {}, account: {} },
    identity: DEFAULT_IDENTITY_RULES,
    notifications: {},
    segments: {},
    timeZone: 'UTC',
  }
  return { catalog, schemas: new SchemaSet(catalog.schemas) }
}

function requireEntry(name: string, rollbackOnConflict: boolean): Omit<Collection, 'name'> {
  const entry = structuredClone(collections[name])
  if (entry === undefined) throw new Error(`No collection "${name}".`)
  for (const transform of Object.values(entry.derivation?.transforms ?? {})) {
    if (transform.update) transform.update = { rollbackOnConflict }
  }
  return entry
}

function locate(transforms: Record<string, PlainTransform>): DerivationLambdas {
  return Object.fromEntries(
    Object.entries(transforms).map(([name, { update, publish }]) => [
      name,
      {
        ...(update && { update: locateLambda(`${name}.update`, update) }),
        ...(publish && { publish: locateLambda(`${name}.publish`, publish) }),
      },
    ]),
  )
}

function locateLambda(name: string, lambda: Lambda): LocatedLambda {
  return Object.assign((...args: Parameters<Lambda>) => lambda(...args), { location: { name, file: '/lambdas.ts', line: 7 } })
}

/** The calls by which apply can change or learn something. */
export type StoreCall = 'acquire' | 'load' | 'scan' | 'commit' | 'committed' | 'readOutputs'

/** A store that lets a test act, or fail, before each call and after each commit. */
export function wrapStore(store: Store, on: (call: StoreCall) => unknown): Store {
  return {
    acquire: async (partition) => {
      await on('acquire')
      return store.acquire(partition)
    },
    load: async (space, keys) => {
      await on('load')
      return store.load(space, keys)
    },
    scan: async (space, range, limit) => {
      await on('scan')
      return store.scan(space, range, limit)
    },
    commit: async (...args) => {
      await on('commit')
      await store.commit(...args)
      await on('committed')
    },
    readOutputs: async (...args) => {
      await on('readOutputs')
      return store.readOutputs(...args)
    },
    checkpoints: () => store.checkpoints(),
    loadCursor: (name) => store.loadCursor(name),
    saveCursor: (name, value) => store.saveCursor(name, value),
    cursorNames: (prefix) => store.cursorNames(prefix),
    scrub: () => store.scrub(),
    close: () => store.close(),
  }
}

/** A log of which at most so many entries are read at once, as from one with a long history. */
export function wrapLog(log: LogReader, entriesPerRead: () => number): LogReader {
  return {
    read: async (after, limits) => (await log.read(after, limits)).slice(0, entriesPerRead()),
    head: () => log.head(),
    close: () => log.close(),
  }
}
