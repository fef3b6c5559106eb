/** The table of endpoints that SDKs of the Segment family call. */
import { z } from 'zod'
import type { ErrorCode } from '../../base/error-codes.ts'
import type { Endpoint } from '../endpoints.ts'

const KEY_HEADERS = {
  Authorization: '`Basic` with the write key as the name (colon and password are optional), or `Bearer` with an access token.',
  'X-Write-Key': 'The write key; what follows a colon does not count.',
  'Content-Encoding': 'Optional: gzip, deflate, br or zstd.',
}

const receipt = z.object({
  success: z.literal(true),
  accepted: z.int().describe('How many events are on disk.'),
  rejected: z
    .array(
      z.object({
        index: z.int().describe('Of the event in the batch, 0 for the first.'),
        messageId: z.string().nullable().describe('Message id of the event, if it had one.'),
        code: z.string().describe('A code of the error catalogue.'),
        message: z.string().describe('What is wrong with it.'),
      }),
    )
    .describe('Events that were set aside, to be looked at and mended.'),
})

const TRACKING_ERRORS = [
  'body_invalid',
  'event_invalid',
  'write_key_unknown',
  'token_refused',
  'access_denied',
  'body_too_large',
  'content_type_unsupported',
  'rate_limited',
  'server_busy',
  'log_unavailable',
  'disk_full',
] as const satisfies readonly ErrorCode[]

const event = z.record(z.string(), z.json()).describe('One event.')
const batch = z
  .object({ batch: z.array(event) })
  .describe('`{batch: [event, …], sentAt, context, integrations}`: what stands beside the list holds for all events.')

