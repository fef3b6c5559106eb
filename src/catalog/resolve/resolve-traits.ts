/** Traits: names, rules that say nothing because of others, names that lead to nothing. */
import { basename } from 'node:path'
import { DEFAULT_TRAIT_RULE, TRAIT_NAME_CHARACTERS_MAX, type TraitRule } from '../../model/profile/trait.ts'
import type { Catalog } from '../../model/catalog.ts'
import type { EntityKind } from '../../model/profile/entity.ts'
import { groupedName } from '../../model/profile/trait-rules.ts'
import type { Defined } from '../files/read-definitions.ts'
import type { ProblemList } from '../problem.ts'
import type { TraitDefinition } from '../profile-schema.ts'
import type { Resolution } from './resolution.ts'

export function resolveTraits(resolution: Resolution): Catalog['traits'] {
  return { user: resolveKind('user', resolution), account: resolveKind('account', resolution) }
}

/** By the name that they are kept under: `crm.stage` is `crm/stage`. */
type Definitions = ReadonlyMap<string, Defined<TraitDefinition>>
type At = { title: string; traits: Definitions; problems: ProblemList }

function resolveKind(kind: EntityKind, { definitions, problems }: Resolution): Record<string, TraitRule> {
  const traits = new Map<string, Defined<TraitDefinition>>()
  const rules: Record<string, TraitRule> = {}
  for (const definition of definitions.traits[kind].values()) {
    const name = groupedName(definition.name)
    const first = traits.get(name)
    if (first) reportSame(definition, first, { title: titleOf(kind, definition.name), problems })
    else traits.set(name, definition)
  }
  for (const [name, definition] of traits) {
    const at: At = { title: titleOf(kind, definition.name), traits, problems }
    reportName(definition, at)
    reportContradictions(definition, at)
    reportRename(definition, at)
    rules[name] = ruleOf(definition.value)
  }
  return rules
}

function titleOf(kind: EntityKind, name: string): string {
  return `${kind === 'user' ? 'User' : 'Account'} trait "${name}"`
}

function ruleOf({ type, visibility, order, rename, forbid }: TraitDefinition): TraitRule {
  return {
    ...DEFAULT_TRAIT_RULE,
    ...(type && { type }),
    ...(visibility && { visibility }),
    ...(order && { order }),
    ...(rename !== undefined && { renamedTo: groupedName(rename) }),
    isForbidden: forbid ?? false,
  }
}

function reportSame({ spot }: Defined<unknown>, first: Defined<unknown>, { title, problems }: Omit<At, 'traits'>): void {
  const { file, line } = first.spot.placeOfName
  const message = `${title}: it is the same as "${first.name}" at ${basename(file)}:${line}, since "." in a name is "/".`
  problems.error(spot.placeOfName, message, 'Remove one.')
}

/** Whatever clients may send, but nothing that nobody could see. */
const TRAIT_NAME = /^(?!\s)[^\p{Cc}]+(?<!\s)$/u
/** Refused at the door as well, since it harms programs that read it. */
const HARMFUL_NAME = '__proto__'
const NAME_HINT = `Use up to ${TRAIT_NAME_CHARACTERS_MAX} characters without blanks around them, for example "plan" or "crm/stage".`

function isTraitName(name: string): boolean {
  return name.length <= TRAIT_NAME_CHARACTERS_MAX && TRAIT_NAME.test(name) && !name.includes(HARMFUL_NAME)
}

function reportName({ name, spot }: Defined<unknown>, { title, problems }: At): void {
  if (!isTraitName(name)) problems.error(spot.placeOfName, `${title}: this is not a name for a trait.`, NAME_HINT)
}

/** What is refused, or kept under another name, has no rules of its own. */
function reportContradictions({ value, spot }: Defined<TraitDefinition>, { title, problems }: At): void {
  const reason = value.forbid ? 'it is forbidden' : value.rename === undefined ? undefined : `it is kept as "${value.rename}"`
  if (reason === undefined) return
  for (const field of ['type', 'visibility', 'order', ...(value.forbid ? (['rename'] as const) : [])] as const) {
    if (value[field] === undefined) continue
    const hint = value.forbid ? `Remove \`${field}\`, or \`forbid\`.` : `Say so of "${value.rename}".`
    problems.error(spot.at(field).place, `${title}: ${reason}, so \`${field}\` has no effect.`, hint)
  }
}

/** A value is renamed once, onto a name that keeps it. */
function reportRename({ name, value, spot }: Defined<TraitDefinition>, { title, traits, problems }: At): void {
  const { rename } = value
  if (rename === undefined || value.forbid) return
  const report = (message: string, hint?: string) => problems.error(spot.at('rename').place, `${title}: ${message}`, hint)
  const target = traits.get(groupedName(rename))?.value
  const chain = renamesFrom(groupedName(name), traits)
  if (!isTraitName(rename)) report(`"${rename}" is not a name for a trait.`, NAME_HINT)
  else if (groupedName(rename) === groupedName(name)) report('it is renamed to itself.', 'Remove `rename`.')
  else if (chain.last === undefined)
    report(`it is renamed in a circle: ${chain.text}.`, 'Decide which name stays, and rename the others to it.')
  else if (target?.forbid) report(`its new name "${rename}" is forbidden.`, `Forbid "${name}" instead, or allow "${rename}".`)
  else if (target?.rename !== undefined) report(`"${rename}" is renamed itself: ${chain.text}.`, `Rename it to "${chain.last}".`)
  else if (target?.visibility === 'hidden')
    report(`its new name "${rename}" is hidden, so nothing would be kept.`, `Hide "${name}" instead.`)
}

/** The names that a value would go through; `last` is undefined when there is no end. */
function renamesFrom(name: string, traits: Definitions): { text: string; last: string | undefined } {
  const names = [name]
  let last: string | undefined = name
  for (let next = renameOf(name, traits); next !== undefined; next = last === undefined ? undefined : renameOf(next, traits)) {
    last = names.includes(next) ? undefined : next
    names.push(next)
  }
  return { text: names.map((each) => `"${each}"`).join(' → '), last }
}

function renameOf(name: string, traits: Definitions): string | undefined {
  const rename = traits.get(name)?.value.rename
  return rename === undefined ? undefined : groupedName(rename)
}
