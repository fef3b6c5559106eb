/** WebSocket connections for `GET /ingest/<collection>`: opens them, notices when their clients are gone, and ends them. */
import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Server as SocketServer, WebSocketServer } from 'ws'
import type { Clock } from '../base/clock.ts'
import { MillraceError } from '../base/errors.ts'
import { createReader, type ReaderFormat } from '../engine/ingest/document-reader.ts'
import type { Ingest } from '../engine/ingest/ingest.ts'
import { IngestSession } from './ingest-session.ts'
import { PatientSocket } from './patient-socket.ts'
import { PROBLEM_TYPE, type Problem, problemOf, retryHeaders } from './problem.ts'

/** The names with a dot are for browsers: by RFC 6455 a name has no slash, which Flow's clients do not mind. */
const FORMATS: ReadonlyMap<string, ReaderFormat> = new Map([
  ['json/v1', 'json'],
  ['csv/v1', 'csv'],
  ['tsv/v1', 'tsv'],
  ['json.v1', 'json'],
  ['csv.v1', 'csv'],
  ['tsv.v1', 'tsv'],
])

/** A client that is silent for this long after a ping is gone; proxies of the field drop idle connections after 60 s. */
const HEARTBEAT_MS = 30_000
/** For a client's answer to our close frame; a stop of the server must not hang on it for longer. */
const CLOSE_TIMEOUT_MS = 5_000

type SocketsParts = {
  ingest: Ingest
  clock: Clock
  frameBytesMax: number
  connectionsMax: number
  reportBug: (error: unknown) => void
}

type Connection = { socket: PatientSocket; session: IngestSession; isAlive: boolean }

export class IngestSockets {
  readonly #parts: SocketsParts
  readonly #server: SocketServer<typeof PatientSocket>
  /** The sub-protocol that the answer to a request names. */
  readonly #chosen = new WeakMap<IncomingMessage, string>()
  readonly #connections = new Set<Connection>()
  readonly #stopping = new AbortController()

  constructor(parts: SocketsParts) {
    this.#parts = parts
    // `closeTimeout` is an option of the library that its types do not know.
    const options = { closeTimeout: CLOSE_TIMEOUT_MS }
    this.#server = new WebSocketServer({
      ...options,
      noServer: true,
      WebSocket: PatientSocket,
      clientTracking: false,
      maxPayload: parts.frameBytesMax,
      // Checked by the session, which can name the frame.
      skipUTF8Validation: true,
    })
    this.#server.on('headers', (headers, request) => {
      const protocol = this.#chosen.get(request)
      if (protocol !== undefined) headers.push(`Sec-WebSocket-Protocol: ${protocol}`)
    })
  }

  /** Called once, before the server listens. */
  attach(server: Server): void {
    server.once('listening', () => void this.#watch())
    server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      stream.on('error', () => stream.destroy())
      try {
        this.#upgrade(request, stream, head)
      } catch (error) {
        if (!(error instanceof MillraceError)) this.#parts.reportBug(error)
        refuseUpgrade(stream, problemOf(error), this.#parts.clock.now())
      }
    })
  }

  /** Every connection commits what it has received and is closed with 1001. New ones are refused. */
  async close(): Promise<void> {
    this.#stopping.abort()
    await Promise.all([...this.#connections].map(({ session }) => session.stop()))
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    if (this.#stopping.signal.aborted || this.#connections.size >= this.#parts.connectionsMax) {
      throw new MillraceError('server_busy', 'The server takes no more connections at the moment.', { retryable: true })
    }
    const { ingest, reportBug } = this.#parts
    const collection = collectionOf(request.url ?? '')
    const { format, protocol } = chooseFormat(request)
    const reader = createReader(ingest, collection, format)
    ingest.prepare(collection)
    if (protocol !== undefined) this.#chosen.set(request, protocol)
    // The library would refuse a name with a slash.
    delete request.headers['sec-websocket-protocol']
    this.#server.handleUpgrade(request, stream, head, (socket) => {
      const session = new IngestSession({ socket, ingest, collection, reader, reportBug })
      this.#track({ socket, session, isAlive: true })
    })
  }

  #track(connection: Connection): void {
    this.#connections.add(connection)
    const markAlive = () => {
      connection.isAlive = true
    }
    connection.socket.on('message', markAlive).on('pong', markAlive)
    void connection.session.closed.then(() => this.#connections.delete(connection))
  }

  /** A socket that we do not read because of back-pressure cannot answer, so it counts as alive. */
  async #watch(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await this.#parts.clock.sleep(HEARTBEAT_MS, signal)
      for (const connection of this.#connections) {
        if (!connection.isAlive && !connection.socket.isPaused) connection.socket.terminate()
        connection.isAlive = false
        connection.socket.ping()
      }
    }
  }
}

const PREFIX = '/ingest/'

function collectionOf(url: string): string {
  const path = url.split('?', 1)[0] ?? ''
  if (!path.startsWith(PREFIX)) {
    throw new MillraceError('path_unknown', `No WebSocket at "${path}".`, { hint: `Connect to ${PREFIX}<collection>.` })
  }
  try {
    return decodeURIComponent(path.slice(PREFIX.length))
  } catch {
    throw new MillraceError('request_invalid', `The path "${path}" is not well encoded.`)
  }
}

function chooseFormat({ headers }: IncomingMessage): { format: ReaderFormat; protocol?: string } {
  const offered = headers['sec-websocket-protocol']
  if (offered === undefined) return { format: 'json' }
  for (const name of offered.split(',')) {
    const protocol = name.trim()
    const format = FORMATS.get(protocol)
    if (format) return { format, protocol }
  }
  throw new MillraceError('request_invalid', `The WebSocket sub-protocol "${offered}" is not supported.`, {
    hint: `Use one of ${[...FORMATS.keys()].join(', ')}.`,
  })
}

function refuseUpgrade(stream: Duplex, problem: Problem, now: number): void {
  const body = JSON.stringify(problem)
  const headers = {
    'content-type': PROBLEM_TYPE,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
    ...retryHeaders(problem, now),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  stream.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? 'Error'}\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
}
