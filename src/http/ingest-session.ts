/**
 * One WebSocket connection that brings documents. Frames are taken as they come; what has gathered when the log is free is
 * committed as one entry, while the next documents gather. Documents before a mistake are committed, those after it are not.
 *
 *   state    client closes      server stops       mistake found      all committed
 *   open     ending (1000)      ending (1001)      ending (1002)      reply, stay open
 *   ending   –                  –                  –                  last reply, close frame, closed
 *   closed   –                  –                  –                  –
 */
import { Buffer, isUtf8 } from 'node:buffer'
import { MillraceError, messageOf } from '../base/errors.ts'
import type { DocumentGate } from '../engine/ingest/document-gate.ts'
import { admit, type Arrival, describeRefusals, type DocumentReader } from '../engine/ingest/document-reader.ts'
import type { Ingest } from '../engine/ingest/ingest.ts'
import type { webSocketError, webSocketReply } from './endpoints.ts'
import type { PatientSocket } from './patient-socket.ts'
import type { z } from 'zod'

/**
 * Documents that one commit takes at most. Flow's ingestion took 2,048; with a larger batch the log is flushed and the entry
 * framed less often under load, and when little arrives a commit takes what is there in any case.
 */
const COMMIT_DOCUMENTS_MAX = 16_384
/** Keeps entries of the log small enough to be read one by one, also when documents are large. */
const COMMIT_CHARACTERS_MAX = 4 * 1024 * 1024
/** Received and not yet gathered: above it the socket is not read. One read of a socket brings up to 64 KiB of small frames. */
const WAITING_BYTES_MAX = 1024 * 1024
/** Replies that a client does not read; they have about 100 bytes each. */
const UNREAD_REPLY_BYTES_MAX = 1024 * 1024

type Ending = { code: 1000 | 1001 | 1002 | 1009 | 1011 | 1013; error?: { message: string; frame: number } }
type Frame = { number: number; bytes: Buffer; isBinary: boolean }

type SessionParts = {
  socket: PatientSocket
  ingest: Ingest
  collection: string
  reader: DocumentReader
  /** Called with what is not the client's fault. */
  reportBug: (error: unknown) => void
}

export class IngestSession {
  readonly #parts: SessionParts
  /** The connection is closed and all that it brought is committed, or refused. Never rejects. */
  readonly closed: Promise<void>
  readonly #settle: () => void
  #isClosed = false
  #gate: DocumentGate
  #waiting: Frame[] = []
  #waitingBytes = 0
  #arrivals: Iterator<Arrival> | undefined
  #frame = 0
  #received = 0
  #documentsInFrame = 0
  #processed = 0
  #isCommitting = false
  #ending: Ending | undefined

  constructor(parts: SessionParts) {
    this.#parts = parts
    const { socket, ingest, collection } = parts
    this.#gate = ingest.prepare(collection)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.closed = promise
    this.#settle = resolve
    socket.once('close', () => this.#endByLoss())
    socket.on('message', (bytes: Buffer, isBinary) => this.#receive(bytes, isBinary))
    socket.on('error', (error) => this.#breakOff(error))
    socket.onClientClose = () => this.#endByClient()
  }

  /** Commits what was received, says goodbye with 1001, and resolves when the connection is closed. */
  stop(): Promise<void> {
    this.#end({ code: 1001 })
    return this.closed
  }

  #receive(bytes: Buffer, isBinary: boolean): void {
    if (this.#ending) return
    this.#waiting.push({ number: ++this.#received, bytes, isBinary })
    this.#waitingBytes += bytes.length
    this.#gather()
  }

  #endByClient(): void {
    const error = { message: 'client closed the connection without sending any documents', frame: 0 }
    this.#end(this.#received === 0 ? { code: 1002, error } : { code: 1000 })
  }

  /** Also after an orderly end. What a client sent before it vanished is whole frames, and is taken. */
  #endByLoss(): void {
    this.#isClosed = true
    this.#end({ code: 1000 })
  }

  /** The protocol is broken: a frame larger than the limit, or no frame at all. */
  #breakOff(error: Error & { code?: string }): void {
    if (this.#ending?.error) return
    const isTooLarge = error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'
    const message = isTooLarge ? 'frame is larger than the limit' : error.message
    this.#ending = {
      code: isTooLarge ? 1009 : 1002,
      error: { message: `processing frame: ${message}`, frame: this.#received + 1 },
    }
    this.#gather()
  }

  #end(ending: Ending): void {
    this.#ending ??= ending
    this.#gather()
  }

