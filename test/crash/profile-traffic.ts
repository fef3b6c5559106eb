/**
 * Events whose every application can be counted: generated ones, and among them increases and decreases of counters of users,
 * of visitors who become known, and of accounts. Beside them the simplest account of what must come of it.
 */
import type { Random } from '../../src/base/random.ts'
import { EventGenerator } from '../../src/engine/event-generator/event-generator.ts'

/** What a user or an account must show in the end. */
export type Expected = {
  counted: number
  /** A plain value: that of the newest event, whichever came last. */
  step: number
  /** Ids of the messages that say so. */
  messages: string[]
}

export type ProfileTraffic = {
  /** As a client sends them: bodies of events, repeats included. */
  batches: string[][]
  /** How many events there are in all, repeats included. */
  sent: number
  /** Ids of all messages, each once. */
  messages: Set<string>
  /** By the path under which they are read. */
  expected: Map<string, Expected>
}

export type TrafficOptions = { events: number; users: number; random: Random }

const BATCH_MAX = 80
const ACCOUNTS = 7
/** Of a counting event being sent once more, some time later. */
const REPEAT_SHARE = 0.05
const REPEATABLE_MAX = 500
/** Long gone, so that no clock corrects it. */
const BEGIN = Date.UTC(2025, 0, 1)
const STEP_MS = 137
const HALF = 0.5

export function profileTraffic(options: TrafficOptions): ProfileTraffic {
  const { events, random } = options
  const lines = new TrafficLines(options)
  const batches: string[][] = []
  for (let rest = events; rest > 0;) {
    const size = Math.min(rest, 1 + Math.floor(random.next() * BATCH_MAX))
    batches.push(Array.from({ length: size }, () => lines.next()))
    rest -= size
  }
  const joins = lines.last()
  for (let start = 0; start < joins.length; start += BATCH_MAX) batches.push(joins.slice(start, start + BATCH_MAX))
  return { batches, sent: batches.flat().length, messages: lines.messages, expected: lines.expected }
}

class TrafficLines {
  readonly messages = new Set<string>()
  readonly expected = new Map<string, Expected>()
  readonly #random: Random
  readonly #users: number
  readonly #generator: EventGenerator
  readonly #repeatable: string[] = []
  /** Users of whom something was heard before it was known who they are. */
  readonly #met = new Set<number>()
  #time = BEGIN
  #counted = 0

  constructor({ random, users }: TrafficOptions) {
    this.#random = random
    this.#users = users
    this.#generator = new EventGenerator(random, { now: () => this.#tick(), users, repeatShare: REPEAT_SHARE })
  }

  next(): string {
    if (this.#random.next() < HALF) return this.#generated()
    const place = Math.floor(this.#random.next() * REPEATABLE_MAX)
    const repeated = this.#repeatable[place]
    if (repeated !== undefined && this.#random.next() < REPEAT_SHARE) return repeated
    const line = this.#counting()
    this.#repeatable[repeated === undefined ? this.#repeatable.length : place] = line
    return line
  }

  /** Whoever is not known yet becomes known. */
  last(): string[] {
    return [...this.#met].map((user) => {
      const messageId = `join-${user}`
      this.messages.add(messageId)
      return JSON.stringify({ type: 'alias', messageId, previousId: `visitor-of-${user}`, userId: `user-${user}` })
    })
  }

  #generated(): string {
    const line = this.#generator.next()
    this.messages.add((JSON.parse(line) as { messageId: string }).messageId)
    return line
  }

  #counting(): string {
    const drawn = this.#random.next()
    if (drawn < 0.1) return this.#ofAccount()
    if (drawn < 0.2) return this.#ofVisitor()
    const user = this.#drawUser()
    return this.#count(`/users/external_id:${user}`, { type: 'identify', userId: user })
  }

  #ofAccount(): string {
    const account = `counted-${Math.floor(this.#random.next() * ACCOUNTS)}`
    return this.#count(`/accounts/external_id:${account}`, { type: 'group', userId: this.#drawUser(), groupId: account })
  }

  /** A browser says who uses it in some events only, and not always first. */
  #ofVisitor(): string {
    const user = Math.floor(this.#random.next() * this.#users)
    const visitor = `visitor-of-${user}`
    const ids = this.#random.next() < HALF ? { anonymousId: visitor } : { anonymousId: visitor, userId: `user-${user}` }
    this.#met.add(user)
    return this.#count(`/users/external_id:user-${user}`, { type: 'identify', ...ids })
  }

  #drawUser(): string {
    return `user-${Math.floor(this.#random.next() * this.#users)}`
  }

  #count(path: string, call: object): string {
    const id = `count-${this.#counted++}`
    const value = 1 + (this.#random.nextUint32() % 9)
    const isLess = this.#random.next() < 0.2
    const now = this.#tick()
    const expected = this.expected.get(path) ?? { counted: 0, step: 0, messages: [] }
    expected.counted += isLess ? -value : value
    expected.step = this.#counted
    expected.messages.push(id)
    this.expected.set(path, expected)
    this.messages.add(id)
    const traits = { counted: { operation: isLess ? 'dec' : 'inc', value }, step: this.#counted }
    return JSON.stringify({ ...call, messageId: id, timestamp: new Date(now).toISOString(), traits })
  }

  #tick(): number {
    this.#time += STEP_MS
    return this.#time
  }
}
