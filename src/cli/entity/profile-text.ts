/** A user or account as text for people. */
import type { AccountLinkReport, MergeReport, ProfileReport, TraitReport } from '../../engine/profiles/reading/profile-report.ts'
import { counted, formatInstant } from '../formatted-text.ts'
import { textTable } from '../text-table.ts'

export function profileText(profile: ProfileReport): string {
  const { id, kind, createdAt, firstSource, identifiers, traits, account, merges, apart } = profile
  const parts = [
    `${kind === 'user' ? 'User' : 'Account'} ${id}`,
    `Created ${formatInstant(createdAt)} by ${firstSource}`,
    ...(kind === 'user' ? [account ? linkText(account) : 'No account'] : []),
    '',
    identifiers.length === 0 ? 'No identifiers.' : textTable(identifiers.map(identifierRow)),
    '',
    Object.keys(traits).length === 0 ? 'No traits yet.' : traitTable(traits),
    ...(merges.length > 0 ? ['', `Made of ${counted(profile.parts.length, 'profile')}:`, ...merges.map(mergeText)] : []),
    ...(apart.length > 0 ? ['', `Split off by hand, kept apart: ${apart.join(', ')}`] : []),
  ]
  return parts.join('\n')
}

function linkText({ id, by, domain, externalId, name, since }: AccountLinkReport): string {
  const called = [typeof name === 'string' ? name : undefined, externalId, id]
    .filter((text) => typeof text === 'string')
    .join(', ')
  const why =
    by === 'domain'
      ? `by the domain ${domain}`
      : since === null
        ? ''
        : `named by ${since.source}, ${formatInstant(since.occurredAt)}`
  return `Account ${called} (${why})`
}

export function identifierRow({ kind, value, source, occurredAt }: ProfileReport['identifiers'][number]) {
  return { identifier: kind, value, source, since: formatInstant(occurredAt) }
}

function traitTable(traits: Readonly<Record<string, TraitReport>>): string {
  return textTable(
    Object.entries(traits).map(([trait, { value, type, source, occurredAt }]) => ({
      trait,
      value: valueText(value),
      type: type ?? '',
      source,
      when: formatInstant(occurredAt),
    })),
  )
}

/** A text that could be taken for another value stands in quotes. */
export function valueText(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value) ?? ''
  return /^(?:true|false|null|-?\d.*|[[{"].*|\s.*|.*\s|)$/s.test(value) && !DATE.test(value) ? JSON.stringify(value) : value
}

/** An instant, or a day alone. */
const DATE = /^\d{4}-\d\d-\d\d(?:T[\d:.]+Z)?$/

function mergeText({ survivor, loser, cause, evidence }: MergeReport): string {
  const why = evidence === null ? 'by hand' : `both have the ${evidence.kind} ${evidence.value}, said ${cause.source}`
  return `  ${formatInstant(cause.occurredAt)}  ${loser} into ${survivor}: ${why}`
}
