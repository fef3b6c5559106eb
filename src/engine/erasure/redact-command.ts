/**
 * Commands without what they tell of the subject of an erasure: what pages of history have counted of it, and the lists of segments'
 * members that it stands in. A replay of the log comes to the same without them, as the subject is not there.
 */
import type { Command, FillPage } from '../../model/profile/command.ts'
import type { Counted } from '../../model/segment/segment.ts'
import type { DocumentMatcher } from './subject-matcher.ts'

/** As JSON, like `text`; undefined when it tells nothing. */
export function redactCommand(text: string, matcher: DocumentMatcher): string | undefined {
  // Made by Millrace, or tombstones.
  const command = JSON.parse(text) as Partial<Command>
  const redacted = JSON.stringify(withoutSubject(command as Command, matcher))
  return redacted === text ? undefined : redacted
}

function withoutSubject(command: Command, matcher: DocumentMatcher): Command {
  const isOther = (id: string) => !matcher.isPart(id)
  if (command.kind === 'change-members') {
    return { ...command, add: command.add.filter(isOther), remove: command.remove.filter(isOther) }
  }
  if (command.kind === 'erase') return withoutIdentifiers(command, matcher)
  if (command.kind !== 'fill-segment') return command
  if (command.step === 'members') return { ...command, entities: command.entities.filter(isOther) }
  const others = command.activities.filter(([part]) => isOther(part))
  return { ...command, activities: others.map(([part, tallies]) => [part, withoutNames(tallies, matcher)]) }
}

/** An erasure's own command, which was obeyed before the log is searched. */
function withoutIdentifiers({ identifiers, ...command }: Extract<Command, { kind: 'erase' }>, matcher: DocumentMatcher): Command {
  const others = identifiers?.filter((claim) => !matcher.isIdentifier(claim)) ?? []
  return others.length === 0 ? command : { ...command, identifiers: others }
}

type Tallies = Extract<FillPage, { step: 'history' }>['activities'][number][1]

/** Of somebody else: values that name the subject. */
function withoutNames(tallies: Tallies, matcher: DocumentMatcher): Tallies {
  const withoutName = (counted: Counted): Counted =>
    typeof counted === 'number' ? counted : counted.map((value) => (matcher.isNamedIn(value) ? null : value))
  return Object.fromEntries(Object.entries(tallies).map(([key, counted]) => [key, withoutName(counted)]))
}
