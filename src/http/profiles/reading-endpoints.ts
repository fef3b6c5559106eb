/** What the endpoints of this folder have in common. */
import { z } from 'zod'
import type { ErrorCode } from '../../base/error-codes.ts'

export const KEY_NOTES = {
  read: 'Needs a key with the scope `read`, unless the server listens on loopback only.',
  admin: 'Needs a key with the scope `admin`, unless the server listens on loopback only.',
} as const

export const READ_ERRORS = [
  'request_invalid',
  'write_key_unknown',
  'access_denied',
  'store_unavailable',
] as const satisfies readonly ErrorCode[]

export const position = z.int().describe('Place in the log.')
