import { ERROR_CODES, type ErrorCode } from '../../src/base/error-codes.ts'
import { ALL_ENDPOINTS } from '../../src/http/all-endpoints.ts'
import type { Endpoint } from '../../src/http/endpoints.ts'
import { statusOf } from '../../src/http/problem.ts'
import { tableRow } from './field-table.ts'

/** What any request can meet, whatever it asks for. */
const OF_EVERY_REQUEST = [
  'path_unknown',
  'method_unsupported',
  'request_invalid',
  'internal_error',
] as const satisfies ErrorCode[]

export function errorsPage(): string {
  const answered = new Set<string>([
    ...OF_EVERY_REQUEST,
    ...Object.values<Endpoint>(ALL_ENDPOINTS).flatMap(({ errors }) => errors),
  ])
  const rows = Object.entries(ERROR_CODES).map(([code, meaning]) =>
    tableRow([`\`${code}\``, answered.has(code) ? String(statusOf(code as ErrorCode)) : '', meaning]),
  )
  return `# Error codes

Every failure has one of these codes, a message that says what failed, on which thing and where, and mostly a hint what to do. The codes
stand in HTTP answers, with the status of this table, and in \`millrace status --json\`; they keep their meaning.

| code | HTTP | meaning |
|---|---|---|
${rows.join('\n')}
`
}
