/** The catalog's rules of the traits of users, or of accounts, and what becomes of the names that clients send. */
import type { JsonObject } from '../../base/json.ts'
import { DEFAULT_TRAIT_RULE, TRAIT_NAME_CHARACTERS_MAX, type TraitRule } from './trait.ts'

export type TraitTarget = {
  /** Under which it is kept: `.` made `/`, renamed as the catalog says. */
  name: string
  rule: TraitRule
  isHidden: boolean
  refusal: { code: 'trait_forbidden' | 'trait_name_invalid'; message: string } | undefined
}

/** Clients can make up names, so those that were resolved are forgotten at so many, all at once. */
const TARGETS_MAX = 20_000
/** More renames in a row are a circle. */
const RENAMES_MAX = 10

export class TraitRules {
  readonly #rules: ReadonlyMap<string, TraitRule>
  readonly #targets = new Map<string, TraitTarget>()
  readonly #keepsOut: boolean

  /** Names in the catalog may be written with `.` as well. */
  constructor(rules: Readonly<Record<string, TraitRule>>) {
    this.#rules = new Map(Object.entries(rules).map(([name, rule]) => [groupedName(name), rule]))
    this.#keepsOut = [...this.#rules.values()].some(({ visibility, isForbidden }) => visibility === 'hidden' || isForbidden)
  }

  /** The traits whose values may be kept; the same object when that is all of them. */
  kept(traits: JsonObject): JsonObject {
    if (!this.#keepsOut) return traits
    const entries = Object.entries(traits)
    const kept = entries.filter(([name]) => {
      const { isHidden, refusal } = this.targetOf(name)
      return !isHidden && refusal?.code !== 'trait_forbidden'
    })
    return kept.length === entries.length ? traits : Object.fromEntries(kept)
  }

  /** Of a name that is kept. */
  ruleOf(name: string): TraitRule {
    return this.#rules.get(name) ?? DEFAULT_TRAIT_RULE
  }

  /** Where a value goes that came under this name. A trait that any of its names hides or forbids is hidden or forbidden. */
  targetOf(sentName: string): TraitTarget {
    const known = this.#targets.get(sentName)
    if (known) return known
    const target = this.#resolve(sentName)
    if (this.#targets.size >= TARGETS_MAX) this.#targets.clear()
    if (target.refusal?.code !== 'trait_name_invalid') this.#targets.set(sentName, target)
    return target
  }

  #resolve(sentName: string): TraitTarget {
    const problem = nameProblem(sentName)
    const start = groupedName(sentName.slice(0, TRAIT_NAME_CHARACTERS_MAX)).toWellFormed()
    if (problem !== undefined) return refused(start, { code: 'trait_name_invalid', message: problem })
    const names = this.#renames(start)
    const name = names.at(-1) ?? start
    if (names.some((one) => this.ruleOf(one).isForbidden))
      return refused(name, { code: 'trait_forbidden', message: `The catalog forbids the trait ${start}.` })
    const isHidden = names.some((one) => this.ruleOf(one).visibility === 'hidden')
    return { name, rule: this.ruleOf(name), isHidden, refusal: undefined }
  }

  /** The name itself first. */
  #renames(start: string): string[] {
    const names = [start]
    for (let name = start; names.length <= RENAMES_MAX;) {
      const { renamedTo } = this.ruleOf(name)
      if (renamedTo === undefined) break
      name = groupedName(renamedTo)
      names.push(name)
    }
    return names
  }
}

/** `clearbit.role` and `clearbit/role` are one name: the part before the last `/` is the group, mostly the source. */
export function groupedName(name: string): string {
  return name.includes('.') ? name.replaceAll('.', '/') : name
}

function nameProblem(name: string): string | undefined {
  if (name === '') return 'A trait needs a name.'
  if (name.length > TRAIT_NAME_CHARACTERS_MAX)
    return `The name has ${name.length} characters; ${TRAIT_NAME_CHARACTERS_MAX} are allowed.`
  if (name.includes('__proto__')) return 'Names with "__proto__" are not taken, since they harm programs that read them.'
  return undefined
}

function refused(name: string, refusal: TraitTarget['refusal']): TraitTarget {
  return { name, rule: DEFAULT_TRAIT_RULE, isHidden: false, refusal }
}
