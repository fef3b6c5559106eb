/** Exchanges that the page of HTTP shows, in this order, on the segment example with empty data; a test has them with a real engine. */

export type Exchange = {
  method: 'GET' | 'POST'
  path: string
  headers?: Record<string, string>
  body?: string
  status: number
  /** The whole answer, as JSON. */
  answer: unknown
}

const EVENTS = 'examples/segment/events'

function eventOf(id: number, user: string, name = 'seg-1'): string {
  const event = `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`
  return JSON.stringify({ event, timestamp: '2026-01-01T00:00:00Z', user, segment: { vendor: 1, name } })
}

const UPLOAD = {
  method: 'POST',
  path: `/ingest/${EVENTS}`,
  headers: { 'Content-Type': 'application/x-ndjson', 'Idempotency-Key': 'upload-17' },
  body: `${eventOf(1, 'usr-1')}\n${eventOf(2, 'usr-2')}`,
  status: 200,
} as const

/** By the name of the endpoint. */
export const EXCHANGES: Record<string, Exchange[]> = {
  ingestTransaction: [
    {
      method: 'POST',
      path: '/ingest',
      headers: { 'Content-Type': 'application/json' },
      body: `{"${EVENTS}": [${eventOf(3, 'usr-3')}]}`,
      status: 200,
      answer: { offsets: { [EVENTS]: 1 }, documents: 1, isRepeat: false },
    },
  ],
  ingestCollection: [
    { ...UPLOAD, answer: { offsets: { [EVENTS]: 2 }, documents: 2, isRepeat: false } },
    { ...UPLOAD, answer: { offsets: { [EVENTS]: 2 }, documents: 2, isRepeat: true } },
    {
      method: 'POST',
      path: `/ingest/${EVENTS}`,
      headers: { 'Content-Type': 'text/csv' },
      body: 'event,timestamp,user,vendor,segment_name\n00000000-0000-4000-8000-000000000004,yesterday,usr-4,1,seg-1',
      status: 400,
      answer: {
        status: 400,
        code: 'document_invalid',
        title: 'A document breaks the schema of its collection.',
        detail: `A document is refused, so nothing was written. "${EVENTS}" row 2, /timestamp: must match format "date-time"`,
        violations: [
          {
            collection: EVENTS,
            index: 0,
            row: 2,
            code: 'document_invalid',
            pointer: '/timestamp',
            message: 'must match format "date-time"',
          },
        ],
      },
    },
  ],
  health: [{ method: 'GET', path: '/health', status: 200, answer: { status: 'ok' } }],
}

/** On a WebSocket: frames of the client, and replies of the server until it closes. */
export const CONVERSATION = {
  path: `/ingest/${EVENTS}`,
  frames: [eventOf(5, 'usr-5'), '{"user": 7}'],
  replies: [
    { Offsets: { [EVENTS]: 3 }, Processed: 1 },
    {
      Error: `ingestion of collection "${EVENTS}": frame 2, document 1: must have required property "event"; must have required property "timestamp"; must have required property "segment"; /user: must be string`,
      ApproximateFrame: 2,
    },
  ],
  close: { code: 1002, reason: 'error' },
}
