/** Failures of PostgreSQL as the store's own: which of them pass by themselves, and what to do about them. */
import { MillraceError, messageOf } from '../../base/errors.ts'

const DISK_FULL = '53100'
/**
 * SQLSTATEs (https://www.postgresql.org/docs/current/errcodes-appendix.html) of servers that stop, start or are overloaded, of lost
 * connections (class 08), and of transactions that lost to another (class 40).
 */
const PASSING = /^(08...|40...|53...|57P0[1-5]|57014|55P03|25P03)$/
/** Of Node's sockets. */
const NETWORK = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_)/
/** What `pg` says, without a code, when the connection is gone. */
const CONNECTION_LOST = /connection (terminated|ended|closed|timeout)|not queryable|client has encountered/i
/** The user must change something: passwords, names, rights. */
const REFUSED = /^(28...|3D000|42501|3F000)$/

/** Undefined for every other error: wrong SQL or a broken constraint, which are bugs. */
export function describeFailure(error: unknown, server: string): MillraceError | undefined {
  const reason = messageOf(error)
  const code = codeOf(error)
  if (code === DISK_FULL) {
    return new MillraceError('disk_full', `No space left for the store at ${server}: ${reason}.`, {
      hint: 'Free some space on the disk of the database server; nothing needs to be restarted.',
      retryable: true,
      cause: error,
    })
  }
  if (PASSING.test(code) || NETWORK.test(code) || (code === '' && CONNECTION_LOST.test(reason))) {
    return new MillraceError('store_unavailable', `The store at ${server} cannot be reached: ${reason || code}.`, {
      hint: 'Check that the database server runs and accepts connections from here; the work goes on by itself.',
      retryable: true,
      cause: error,
    })
  }
  if (!REFUSED.test(code)) return undefined
  return new MillraceError('store_unavailable', `The store at ${server} refuses us: ${reason}.`, {
    hint: 'Check user, password and database in its URL; the user needs the right to create a schema in that database.',
    cause: error,
  })
}

function codeOf(error: unknown): string {
  // Several addresses of one host are tried; each has its own error.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error
  return first instanceof Error && 'code' in first && typeof first.code === 'string' ? first.code : ''
}
