/**
 * The lake writer: files every document of every collection, each exactly once, in order, as compressed NDJSON that any tool
 * reads. Last stop of an event; nothing waits for it. It is crash-only: a failure of any kind ends in the same start as a crash.
 */
import { setImmediate } from 'node:timers/promises'
import { MillraceError } from '../base/errors.ts'
import type { Position } from '../log/log.ts'
import type { LakeStep } from './fragment-files.ts'
import { asLakeFailure } from './lake-failure.ts'
import { LakeSession, type LakeSessionOptions } from './lake-session.ts'
import type { FragmentRecord } from './manifest.ts'
import type { Redaction } from './redaction.ts'

type Required = Pick<LakeSessionOptions, 'directory' | 'manifestPath' | 'collections' | 'log' | 'store' | 'clock'>
type Tunable = Pick<LakeSessionOptions, 'codec' | 'fragmentBytes' | 'flushIntervalMs' | 'openFragmentsMax' | 'openBytesMax'>
export type LakeWriterOptions = Required &
  Partial<Tunable> & {
    onStep?: (step: LakeStep) => void
    /** The redactions that are wanted, asked for before each pass: must be cheap while there are none. Done ones may stay in it. */
    redactions?: () => Promise<readonly Redaction[]>
    /** No fragment holds a line any more that this redaction concerns; `Manifest.redaction` says how many there were. */
    onRedacted?: (id: string) => void
  }

export type LakeReport =
  /** These files are there now; `filedThrough`: by collection, up to where the lake has everything. */
  | { kind: 'published'; fragments: readonly FragmentRecord[]; filedThrough: ReadonlyMap<string, Position> }
  /** Everything that log and store hold was read, by collection up to these positions; what is young is not published yet. */
  | { kind: 'idle'; positions: ReadonlyMap<string, Position> }
  /** The lake waits and then goes on where it was. */
  | { kind: 'failed'; error: MillraceError; retryInMs: number }

/** Resolves when the log or the store may hold more, or when the signal aborts. */
type WaitForMore = (signal: AbortSignal) => Promise<void>

export interface LakeWriter {
  /**
   * Files until `signal` aborts; then publishes what is open and resolves. Rejects with `lake_corrupt`, which needs a person, and
   * on bugs; everything else (disk full, log or store away) is reported and tried again. Call it once at a time per directory.
   */
  run(signal: AbortSignal, waitForMore: WaitForMore, report: (report: LakeReport) => void): Promise<void>
  /** Resolves when everything that log and store held at the call is published; waits for `run` where it does not run. */
  flush(): Promise<void>
}

/**
 * Readers (DuckDB among them) give a compressed file to one thread: at this size, some 400,000 events and 10 MB on the disk, a file
 * takes it a fraction of a second, and a busy partition yields one a minute rather than thousands a day.
 */
const FRAGMENT_BYTES = 64 * 1024 * 1024
/** Bounds how far the lake is behind; at most 288 files a day and partition. */
const FLUSH_INTERVAL_MS = 5 * 60_000
/** A roll of all takes a flush of the disk each: a few seconds for so many. */
const OPEN_FRAGMENTS_MAX = 4096
/** Enough for some 160 busy partitions, 1.2 MB each for chunk and compressor, or thousands of quiet ones. */
const OPEN_BYTES_MAX = 192 * 1024 * 1024

const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 60_000

export function createLakeWriter(options: LakeWriterOptions): LakeWriter {
  const complete = {
    codec: 'zstd' as const,
    fragmentBytes: FRAGMENT_BYTES,
    flushIntervalMs: FLUSH_INTERVAL_MS,
    openFragmentsMax: OPEN_FRAGMENTS_MAX,
    openBytesMax: OPEN_BYTES_MAX,
    onStep: () => undefined,
    redactions: async () => [],
    onRedacted: () => undefined,
    ...options,
  }
  return new CrashOnlyLakeWriter(complete)
}

type WriterOptions = Omit<LakeSessionOptions, 'onPublished'> & {
  redactions: () => Promise<readonly Redaction[]>
  onRedacted: (id: string) => void
}

type FlushRequest = { resolve: () => void }

class CrashOnlyLakeWriter implements LakeWriter {
  readonly #options: WriterOptions
  #flushRequests: FlushRequest[] = []
  #wake: () => void = () => undefined

  constructor(options: WriterOptions) {
    this.#options = options
  }

  async run(signal: AbortSignal, waitForMore: WaitForMore, report: (report: LakeReport) => void): Promise<void> {
    let retryInMs = FIRST_RETRY_MS
    while (!signal.aborted) {
      let session: LakeSession | undefined
      try {
        const onPublished: LakeSessionOptions['onPublished'] = (fragments, filedThrough) => {
          retryInMs = FIRST_RETRY_MS
          report({ kind: 'published', fragments, filedThrough })
        }
        session = await LakeSession.start({ ...this.#options, onPublished })
        await this.#work(session, { signal, waitForMore, report })
        session.close()
      } catch (error) {
        const failure = asLakeFailure(error, this.#options.directory)
        if (!failure?.retryable) {
          await session?.abandon()
          throw failure ?? error
        }
        await session?.discard()
        report({ kind: 'failed', error: failure, retryInMs })
        await this.#options.clock.sleep(retryInMs, signal)
        retryInMs = Math.min(2 * retryInMs, LAST_RETRY_MS)
      }
    }
  }

  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.#flushRequests.push({ resolve })
      this.#wake()
    })
  }

  async #work(session: LakeSession, { signal, waitForMore, report }: RunContext): Promise<void> {
    while (!signal.aborted) {
      await this.#redact(session, signal)
      const requests = [...this.#flushRequests]
      if (await session.pass()) {
        // Log and store may answer without ever leaving the turn of the event loop.
        await setImmediate()
        continue
      }
      if (requests.length > 0) await this.#answerFlush(session, requests)
      report({ kind: 'idle', positions: session.positions })
      if (this.#flushRequests.length === 0) await this.#wait(session, signal, waitForMore)
    }
    // What was applied last is there by now.
    await session.pass()
    await session.rollAll()
  }

  async #redact(session: LakeSession, signal: AbortSignal): Promise<void> {
    for (const redaction of await this.#options.redactions()) {
      if (await session.redact(redaction, signal)) this.#options.onRedacted(redaction.id)
    }
  }

  async #answerFlush(session: LakeSession, requests: readonly FlushRequest[]): Promise<void> {
    await session.rollAll()
    this.#flushRequests = this.#flushRequests.filter((request) => !requests.includes(request))
    for (const request of requests) request.resolve()
  }

  /** Until there may be more to read, the open fragments are due, or somebody asks for a flush. */
  async #wait(session: LakeSession, signal: AbortSignal, waitForMore: WaitForMore): Promise<void> {
    const { clock } = this.#options
    const over = new AbortController()
    const either = AbortSignal.any([signal, over.signal])
    const reasons = [waitForMore(either), new Promise<void>((resolve) => (this.#wake = resolve))]
    if (session.flushAt !== undefined) reasons.push(clock.sleep(Math.max(0, session.flushAt - clock.now()), either))
    try {
      await Promise.race(reasons)
    } finally {
      over.abort()
    }
  }
}

type RunContext = { signal: AbortSignal; waitForMore: WaitForMore; report: (report: LakeReport) => void }
