/**
 * The table of HTTP endpoints: routes, reference page and contract test come from it. Wire names are camelCase; the members of
 * WebSocket replies alone keep the capital letters that clients of Flow's ingestion know.
 */
import { z } from 'zod'
import type { ErrorCode } from '../base/error-codes.ts'

export type Endpoint = {
  methods: readonly ('GET' | 'POST' | 'PUT')[]
  /** `{name}` stands for the rest of the path, slashes included. */
  path: string
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
  collection: z.string(),
  index: z.int().describe('Of the document within its collection, 0 for the first.'),
  line: z.int().optional().describe('Line of an NDJSON body, 1 for the first.'),
  row: z.int().optional().describe('Row of a CSV or TSV body; the header is row 1.'),
  code: z.string(),
  pointer: z.string().describe('JSON pointer into the document.'),
  message: z.string(),
})

/** What every error answer holds. */
export const problemBody = z.object({
  status: z.int(),
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
  Offsets: z.record(z.string(), z.int()),
  Processed: z.int().describe('Documents committed on this connection so far.'),
})

/** The last reply on a WebSocket that met an error; what `Processed` counted before stays. */
export const webSocketError = z.object({
  Error: z.string(),
  ApproximateFrame: z.int().describe('The frame that could not be taken, 1 for the first.'),
})

export const ENDPOINTS = {
  ingestTransaction: {
    methods: ['POST', 'PUT'],
    path: '/ingest',
    summary: 'Adds documents to one or more collections in one transaction, all or nothing.',
    notes: ['The answer comes when the documents are on disk.', 'Documents keep the order of the request.'],
    request: { headers: INGEST_HEADERS, bodies: { 'application/json': z.record(z.string(), z.array(document)) } },
    response: receipt,
    errors: INGEST_ERRORS,
  },
  ingestCollection: {
    methods: ['POST', 'PUT'],
    path: '/ingest/{collection}',
    summary: 'Adds documents to one collection, all or nothing.',
    notes: [
      'The first row of CSV and TSV names the fields; a missing cell is a missing value.',
      'The answer comes when the documents are on disk.',
    ],
    request: {
      headers: INGEST_HEADERS,
      bodies: {
        'application/x-ndjson': z.string().describe('One document a line.'),
        'application/json': z.union([z.array(document), document]),
        'text/csv': z.string(),
        'text/tab-separated-values': z.string(),
      },
    },
    response: receipt,
    errors: INGEST_ERRORS,
  },
  ingestSocket: {
    methods: ['GET'],
    path: '/ingest/{collection}',
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
    notes: [],
    response: z.json(),
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
} as const satisfies Record<string, Endpoint>
