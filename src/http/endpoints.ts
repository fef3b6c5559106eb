/**
 * The form of every endpoint's entry, and the table of those for collections and of the process itself; further groups have
 * tables of their own (all-endpoints.ts). Routes, reference page and contract test come from them. Wire names are camelCase; the
 * members of WebSocket replies alone keep the capital letters that clients of Flow's ingestion know.
 */
import { z } from 'zod'
import type { ErrorCode } from '../base/error-codes.ts'

export type Endpoint = {
  methods: readonly ('GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE')[]
  /** `{name}` stands for one segment, `{name...}` for the rest of the path, slashes included. */
  path: string
  /** Further paths at which the same is, since clients of the field look for it there. */
  aliases?: readonly string[]
  summary: string
  /** Rules that the schemas cannot say, one sentence each. */
  notes: readonly string[]
  request?: { headers: Readonly<Record<string, string>>; bodies: Readonly<Record<string, z.ZodType>> }
  response: z.ZodType
  errors: readonly ErrorCode[]
}

const document = z.record(z.string(), z.json()).describe('A document of the collection.')

const receipt = z.object({
  offsets: z.record(z.string(), z.int()).describe('Per collection, the position in the log at which its documents stand.'),
  documents: z.int().describe('How many documents the request held.'),
  isRepeat: z.boolean().describe('True when this Idempotency-Key was accepted before: nothing was written this time.'),
})
export type ReceiptBody = z.infer<typeof receipt>

const violation = z.object({
  collection: z.string().describe('Name of the collection.'),
  index: z.int().describe('Of the document within its collection, 0 for the first.'),
  line: z.int().optional().describe('Line of an NDJSON body, 1 for the first.'),
  row: z.int().optional().describe('Row of a CSV or TSV body; the header is row 1.'),
  code: z.string().describe('`document_invalid`, `key_invalid` or `body_invalid`.'),
  pointer: z.string().describe('JSON pointer into the document; empty for the whole of it.'),
  message: z.string().describe('What is wrong there.'),
})

/** What every error answer holds. */
export const problemBody = z.object({
  status: z.int().describe('The status of the answer.'),
  code: z.string().describe('A code of the error catalogue.'),
  title: z.string().describe('What the code means.'),
  detail: z.string().describe('What failed this time.'),
  hint: z.string().optional().describe('What to do about it.'),
  violations: z.array(violation).optional().describe('Why documents were refused, the first hundred.'),
})

const INGEST_HEADERS = {
  'Idempotency-Key':
    'Optional, 1 to 255 characters: a repeat with the same key within a week writes nothing and gets the same offsets.',
  'Content-Encoding': 'Optional: gzip, deflate, br or zstd.',
}

const INGEST_ERRORS = [
  'document_invalid',
  'key_invalid',
  'body_invalid',
  'request_invalid',
  'collection_unknown',
  'body_too_large',
  'content_type_unsupported',
  'idempotency_key_reused',
  'server_busy',
  'log_unavailable',
  'disk_full',
] as const satisfies readonly ErrorCode[]

/** Replies on a WebSocket, one a commit. */
export const webSocketReply = z.object({
  Offsets: z.record(z.string(), z.int()).describe('The collection and the position in the log at which the commit stands.'),
  Processed: z.int().describe('Documents committed on this connection so far.'),
})

/** The last reply on a WebSocket that met an error; what `Processed` counted before stays. */
export const webSocketError = z.object({
  Error: z.string().describe('What is wrong, with frame and document, or row.'),
  ApproximateFrame: z.int().describe('The frame that could not be taken, 1 for the first.'),
})

const positions = z.record(z.string(), z.int())

/** What every part of the engine says of itself. */
const task = {
  state: z
    .enum(['running', 'retrying', 'stuck', 'stopped'])
    .describe('Whether it runs, tries again after a failure, does not react, or has given up.'),
  message: z.string().optional().describe('Why it does not run, with `code` and `hint` of the error catalogue.'),
}

