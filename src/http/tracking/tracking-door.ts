/**
 * The way of every tracking request: who sends, may they, what do they send, hand it over, answer. Refusals are answered here
 * too, in the form of this API, and shown to live watchers.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../../base/clock.ts'
import { MillraceError } from '../../base/errors.ts'
import type { Delivery, Tracking, TrackingReceipt } from '../../engine/tracking/tracking.ts'
import type { BodyReader } from '../body.ts'
import type { Access, Grant } from './access.ts'
import { siftTypes, withDenied } from './allowed-types.ts'
import { bodyCredentials, type Credential, headerCredentials, queryCredentials } from './credentials.ts'
import type { LiveEvents } from './live-events.ts'
import { RateLimitError, RateLimits } from './rate-limits.ts'
import { refusalOf, sendReceipt, sendRefusal } from './tracking-answer.ts'
import type { TrackingBody } from './tracking-body.ts'

/** JSON of events shrinks to a twentieth at best; what grows more is made to. */
const DECOMPRESSION_RATIO_MAX = 200
const IPV4_IN_IPV6 = '::ffff:'

export type DoorParts = {
  tracking: Tracking
  access: Access
  live: LiveEvents
  bodies: BodyReader
  clock: Clock
  /** Called with errors that are nobody's input and no outage: bugs. */
  reportBug: (error: unknown) => void
  /** Seconds after which it is worth sending again, while more is accepted than can be applied; undefined when all is well. */
  pressure?: () => number | undefined
  /** Of any source: what is read before it is known who sends. */
  bodyBytesMax: number
}

/** How a request is read: its body, and what its path says about the events. */
export type Expected = { read: (bytes: Buffer) => TrackingBody } & Pick<Delivery, 'pathType' | 'keepsTimes'>

export class TrackingDoor {
  readonly #parts: DoorParts
  readonly #rates = new RateLimits()

  constructor(parts: DoorParts) {
    this.#parts = parts
  }

  /** Answers a request whose body has events. */
  async receive(request: FastifyRequest, reply: FastifyReply, expected: Expected): Promise<FastifyReply> {
    try {
      return sendReceipt(reply, await this.#take(request, expected))
    } catch (error) {
      return this.refuse(request, reply, error)
    }
  }

  /** Takes events that did not come in a body; throws what refuses them. */
  async deliver(request: FastifyRequest, delivery: Pick<Delivery, 'items' | 'envelope' | 'pathType'>): Promise<TrackingReceipt> {
    const grant = this.#grantOf([...headerCredentials(request), ...queryCredentials(request)])
    const receivedAt = this.#admit(grant)
    return await this.#handOver(grant, { ...delivery, receivedAt, ip: ipOf(request) })
  }

  /** Throws `write_key_unknown` and the like when none of the credentials holds. */
  requireGrant(credentials: readonly Credential[]): Grant {
    return this.#grantOf(credentials)
  }

  refuse(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
    this.show(request, error)
    return sendRefusal(reply, { refusal: refusalOf(error), error, now: this.#parts.clock.now() })
  }

  /** Tells watchers, and reports what is a bug. */
  show(request: FastifyRequest, error: unknown): void {
    const { code, message } = refusalOf(error)
    if (code === 'internal_error') this.#parts.reportBug(error)
    this.#parts.live.refuse({
      at: new Date(this.#parts.clock.now()).toISOString(),
      path: request.url.split('?', 1)[0] ?? '',
      code,
      message,
    })
  }

  async #take(request: FastifyRequest, { read, ...said }: Expected): Promise<TrackingReceipt> {
    const shown = [...headerCredentials(request), ...queryCredentials(request)]
    const early = this.#parts.access.grantOf(shown)
    const arrivedAt = early === undefined ? this.#parts.clock.now() : this.#admit(early)
    const work = async (bytes: Buffer) => {
      const { body, items, envelope } = read(bytes)
      const grant = early ?? this.#grantOf([...shown, ...bodyCredentials(body, items)])
      const receivedAt = early === undefined ? Math.max(arrivedAt, this.#admit(grant)) : arrivedAt
      requireSize(bytes, grant)
      return await this.#handOver(grant, { ...said, items, envelope, receivedAt, ip: ipOf(request) })
    }
    const bytesMax = early?.source.limits.batchBytesMax ?? this.#parts.bodyBytesMax
    return await this.#parts.bodies.use(request.raw, work, { bytesMax, ratioMax: DECOMPRESSION_RATIO_MAX })
  }

  #grantOf(credentials: readonly Credential[]): Grant {
    const grant = this.#parts.access.grantOf(credentials)
    if (grant === undefined) throw this.#parts.access.refusalOf(credentials)
    return grant
  }

  /** Counts the request; the instant at which it came. Throws `rate_limited`. */
  #admit({ source }: Grant): number {
    const now = this.#parts.clock.now()
    const waitSeconds = this.#parts.pressure?.()
    if (waitSeconds !== undefined) {
      throw new RateLimitError('More is accepted than can be applied at the moment.', Math.max(1, Math.ceil(waitSeconds)))
    }
    this.#rates.take(source, now)
    return now
  }

  async #handOver({ source, types }: Grant, delivery: Omit<Delivery, 'source'>): Promise<TrackingReceipt> {
    const { tracking } = this.#parts
    if (types === undefined) return await tracking.accept({ ...delivery, source })
    const sifted = siftTypes(delivery.items, types, delivery.pathType)
    const [first] = sifted.denied
    if (first !== undefined) this.#showDenied(source.name, first.message)
    if (first !== undefined && source.isStrict) throw new MillraceError('access_denied', first.message)
    return withDenied(await tracking.accept({ ...delivery, items: sifted.items, source }), sifted)
  }

  #showDenied(source: string, message: string): void {
    const at = new Date(this.#parts.clock.now()).toISOString()
    this.#parts.live.refuse({ at, source, code: 'access_denied', message })
  }
}

function requireSize(bytes: Buffer, { source: { name, limits } }: Grant): void {
  if (bytes.length <= limits.batchBytesMax) return
  throw new MillraceError('body_too_large', `The source "${name}" takes bodies of up to ${limits.batchBytesMax} bytes.`)
}

function ipOf({ ip }: FastifyRequest): string {
  return ip.startsWith(IPV4_IN_IPV6) ? ip.slice(IPV4_IN_IPV6.length) : ip
}
