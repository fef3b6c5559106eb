/** Queries and bodies of requests, parsed by schemas; what is wrong is named. */
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { ErrorCode } from '../../base/error-codes.ts'
import { MillraceError, messageOf } from '../../base/errors.ts'
import { type BodyReader, decodeText } from '../body.ts'

/** Throws `request_invalid`. */
export function readQuery<Query>({ query }: FastifyRequest, schema: z.ZodType<Query>): Query {
  return parse(schema, query, { code: 'request_invalid', what: 'The query' })
}

/** The value in the path; the router has decoded it. */
export function readParam({ params }: FastifyRequest, name: string): string {
  // The router fills in what the endpoint's path names.
  return (params as Record<string, string>)[name] ?? ''
}

/** An empty body reads as `undefined`. Throws `body_invalid`, and what reading a body throws. */
export async function readBody<Body>(request: FastifyRequest, bodies: BodyReader, schema: z.ZodType<Body>): Promise<Body> {
  const text = await bodies.use(request.raw, async (bytes) => decodeText(bytes))
  return parse(schema, text.trim() === '' ? undefined : parseJson(text), { code: 'body_invalid', what: 'The body' })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new MillraceError('body_invalid', `The body is no JSON: ${messageOf(cause)}.`, { cause })
  }
}

function parse<Value>(schema: z.ZodType<Value>, value: unknown, { code, what }: { code: ErrorCode; what: string }): Value {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const at = issue?.path.length ? `: "${issue.path.join('.')}"` : ''
  throw new MillraceError(code, `${what} cannot be read${at}: ${issue?.message ?? 'it has another form'}.`)
}

const PAGE_DEFAULT = 50

/** `limit` and `cursor` of every list. */
export function pageQuery(limitMax: number) {
  return {
    limit: z.coerce.number().int().min(1).max(limitMax).default(PAGE_DEFAULT),
    cursor: z.string().min(1).optional(),
  }
}

/** A parameter that may be given once or more often. */
export const manyTexts = z
  .union([z.string(), z.array(z.string())])
  .transform((texts) => (typeof texts === 'string' ? [texts] : texts))
  .optional()

const YEARS = /^\d{4}-/

/** A date, or an instant with any offset; in UTC with milliseconds. */
export const instantText = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], {
    error: 'a date or an instant, such as 2026-03-01 or 2026-03-01T08:00:00Z',
  })
  .transform((text, context) => {
    const instant = new Date(text)
    const iso = Number.isNaN(instant.getTime()) ? '' : instant.toISOString()
    if (YEARS.test(iso)) return iso
    context.addIssue({ code: 'custom', message: 'years have four digits' })
    return z.NEVER
  })
  .optional()
