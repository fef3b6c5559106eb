/**
 * The segments that an entity is in, and since when: the document of `membership/user` and `membership/account`. One text, in which what is
 * asked is looked for: an object with a member for each of some fifty segments takes ten times as long to read, as hardly two have the
 * same members. A value: it never changes.
 */
import type { Millis } from '../profile/entity.ts'

/** Ids of segments have no such characters. */
const [BETWEEN, SINCE] = [' ', '=']
const DIGITS = 36

export class Membership {
  static readonly none = new Membership(BETWEEN)
  /** ` <id>=<since> <id>=<since> `, in the order of entering. */
  readonly #text: string

  private constructor(text: string) {
    this.#text = text
  }

  static of(since: Iterable<readonly [segment: string, since: Millis]>): Membership {
    let membership = Membership.none
    for (const [segment, at] of since) membership = membership.with(segment, at)
    return membership
  }

  /** Of what `write` gave. */
  static read(text: string): Membership {
    return new Membership(text.slice(1, -1))
  }

  /** As JSON. */
  write(): string {
    return `"${this.#text}"`
  }

  get isEmpty(): boolean {
    return this.#text === BETWEEN
  }

  has(segment: string): boolean {
    return this.#text.includes(BETWEEN + segment + SINCE)
  }

  /** Undefined: it is no member. */
  since(segment: string): Millis | undefined {
    const place = this.#text.indexOf(BETWEEN + segment + SINCE)
    return place < 0 ? undefined : Number.parseInt(this.#text.slice(place + segment.length + 2), DIGITS)
  }

  /** A member of the segment since then; undefined: no member of it. */
  with(segment: string, since: Millis | undefined): Membership {
    const place = this.#text.indexOf(BETWEEN + segment + SINCE)
    const end = this.#text.indexOf(BETWEEN, place + segment.length + 2)
    const others = place < 0 ? this.#text : this.#text.slice(0, place) + this.#text.slice(end)
    return new Membership(since === undefined ? others : others + segment + SINCE + since.toString(DIGITS) + BETWEEN)
  }

  entries(): [segment: string, since: Millis][] {
    const words = this.#text.split(BETWEEN).filter((word) => word !== '')
    return words.map((word) => {
      const [segment = '', since = ''] = word.split(SINCE)
      return [segment, Number.parseInt(since, DIGITS)]
    })
  }

  segments(): string[] {
    return this.entries().map(([segment]) => segment)
  }
}