/** What of the status is promised; there may be more. */
const statusBody = z.looseObject({
  startedAt: z.iso.datetime().describe('When the engine started.'),
  log: z.looseObject({ head: z.int().describe('Position of the last entry of the log.') }),
  documents: z.looseObject({
    accepted: z.int().describe('Documents accepted since the start.'),
    applied: z.int().describe('Documents that all derivations have seen since the start.'),
    lagMs: z.number().describe('How long the oldest accepted document has waited to be applied.'),
  }),
  events: z
    .looseObject({
      applied: z.int().describe('Tracked events that are applied.'),
      repeated: z.int().describe('Tracked events that were dropped as repeats: known by their message id.'),
      setAside: z.int().describe('Items that could not become events and went into the quarantine.'),
    })
    .optional()
    .describe('Since the beginning of the log; absent while the store is away.'),
  apply: z.looseObject({
    ...task,
    positions: positions.optional().describe('Committed position by derivation.'),
    stopped: z
      .array(
        z.looseObject({
          derivation: z.string().describe('Name of the derived collection.'),
          position: z.int().describe('It stopped before this entry of the log.'),
          message: z.string().describe('What its lambda did.'),
        }),
      )
      .optional()
      .describe('Derivations that have stopped.'),
  }),
  materializations: z
    .record(
      z.string(),
      z.looseObject({
        ...task,
        bindings: z
          .array(
            z.looseObject({
              table: z.string().describe('Table of the binding.'),
              source: z.string().describe('Collection of the binding.'),
              position: z.int().describe('The table holds everything up to this position.'),
            }),
          )
          .optional()
          .describe('How far each binding is.'),
        documentCount: z.int().optional().describe('Documents brought to the target since the start.'),
      }),
    )
    .describe('By name of the materialization.'),
  lake: z.looseObject({
    ...task,
    fragments: z.int().optional().describe('Fragments published since the start.'),
    documents: z.int().optional().describe('Documents in them.'),
    positions: positions.optional().describe('Position up to which each collection is read.'),
  }),
  memory: z.looseObject({ residentBytes: z.int().describe('Memory of the process.') }),
})

export const ENDPOINTS = {
  ingestTransaction: {
    methods: ['POST', 'PUT'],
    path: '/ingest',
    summary: 'Adds documents to one or more collections in one transaction, all or nothing.',
    notes: ['The answer comes when the documents are on disk.', 'Documents keep the order of the request.'],
    request: {
      headers: INGEST_HEADERS,
      bodies: {
        'application/json': z.record(z.string(), z.array(document)).describe('An array of documents for each collection.'),
      },
    },
    response: receipt,
    errors: INGEST_ERRORS,
  },
  ingestCollection: {
    methods: ['POST', 'PUT'],
    path: '/ingest/{collection...}',
    summary: 'Adds documents to one collection, all or nothing.',
    notes: [
      'The first row of CSV and TSV names the fields; a missing cell is a missing value.',
      'The answer comes when the documents are on disk.',
    ],
    request: {
      headers: INGEST_HEADERS,
      bodies: {
        'application/x-ndjson': z.string().describe('One document a line.'),
        'application/json': z.union([z.array(document), document]).describe('One document, or an array of documents.'),
        'text/csv': z.string().describe('A header row that names fields, then a row for each document (RFC 4180).'),
        'text/tab-separated-values': z.string().describe('The same with tabs.'),
      },
    },
    response: receipt,
    errors: INGEST_ERRORS,
  },
  ingestSocket: {
    methods: ['GET'],
    path: '/ingest/{collection...}',
    summary: 'Opens a WebSocket that adds documents to one collection continuously.',
    notes: [
      'Sub-protocols: json/v1 (the default), csv/v1, tsv/v1; for browsers, which take no slash: json.v1, csv.v1, tsv.v1.',
      'Text frames of one or more whole documents or rows; binary frames are refused.',
      'Each commit is answered with `Offsets` and the `Processed` so far; how many documents it takes depends on what is ready.',
      'Close the socket to end: the server commits what it has, replies, and closes with 1000 "success".',
      'An error is answered with `Error` and `ApproximateFrame`, then the socket closes with 1002 "error"; earlier commits stay.',
      'When the server stops, it commits what it has, replies, and closes with 1001.',
    ],
    response: z.union([webSocketReply, webSocketError]),
    errors: ['collection_unknown', 'request_invalid', 'upgrade_required', 'server_busy'],
  },
  status: {
    methods: ['GET'],
    path: '/status',
    summary: 'How far the parts of the engine have come.',
    notes: ['`millrace status` shows the same.'],
    response: statusBody,
    errors: [],
  },
  health: {
    methods: ['GET'],
    path: '/health',
    summary: 'Answers 200 while the server takes requests.',
    notes: [],
    response: z.object({ status: z.literal('ok') }),
    errors: [],
  },
  ready: {
    methods: ['GET'],
    path: '/ready',
    summary: 'Answers 200 when requests can be accepted, 503 when not: for load balancers.',
    notes: [],
    response: z.object({ status: z.literal('ready') }),
    errors: ['server_busy'],
  },
  version: {
    methods: ['GET'],
    path: '/version',
    summary: 'Which Millrace this is.',
    notes: [],
    response: z.object({ name: z.literal('millrace'), version: z.string().describe('Version of the package.') }),
    errors: [],
  },
} as const satisfies Record<string, Endpoint>
