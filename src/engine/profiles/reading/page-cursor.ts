/** Where the next page begins, as a text that callers hand back unread: JSON in URL-safe base64. */
import type { z } from 'zod'
import { MillraceError } from '../../../base/errors.ts'
import type { Json } from '../../../base/json.ts'

export function writeCursor(place: Json): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

/** Throws `request_invalid` for a text that no page has given. */
export function readCursor<Place>(cursor: string, schema: z.ZodType<Place>): Place {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
  } catch (cause) {
    throw new MillraceError('request_invalid', `"${cursor}" is no cursor of such a page.`, {
      hint: 'Send the cursor that the answer before gave as it is, with the same filters.',
      cause,
    })
  }
}
