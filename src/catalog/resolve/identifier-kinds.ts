/** The kinds of identifiers of users, or of accounts: names, limits, and which decides before which. */
import { suggest } from '../../base/suggest.ts'
import type { EntityKind } from '../../model/profile/entity.ts'
import { ANONYMOUS_ID, DEFAULT_IDENTITY_RULES, EXTERNAL_ID, type IdentifierRule } from '../../model/profile/identity-rules.ts'
import type { Spot } from '../files/source-file.ts'
import { didYouMean, type ProblemList } from '../problem.ts'
import type { EntityIdentityDefinition } from '../profile-schema.ts'

/** Kinds are parts of keys and of addresses, and stand before a colon. */
const KIND_NAME = /^[a-zA-Z][\w.-]*$/
const KIND_CHARACTERS_MAX = 100
/** Each event is looked up by each of its identifiers. */
const KINDS_MAX = 20
const LIMIT_DEFAULT = 5
/** Names that SDKs have for `external_id`, in lower case and without separators. */
const OTHER_NAMES: Record<EntityKind, readonly string[]> = { user: ['userid'], account: ['groupid', 'accountid'] }
/** Means the entity itself. */
const OWN_ID = 'id'

export class KindReader {
  readonly #builtIn: readonly IdentifierRule[]
  readonly #spot: Spot
  readonly #problems: ProblemList
  readonly #entity: EntityKind

  constructor(entity: EntityKind, { spot, problems }: { spot: Spot; problems: ProblemList }) {
    this.#builtIn = DEFAULT_IDENTITY_RULES[entity]
    this.#spot = spot
    this.#problems = problems
    this.#entity = entity
  }

  /** Built-in kinds and added ones by falling priority. */
  rules({ kinds = {}, limits = {} }: EntityIdentityDefinition): IdentifierRule[] {
    for (const name of Object.keys(kinds)) this.#reportKind(name)
    if (Object.keys(kinds).length > KINDS_MAX)
      this.#error(['kinds'], `there are ${Object.keys(kinds).length} kinds.`, `Keep those that identify, ${KINDS_MAX} at most.`)
    for (const [name, limit] of Object.entries(limits)) this.#reportLimit(name, limit, kinds)
    const builtIn = this.#builtIn.map(({ kind, limit }) => ({
      kind,
      limit: kind === EXTERNAL_ID ? limit : (limits[kind] ?? limit),
    }))
    return this.#inOrder(builtIn, kinds)
  }

  #reportKind(name: string): void {
    const same = this.#builtInOf(name)
    if (same === name) this.#error(['kinds', name], `the kind "${name}" is built in.`, limitHint(name))
    else if (same !== undefined)
      this.#error(['kinds', name], `the kind "${name}" is another name of "${same}", which is built in.`, limitHint(same))
    else if (name.toLowerCase() === OWN_ID)
      this.#error(['kinds', name], 'the kind "id" is that which Millrace gives itself.', 'Choose another name.')
    else if (!KIND_NAME.test(name) || name.length > KIND_CHARACTERS_MAX)
      this.#error(
        ['kinds', name],
        `"${name}" is not a name for a kind.`,
        `Use up to ${KIND_CHARACTERS_MAX} letters of a to z, digits, "_", "-" and ".", beginning with a letter.`,
      )
  }

  #builtInOf(name: string): string | undefined {
    const plain = plainName(name)
    if (OTHER_NAMES[this.#entity].includes(plain)) return EXTERNAL_ID
    return this.#builtIn.find(({ kind }) => plainName(kind) === plain)?.kind
  }

  #reportLimit(name: string, limit: number, kinds: NonNullable<EntityIdentityDefinition['kinds']>): void {
    if (Object.hasOwn(kinds, name))
      this.#error(
        ['limits', name],
        `the limit of "${name}" belongs to its kind.`,
        `Write \`kinds: { ${name}: { limit: ${limit} } }\`.`,
      )
    else if (name === EXTERNAL_ID && limit !== 1)
      this.#error(
        ['limits', name],
        'the limit of "external_id" is always 1.',
        'It never changes once it is known; remove the limit.',
      )
    else if (!this.#builtIn.some(({ kind }) => kind === name)) {
      const known = this.#builtIn.map(({ kind }) => kind)
      this.#error(
        ['limits', name],
        `there is no kind "${name}".`,
        didYouMean(suggest(name, known), `Built in: ${known.join(', ')}.`),
      )
    }
  }

  /** Each kind goes before the one that it names, which may be an added one as well; those with the same wish in the order of the file. */
  #inOrder(rules: readonly IdentifierRule[], kinds: NonNullable<EntityIdentityDefinition['kinds']>): IdentifierRule[] {
    const order = [...rules]
    const all = [...order.map(({ kind }) => kind), ...Object.keys(kinds)]
    let waiting = Object.entries(kinds).filter(([name]) => !rules.some(({ kind }) => kind === name))
    for (let placed = true; placed && waiting.length > 0;) {
      const left = waiting.filter(([kind, { limit = LIMIT_DEFAULT, before }]) => {
        const at = order.findIndex((rule) => rule.kind === this.#target(kind, before, all))
        if (at >= 0) order.splice(at, 0, { kind, limit })
        return at < 0
      })
      placed = left.length < waiting.length
      waiting = left
    }
    for (const [kind] of waiting)
      this.#error(
        ['kinds', kind, 'before'],
        `the kind "${kind}" would have to go before itself.`,
        'Let one of them go before a built-in kind.',
      )
    return order
  }

  /** What cannot be meant is reported, and counts as the default. */
  #target(kind: string, before: string | undefined, all: readonly string[]): string {
    if (before === undefined) return ANONYMOUS_ID
    if (before !== EXTERNAL_ID && all.includes(before)) return before
    const hint =
      before === EXTERNAL_ID
        ? 'Nothing decides before `external_id`; name another kind.'
        : didYouMean(suggest(before, all), `Known: ${all.join(', ')}.`)
    const message = before === EXTERNAL_ID ? 'cannot go before "external_id".' : `goes before "${before}", which does not exist.`
    this.#error(['kinds', kind, 'before'], `the kind "${kind}" ${message}`, hint)
    return ANONYMOUS_ID
  }

  #error(path: readonly string[], message: string, hint: string | undefined): void {
    const spot = this.#spot.at(...path)
    this.#problems.error(
      path.at(-1) === 'before' ? spot.place : spot.placeOfName,
      `Identity of ${this.#entity}s: ${message}`,
      hint,
    )
  }
}

function limitHint(kind: string): string {
  return kind === EXTERNAL_ID ? 'Choose another name.' : `Its limit is set with \`limits: { ${kind}: … }\`.`
}

function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[_.-]/g, '')
}
