/** Segments and their members as text for people. */
import type { Member } from '../../engine/segments/reading/segment-members.ts'
import type { Defined } from '../../engine/segments/reading/segment-changes.ts'
import type { SegmentReport } from '../../engine/segments/reading/segment-report.ts'
import type { ShortProfile } from '../../engine/segments/reading/short-profile.ts'
import type { SegmentProblem } from '../../model/segment/parse-segment.ts'
import { counted, formatInstant } from '../formatted-text.ts'
import { textTable } from '../text-table.ts'

export function segmentTable(segments: readonly SegmentReport[]): string {
  if (segments.length === 0) return 'There are no segments.'
  return textTable(
    segments.map((one) => ({
      id: one.id,
      name: one.name,
      kind: one.isManual ? `${one.kind}, manual` : one.kind,
      members: one.members,
      state: stateText(one),
      owner: one.owner,
      updated: formatInstant(one.updatedAt),
    })),
  )
}

export function segmentText(segment: SegmentReport): string {
  const { id, name, kind, isManual, document, owner, members, createdAt, updatedAt, timeZone } = segment
  const zone = typeof timeZone === 'string' ? timeZone : `trait ${timeZone.trait}, otherwise ${timeZone.otherwise}`
  return [
    `Segment ${id}: ${name}`,
    `${counted(members, kind)}, ${stateText(segment)}`,
    `Defined ${formatInstant(createdAt)} by the ${ownerText(owner)}, changed ${formatInstant(updatedAt)}; time zone: ${zone}`,
    '',
    isManual ? 'Members are added and removed by hand.' : JSON.stringify(document, null, 2),
  ].join('\n')
}

function ownerText(owner: SegmentReport['owner']): string {
  return owner === 'api' ? 'API' : owner
}

/** For example `filling (members, 4,500 of 10,000)`. */
export function stateText({ state, progress }: Pick<SegmentReport, 'state' | 'progress'>): string {
  return progress ? `${state} (${progressText(progress)})` : state
}

export function progressText({ step, done, total }: NonNullable<SegmentReport['progress']>): string {
  const known = done.toLocaleString('en-US')
  return `${step}, ${total === null ? `${known} so far` : `${known} of ${total.toLocaleString('en-US')}`}`
}

export function memberTable(members: readonly Member[]): string {
  if (members.length === 0) return 'No members.'
  return textTable(members.map(({ since, ...one }) => ({ ...profileRow(one), since: formatInstant(since) })))
}

export function profileRow({ id, identifier, name }: ShortProfile) {
  return { id, identifier, name }
}

/** What people call somebody, with what identifies them behind. */
export function profileName({ id, identifier, name }: ShortProfile): string {
  const known = identifier ?? id
  return name === null ? known : `${name} (${known})`
}

export function definedText({ change, segment, warnings, isApplied }: Defined, id: string): string {
  const done = { created: 'Created', changed: 'Changed', unchanged: 'Nothing to do for' }[change]
  const state = segment ? `: ${counted(segment.members, segment.kind)}, ${stateText(segment)}` : ''
  const outcome = isApplied ? `${done} ${id}${state}.` : `Accepted, and not applied yet: ${id}.`
  return [outcome, ...warningLines(warnings)].join('\n')
}

export function warningLines(warnings: readonly SegmentProblem[]): string[] {
  return warnings.map(
    ({ pointer, message, hint }) => `! ${pointer === '' ? '' : `${pointer}: `}${message}${hint === undefined ? '' : ` ${hint}`}`,
  )
}
