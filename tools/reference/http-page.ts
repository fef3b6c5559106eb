import * as z from 'zod'
import { ALL_ENDPOINTS } from '../../src/http/all-endpoints.ts'
import { type Endpoint, problemBody, webSocketError, webSocketReply } from '../../src/http/endpoints.ts'
import { statusOf } from '../../src/http/problem.ts'
import { DEFAULT_LIMITS } from '../../src/http/server-limits.ts'
import { ERROR_CODES } from '../../src/base/error-codes.ts'
import { fieldTable, type SchemaNode, tableRow } from './field-table.ts'
import { CONVERSATION, type Exchange, EXCHANGES } from './http-examples.ts'

const MIB = 1024 * 1024

export function httpPage(): string {
  const { bodyBytesMax, heldBytesMax, connectionsMax } = DEFAULT_LIMITS
  const endpoints = Object.entries<Endpoint>(ALL_ENDPOINTS)
  return `# HTTP and WebSocket

An engine listens on \`http://127.0.0.1:8080\` unless it is [told otherwise](config.md). Tracking needs a [write key](cli.md#millrace-source-key-create).
Reading and managing profiles need a key with the scope \`read\` or \`admin\`, except for programs of the same machine while the server listens
on loopback only. Collections (\`/ingest\`) and \`/status\` have no authentication yet: keep them on the local machine, or behind a proxy that
has one.

${endpoints.map(([name, endpoint]) => `- [${titleOf(name, endpoint)}](#${anchorOf(name, endpoint)}): ${endpoint.summary}`).join('\n')}

## Errors

Every answer that is no success is \`application/problem+json\` (RFC 9457), except where SDKs of the field expect another form:

${answerTable(problemBody)}

The codes stand in the [error catalogue](errors.md). Answers 429, 503 and 507 have a \`Retry-After\` in seconds and an
\`X-RateLimit-Reset\` in Unix seconds: nothing was written, and the same request may succeed later. After 500, or no answer at all, whether the request was accepted is unknown; with an \`Idempotency-Key\` it is safe to repeat.

## Limits

| what | limit |
|---|---|
| a body, before and after decompression, and a WebSocket frame | ${bodyBytesMax / MIB} MiB |
| all bodies that are read at one time | ${heldBytesMax / MIB} MiB, then \`server_busy\` |
| WebSocket connections | ${connectionsMax.toLocaleString('en-US')}, then \`server_busy\` |

${endpoints.map(([name, endpoint]) => endpointText(name, endpoint)).join('\n')}`
}

/** \`GET\` and \`POST\` of one path need titles of their own. */
function titleOf(name: string, { methods, path }: Endpoint): string {
  return name === 'ingestSocket' ? `WebSocket \`${path}\`` : `\`${methods.join(', ')} ${path}\``
}

/** As GitHub names headings. */
function anchorOf(name: string, endpoint: Endpoint): string {
  return titleOf(name, endpoint)
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
}

function endpointText(name: string, endpoint: Endpoint): string {
  const isSocket = name === 'ingestSocket'
  const parts = [
    `## ${titleOf(name, endpoint)}`,
    endpoint.summary,
    endpoint.aliases === undefined ? '' : `Also at ${endpoint.aliases.map((path) => `\`${path}\``).join(', ')}.`,
    endpoint.notes.map((note) => `- ${note}`).join('\n'),
    requestText(endpoint),
    isSocket ? socketText() : `**Answer**\n\n${answerTable(endpoint.response)}`,
    ...exchangeTexts(EXCHANGES[name] ?? []),
    endpoint.errors.length === 0 ? '' : errorTable(endpoint),
  ]
  return `${parts
    .map((part) => part.trimEnd())
    .filter((part) => part !== '')
    .join('\n\n')}\n`
}

function requestText({ request }: Endpoint): string {
  if (!request) return ''
  const headers = Object.entries(request.headers).map(([name, meaning]) => tableRow([`header \`${name}\``, meaning]))
  const bodies = Object.entries(request.bodies).map(([type, body]) => tableRow([`body \`${type}\``, body.description ?? '']))
  return ['**Request**\n', '| part | meaning |', '|---|---|', ...bodies, ...headers].join('\n')
}

function socketText(): string {
  const { path, frames, replies, close } = CONVERSATION
  const lines = frames.flatMap((frame, i) => [`→ ${frame}`, `← ${JSON.stringify(replies[i])}`])
  return [
    `**Replies**, one for each commit\n\n${answerTable(webSocketReply)}`,
    `**The last reply**, when there was an error\n\n${answerTable(webSocketError)}`,
    `**Codes of the close frame**\n\n| code | means |\n|---|---|\n${CLOSE_CODES.map(([code, meaning]) => tableRow([code, meaning])).join('\n')}`,
    `**For example**, on \`ws://127.0.0.1:8080${path}\`:\n\n\`\`\`text\n${lines.join('\n')}\nclosed: ${close.code} "${close.reason}"\n\`\`\``,
  ]
    .map((part) => part.trimEnd())
    .join('\n\n')
}

const CLOSE_CODES = [
  ['1000', 'The client has closed; everything that it sent is committed.'],
  ['1001', 'The server stops; everything that it received is committed.'],
  ['1002', 'A frame or a document was refused; what was sent before it is committed.'],
  ['1009', 'A frame is larger than the limit.'],
  ['1011', 'A failure inside Millrace.'],
  ['1013', 'The log cannot be written at the moment: try again later, from the last `Processed`.'],
] as const

function exchangeTexts(exchanges: readonly Exchange[]): string[] {
  const requests = exchanges.map(requestExample)
  return exchanges.map(({ status, answer }, i) => {
    const request = i > 0 && requests[i] === requests[i - 1] ? 'The same request again:' : `\`\`\`http\n${requests[i]}\n\`\`\``
    return `${request}\n\n\`\`\`json\n// ${status}\n${JSON.stringify(answer, null, 2)}\n\`\`\``
  })
}

function requestExample({ method, path, headers = {}, body }: Exchange): string {
  const head = [`${method} ${path}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)]
  return [...head, ...(body === undefined ? [] : ['', body])].join('\n')
}

function errorTable({ errors }: Endpoint): string {
  const rows = errors.map((code) => ({ status: statusOf(code), code })).toSorted((a, b) => a.status - b.status)
  const lines = rows.map(({ status, code }) => tableRow([String(status), `\`${code}\``, ERROR_CODES[code]]))
  return ['**Errors**\n', '| status | code | meaning |', '|---|---|---|', ...lines].join('\n')
}

function answerTable(schema: z.ZodType): string {
  return fieldTable(z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }) as SchemaNode, {}, 'read')
}