export const TRACKING_ENDPOINTS = {
  trackBatch: {
    methods: ['POST'],
    path: '/v1/batch',
    aliases: ['/v1/b', '/beacon/v1/batch', '/api/s/s2s/batch'],
    summary: 'Takes events of one source: identify, track, page, screen, group, alias.',
    notes: [
      'The answer comes when the events are on disk. A bad event is set aside and listed in `rejected`; the others are taken.',
      'Of a strict source, a request with a bad event is answered 400 with the list, and none of it is taken.',
      'Bodies are read as JSON whatever the content type says; bytes that are no UTF-8 become U+FFFD.',
      'The write key is looked for in `Authorization`, `X-Write-Key`, the parameter `writeKey`, the body’s `writeKey`, and that of its first event; the first that holds counts.',
      'Errors are `{"success": false, "message", "code"}`. After 429, 503 and 507, `Retry-After` (seconds) and `X-RateLimit-Reset` (Unix seconds) say when to come back.',
    ],
    request: { headers: KEY_HEADERS, bodies: { 'application/json': batch } },
    response: receipt,
    errors: TRACKING_ERRORS,
  },
  trackImport: {
    methods: ['POST'],
    path: '/v1/import',
    summary: 'Takes events of the past, such as exports of other systems: their times count as they are said.',
    notes: [
      '`timestamp`, else `originalTimestamp`, is when an event happened; `sentAt` shifts nothing, since nobody knows how long ago the file was written.',
      'Everything else is as at `/v1/batch`. `millrace ingest events` sends here.',
    ],
    request: { headers: KEY_HEADERS, bodies: { 'application/json': batch } },
    response: receipt,
    errors: TRACKING_ERRORS,
  },
  trackEvent: {
    methods: ['POST'],
    path: '/v1/{type}',
    aliases: ['/api/s/{type}', '/api/s/s2s/{type}'],
    summary:
      'Takes one event; `{type}` is track, identify, page, screen, group, alias, merge or unalias, or one of t, i, p, s, g, a.',
    notes: ['The type of the path is that of a body without one.', 'Keys, answers and errors are those of `/v1/batch`.'],
    request: { headers: KEY_HEADERS, bodies: { 'application/json': event } },
    response: receipt,
    errors: [...TRACKING_ERRORS, 'path_unknown'],
  },
  trackMetrics: {
    methods: ['POST'],
    path: '/v1/m',
    summary: 'Takes what SDKs measure of themselves, and discards it.',
    notes: ['The settings documents ask SDKs not to send any.'],
    response: z.object({ success: z.literal(true) }),
    errors: [],
  },
  trackPixel: {
    methods: ['GET'],
    path: '/pixel/v1/{type}',
    summary: 'Takes an event from the address of an image; `{type}` is track or page.',
    notes: [
      'Parameters are members of the event, with dots for inner ones: `?writeKey=…&userId=u1&event=Opened&properties.mail=welcome`.',
      'Who asks for it is the person: the address of the connection becomes `context.ip`, unless the event has one.',
      'The answer is always a transparent image of one pixel: what was refused can be seen in the live events.',
    ],
    response: z.string().describe('image/gif'),
    errors: [],
  },
  settings: {
    methods: ['GET'],
    path: '/v1/projects/{writeKey}/settings',
    aliases: ['/projects/{writeKey}/settings'],
    summary: 'The settings document of browser and mobile SDKs, for the SDK family of the source.',
    notes: ['It names this server as the place for events, and asks the SDK not to report about itself to anybody.'],
    response: z.looseObject({ integrations: z.record(z.string(), z.json()).describe('One, for the SDK family of the source.') }),
    errors: ['write_key_unknown', 'access_denied'],
  },
  rudderConfig: {
    methods: ['GET'],
    path: '/sourceConfig/',
    aliases: ['/sourceConfig'],
    summary: 'The source configuration of RudderStack’s browser SDK.',
    notes: ['The write key comes as `Authorization: Basic`, or as the parameter `writeKey`.'],
    response: z.looseObject({ source: z.record(z.string(), z.json()).describe('The source, without destinations.') }),
    errors: ['write_key_unknown', 'access_denied'],
  },
  browserSdk: {
    methods: ['GET'],
    path: '/analytics.js/v1/{writeKey}/analytics.min.js',
    aliases: ['/analytics.js/v1/{writeKey}/platform/analytics.min.js'],
    summary: 'Segment’s open browser SDK for the snippet of a page, told to load everything from here.',
    notes: [
      'It is there when the package `@segment/analytics-next` is installed beside Millrace; else the answer is 404 and says so.',
    ],
    response: z.string().describe('text/javascript'),
    errors: ['write_key_unknown', 'access_denied', 'path_unknown'],
  },
  browserSdkPart: {
    methods: ['GET'],
    path: '/analytics-next/bundles/{part}',
    summary: 'Parts of that SDK, which it loads when it needs them.',
    notes: [],
    response: z.string().describe('text/javascript'),
    errors: ['path_unknown'],
  },
  token: {
    methods: ['POST'],
    path: '/token',
    summary: 'Gives an access token to a client that proves who it is with a signed assertion (RFC 7523).',
    notes: [
      'Clients and their public keys stand in the catalog, with the source. The assertion is a JWT signed with RS256; `iss` and `sub` are the client’s id, `aud` is the address of this server, `exp` is at most ten minutes after `iat`, and each `jti` is taken once.',
      'Errors are `{"error", "error_description", "code"}` (RFC 6749).',
    ],
    request: {
      headers: {},
      bodies: {
        'application/x-www-form-urlencoded': z
          .string()
          .describe(
            '`grant_type=client_credentials`, `client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer`, `client_assertion=<JWT>`.',
          ),
      },
    },
    response: z.object({
      access_token: z.string().describe('For `Authorization: Bearer`.'),
      token_type: z.literal('Bearer'),
      expires_in: z.int().describe('Seconds until it is over.'),
      scope: z.literal('tracking_api:write'),
    }),
    errors: ['request_invalid', 'token_refused', 'body_too_large', 'server_busy'],
  },
  liveEvents: {
    methods: ['GET'],
    path: '/events/live',
    summary: 'Events as they come in, and refusals with their reasons, as server-sent events.',
    notes: [
      'Needs the scope `read`; without a key on loopback.',
      'The parameters `source`, `userId` and `type` choose what is sent.',
      'Kinds: `accepted` (an event), `quarantined` (what was set aside, with `code` and `message`), `refused` (a request that was not taken), `dropped` (`count` messages were left out since the watcher is slow).',
      '`millrace tail` shows the same.',
    ],
    response: z.string().describe('text/event-stream'),
    errors: ['write_key_unknown', 'access_denied', 'server_busy'],
  },
} as const satisfies Record<string, Endpoint>
