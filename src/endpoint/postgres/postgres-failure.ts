/** PostgreSQL's errors as ours: which of them pass by themselves. */
import { MillraceError, messageOf } from '../../base/errors.ts'

/** `target`: host, port and database, without credentials. Errors that are no fault of the server or the network stay as they are. */
export function toEndpointError(error: unknown, target: string): unknown {
  if (error instanceof MillraceError) return error
  const code = codeOf(error)
  const message = `PostgreSQL ${target}: ${messageOf(error) || code}.`
  if (code.startsWith('53')) {
    return new MillraceError(code === '53100' ? 'disk_full' : 'endpoint_unavailable', message, {
      cause: error,
      retryable: true,
      hint: 'The server has run out of space, memory or connections; the materialization goes on when it has some.',
    })
  }
  if (isSetUpFault(code)) {
    return new MillraceError('endpoint_unavailable', message, {
      cause: error,
      hint: 'Check the address, the user, the password and the rights of the user: it must be able to create tables in the schema.',
    })
  }
  if (isPassing(code) || isConnectionLoss(error)) {
    return new MillraceError('endpoint_unavailable', message, {
      cause: error,
      retryable: true,
      hint: 'Check that the server runs and can be reached; the materialization goes on by itself when it does.',
    })
  }
  return error
}

/** Authorization, unknown database, missing privilege, unknown schema: somebody must change something. */
function isSetUpFault(code: string): boolean {
  return code.startsWith('28') || code === '3D000' || code === '42501' || code === '3F000' || code === '25006'
}

/** SQLSTATE classes: 08 connection, 40 rollback (deadlock), 55P03 lock not available, 57 operator intervention, 25P03 idle; system errors. */
function isPassing(code: string): boolean {
  return /^(08|40|57|58)/.test(code) || code === '55P03' || code === '25P03' || /^E[A-Z]{3,}$/.test(code)
}

/** What the client says, without a code, when the connection breaks or a time-out of ours passes. */
function isConnectionLoss(error: unknown): boolean {
  return error instanceof Error && /connection|timeout|not queryable/i.test(error.message) && codeOf(error) === ''
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
