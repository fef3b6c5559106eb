/**
 * The catalog: everything that is configured, resolved to plain data that can cross threads.
 * `catalog/` reads it from files; the words and the shape follow Estuary Flow's `flow.yaml` of 2021.
 */
import type { Json, JsonObject } from '../base/json.ts'
import type { JsonPointer } from '../base/json-pointer.ts'
import type { NotificationChannel } from './notification-channel.ts'
import type { EntityKind } from './profile/entity.ts'
import type { IdentityRules } from './profile/identity-rules.ts'
import type { TraitRule } from './profile/trait.ts'
import type { SegmentDefinition } from './segment/segment.ts'

/** Absolute URI of a schema, with a fragment where it is a part of a document, for example `file:///…/event.schema.yaml#Segment`. */
export type SchemaUri = string
export type JsonSchema = boolean | JsonObject

export type Catalog = {
  /** Whole schema documents by absolute URI (no fragment); `$ref`s inside are relative to it. */
  schemas: Record<SchemaUri, JsonSchema>
  collections: Record<string, Collection>
  materializations: Record<string, Materialization>
  tests: Record<string, CatalogTest>
  sources: Record<string, Source>
  /** By name of the trait; all others follow `DEFAULT_TRAIT_RULE`. */
  traits: Record<EntityKind, Record<string, TraitRule>>
  identity: IdentityRules
  /** Webhooks that are told what changes, by name. */
  notifications: Record<string, NotificationWebhook>
  /** By id. */
  segments: Record<string, SegmentDefinition>
  /** Of calendar days, months and years, where a segment names none: an IANA name. */
  timeZone: string
}

export const DEFAULT_TIME_ZONE = 'UTC'

/** Where events come from: a site, an app, a server. Its write keys are no part of the catalog (http/tracking/write-keys.ts). */
export type Source = {
  name: string
  /** Whose settings documents its browsers get. */
  sdk: SdkFamily
  /** True: a request with a bad event is answered 400 and none of it is taken. False: the bad event is set aside. */
  isStrict: boolean
  limits: SourceLimits
  /** Clients that may ask for tokens at `/token`; `publicKey` is RSA in PEM. */
  oauthClients: { id: string; publicKey: string }[]
}

export type SdkFamily = 'segment' | 'customerio' | 'rudderstack' | 'jitsu'

export type SourceLimits = {
  /** Of one event as JSON. */
  eventBytesMax: number
  /** Of one body after decompression. */
  batchBytesMax: number
  batchEventsMax: number
  /** Requests a second over all connections; absent: no limit. */
  requestsPerSecond?: number
}

/** What SDKs hold themselves to is 32 KB an event and 500 KB a batch; others send more, and servers of the field take 4 MB. */
export const DEFAULT_SOURCE_LIMITS: SourceLimits = { eventBytesMax: 32_768, batchBytesMax: 4_096_000, batchEventsMax: 2_500 }

export type Collection = {
  /** For example `examples/segment/events`. */
  name: string
  schema: SchemaUri
  /** One or more locations, compared part by part. */
  key: JsonPointer[]
  /** The projections that the catalog names, by field; inferred ones are not listed. */
  projections: Record<string, Projection>
  /** Present for derived collections; the others are captured (ingested). */
  derivation?: Derivation
}

export type Projection = {
  location: JsonPointer
  /** A logical partition: documents of different values lie in different folders of the lake. */
  isPartition: boolean
}

export type Derivation = {
  /** Absolute path of the TypeScript module whose default export holds the lambdas. */
  module: string
  register?: { schema: SchemaUri; initial: Json }
  transforms: Record<string, Transform>
}

export type Transform = {
  source: string
  partitions?: PartitionSelector
  /** Locations in the source document; their values are the register's key. */
  shuffle: JsonPointer[]
  /** Present when the transform has an update lambda. */
  update?: { rollbackOnConflict: boolean }
  /** True when the transform has a publish lambda. */
  hasPublish: boolean
}

/** Documents whose partition values are among `include` (when given) and not among `exclude`. */
export type PartitionSelector = {
  include?: Record<string, PartitionValue[]>
  exclude?: Record<string, PartitionValue[]>
}
export type PartitionValue = boolean | number | string

export type Materialization = {
  name: string
  endpoint: EndpointConfig
  bindings: Binding[]
}

export type EndpointConfig =
  /** `path` is absolute. */
  | { kind: 'sqlite'; path: string }
  /** `url` is `postgres://user:password@host:port/database`; tables go to `schema` (default `public`). */
  | { kind: 'postgres'; url: string; schema?: string }
  /** One POST per binding and transaction. */
  | { kind: 'webhook'; url: string; headers: Record<string, string> }

export type NotificationWebhook = {
  name: string
  url: string
  headers: Record<string, string>
  /** Signs bodies (engine/notifications/webhook-request.ts). */
  secret?: string
  /** Absent: all. */
  channels?: NotificationChannel[]
  /** Ids; absent: everybody. */
  segments?: string[]
  /** Notifications of one request. */
  batch: number
  /** Where it begins when it is new. */
  begin: 'now' | 'start'
}

export type Binding = {
  /** Name of the collection. */
  source: string
  partitions?: PartitionSelector
  /** Table of a SQL endpoint; for a webhook the binding's name in messages. */
  table: string
  fields: FieldSelector
}

export type FieldSelector = { recommended: boolean; include: string[]; exclude: string[] }

export type CatalogTest = { name: string; steps: TestStep[] }

export type TestStep = {
  kind: 'ingest' | 'verify'
  collection: string
  documents: JsonObject[]
  partitions?: PartitionSelector
  /** Verify only: surplus properties and items count as failures. */
  isExact: boolean
  /** Where the step stands, `file:line`, for messages. */
  at: string
}
