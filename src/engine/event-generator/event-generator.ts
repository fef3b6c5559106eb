/**
 * Synthetic tracked events, in the form in which SDKs send them: users with twenty traits each who do things, change, belong to
 * accounts, and are sometimes met before they are known. The load of the front-door benchmark, and `millrace generate events`.
 *
 * | share | call |
 * |---|---|
 * | 70 % | `track` of a known user, 8 names, 5 to 8 properties |
 * | 11 % | `page` of a known user |
 * | 1 % | `page` of a visitor who is not known yet |
 * | 15 % | `identify` that changes 1 to 3 of the traits |
 * | 2 % | `group` with the traits of the user's account |
 * | 1 % | a visitor becomes known: by `alias`, or by `identify` with both ids |
 */
import type { Random } from '../../base/random.ts'
import { drawUuid } from '../segment-generator/segment-events.ts'
import { zipf } from '../segment-generator/skewed-draws.ts'
import { pageJson, trackJson } from './track-properties.ts'
import { accountOf, accountTraitsJson, changedTraitsJson, firstTraitsJson } from './user-traits.ts'
import { WireForm } from './wire-form.ts'

export const DRAWS = ['uniform', 'zipf'] as const
/** How the user of an event is drawn: all alike, or the n-th with a probability that falls like 1/n^0.9. */
export type Draw = (typeof DRAWS)[number]

export type EventGeneratorOptions = {
  /** Milliseconds since the epoch, asked once an event. */
  now: () => number
  users?: number
  draw?: Draw
  /** True: nobody is introduced, as all users were before. False: before a user's first event comes the identify of its twenty traits. */
  areIntroduced?: boolean
  /** This share of events (0 to 1) is one of the last thousands once more, as it was. */
  repeatShare?: number
}

export const USERS_DEFAULT = 100_000
/** The hottest of 100,000 users has 4 % of the events. */
const USER_SKEW = 0.9
/** Percent of events, added up in the order of the table above. */
const [TRACK, PAGE, VISIT, CHANGE, GROUP] = [70, 81, 82, 97, 99] as const
/** Visitors who wait to become known; the others never will. */
const VISITORS_MAX = 1_024
/** Events that may be repeated: those of a few seconds under load. */
const REPEATABLE_MAX = 8_192

/** The same random numbers and times yield the same events. The stream never ends. */
export class EventGenerator {
  /** How many of the events so far were repeats of earlier ones. */
  repeats = 0
  readonly #random: Random
  readonly #wire: WireForm
  readonly #drawUser: () => number
  readonly #isIntroduced: Uint8Array
  readonly #repeatShare: number
  readonly #repeatable: string[] = []
  readonly #visitors: string[] = []

  constructor(
    random: Random,
    { now, users = USERS_DEFAULT, draw = 'uniform', areIntroduced = false, repeatShare = 0 }: EventGeneratorOptions,
  ) {
    this.#random = random
    this.#wire = new WireForm(random, now)
    this.#repeatShare = repeatShare
    this.#isIntroduced = new Uint8Array(users).fill(areIntroduced ? 1 : 0)
    const skewed = draw === 'zipf' ? zipf(USER_SKEW, users - 1) : undefined
    this.#drawUser = skewed ? () => skewed(random) : () => Math.floor(random.next() * users)
  }

  /** The JSON text of the identify that sets the traits of a user. */
  introduction(user: number): string {
    this.#isIntroduced[user] = 1
    return this.#wire.event(`"type":"identify","traits":${firstTraitsJson(user)},`, idOf(user), user)
  }

  /** The JSON text of the next event, ASCII without line breaks. */
  next(): string {
    if (this.#repeatShare > 0) return this.#nextOrRepeat()
    return this.#nextNew()
  }

  #nextOrRepeat(): string {
    const random = this.#random
    const place = Math.floor(random.next() * REPEATABLE_MAX)
    const repeated = this.#repeatable[place]
    if (repeated !== undefined && random.next() < this.#repeatShare) {
      this.repeats++
      return repeated
    }
    const event = this.#nextNew()
    this.#repeatable[repeated === undefined ? this.#repeatable.length : place] = event
    return event
  }

  #nextNew(): string {
    const random = this.#random
    const user = this.#drawUser()
    if (this.#isIntroduced[user] === 0) return this.introduction(user)
    const percent = random.next() * 100
    if (percent < TRACK) return this.#wire.event(trackJson(random), idOf(user), user)
    if (percent < PAGE) return this.#wire.event(pageJson(random), idOf(user), user)
    if (percent < VISIT) return this.#visit(user)
    if (percent < CHANGE) return this.#wire.event(`"type":"identify","traits":${changedTraitsJson(random)},`, idOf(user), user)
    if (percent < GROUP) return this.#group(user)
    return this.#becomeKnown(user)
  }

  #visit(user: number): string {
    const visitor = drawUuid(this.#random)
    if (this.#visitors.length < VISITORS_MAX) this.#visitors.push(visitor)
    return this.#wire.event(pageJson(this.#random), `"anonymousId":"${visitor}",`, user)
  }

  #group(user: number): string {
    const account = accountOf(user)
    const call = `"type":"group","traits":${accountTraitsJson(account, this.#random)},"groupId":"account-${account}",`
    return this.#wire.event(call, idOf(user), user)
  }

  #becomeKnown(user: number): string {
    const visitor = this.#visitors.pop() ?? drawUuid(this.#random)
    if (this.#random.nextUint32() % 2 === 0)
      return this.#wire.event(`"type":"alias","previousId":"${visitor}",`, idOf(user), user)
    const call = `"type":"identify","traits":${changedTraitsJson(this.#random)},"anonymousId":"${visitor}",`
    return this.#wire.event(call, idOf(user), user)
  }
}

function idOf(user: number): string {
  return `"userId":"user-${user}",`
}