  /** Fills the gate from what waits, until it is full. */
  #gather(): void {
    while (this.#hasRoom()) {
      const arrival = this.#nextArrival()
      if (arrival === undefined) break
      this.#documentsInFrame++
      const refusals = admit(this.#gate, arrival)
      if (refusals) this.#refuse(arrival, describeRefusals(refusals))
    }
    this.#regulate()
    this.#commitSoon()
  }

  /** Stops reading the socket while too much waits, so that the client is slowed down to what the log takes. */
  #regulate(): void {
    const { socket } = this.#parts
    const isFull = this.#waitingBytes > WAITING_BYTES_MAX
    if (isFull && !socket.isPaused) socket.pause()
    if (!isFull && socket.isPaused) socket.resume()
  }

  #hasRoom(): boolean {
    return this.#gate.count < COMMIT_DOCUMENTS_MAX && this.#gate.sizeCharacters < COMMIT_CHARACTERS_MAX
  }

  #nextArrival(): Arrival | undefined {
    for (;;) {
      const next = this.#arrivals?.next()
      if (next && !next.done) return next.value
      const frame = this.#waiting.shift()
      this.#arrivals = undefined
      if (frame === undefined) return undefined
      this.#open(frame)
    }
  }

  #open({ number, bytes, isBinary }: Frame): void {
    this.#waitingBytes -= bytes.length
    this.#frame = number
    this.#documentsInFrame = 0
    if (isBinary) this.#fail('processing frame: binary frames are not supported, send text')
    else if (!isUtf8(bytes)) this.#fail('processing frame: not valid UTF-8')
    else this.#arrivals = this.#parts.reader.read(bytes.toString())[Symbol.iterator]()
  }

  #refuse(arrival: Arrival, description: string): void {
    const place = arrival.kind === 'text' ? `frame ${this.#frame}, document ${this.#documentsInFrame}` : `row ${arrival.row}`
    this.#fail(`ingestion of collection "${this.#parts.collection}": ${place}: ${description}`)
  }

  /** Nothing after this frame is taken. */
  #fail(message: string): void {
    this.#ending = { code: 1002, error: { message, frame: this.#frame } }
    this.#arrivals = undefined
    this.#waiting = []
    this.#waitingBytes = 0
  }

  #commitSoon(): void {
    if (this.#isCommitting) return
    if (this.#gate.count === 0) return this.#finish()
    this.#isCommitting = true
    // After this turn of the event loop, so that all that the socket brought with it goes along.
    setImmediate(() => void this.#commit())
  }

  async #commit(): Promise<void> {
    const batch = this.#gate
    const { ingest, collection } = this.#parts
    this.#gate = ingest.prepare(collection)
    this.#gather()
    try {
      const { position } = await ingest.append([batch])
      this.#processed += batch.count
      this.#reply({ Offsets: { [collection]: position }, Processed: this.#processed })
    } catch (error) {
      this.#failCommit(error)
    }
    this.#isCommitting = false
    this.#gather()
  }

  /** What is not committed by now is dropped: the client knows from `Processed` where to go on. */
  #failCommit(error: unknown): void {
    const isRetryable = error instanceof MillraceError && error.retryable
    if (!(error instanceof MillraceError)) this.#parts.reportBug(error)
    this.#fail(error instanceof MillraceError ? messageOf(error) : 'internal error')
    this.#gate = this.#parts.ingest.prepare(this.#parts.collection)
    if (this.#ending) this.#ending.code = isRetryable ? 1013 : 1011
  }

  #reply(reply: z.infer<typeof webSocketReply> | z.infer<typeof webSocketError>): void {
    const { socket } = this.#parts
    if (socket.bufferedAmount > UNREAD_REPLY_BYTES_MAX) socket.terminate()
    else if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(reply))
  }

  /** Everything is committed: the end, if it is one. */
  #finish(): void {
    if (this.#ending === undefined) return
    if (this.#isClosed) return this.#settle()
    const { code, error } = this.#ending
    if (error) this.#reply({ Error: error.message, ApproximateFrame: error.frame })
    this.#parts.socket.finish(code, CLOSE_REASONS[code])
  }
}

const CLOSE_REASONS: Record<Ending['code'], string> = {
  1000: 'success',
  1001: 'going away',
  1002: 'error',
  1009: 'error',
  1011: 'error',
  1013: 'try again later',
}
