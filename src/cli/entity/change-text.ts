/** What a merge or a split came to, or would, as text for people. */
import type { MergePreview, SplitPreview } from '../../engine/profiles/reading/merge-preview.ts'
import type { MergeDone, SplitDone } from '../../engine/profiles/reading/profile-commands.ts'
import type { ProfileReport } from '../../engine/profiles/reading/profile-report.ts'
import { counted } from '../formatted-text.ts'
import { textTable } from '../text-table.ts'
import { identifierRow, valueText } from './profile-text.ts'

export function mergeText({ preview, ...done }: MergeDone): string {
  const { survivor, loser, reason, conflicts } = preview
  const why = reason === 'external_id' ? 'it has an external id' : 'it is the older one'
  return [
    `${outcomeText(done)} ${survivor} ${done.isDryRun ? 'would take' : 'takes'} ${loser} in, since ${why}.`,
    '',
    textTable(preview.identifiers.map(identifierRow)),
    '',
    traitTable(preview),
    '',
    conflicts.length === 0
      ? 'No trait has two values.'
      : `Of ${counted(conflicts.length, 'trait')} both had a value; the newer counts.`,
  ].join('\n')
}

function traitTable({ traits }: MergePreview): string {
  const rows = Object.entries(traits).map(([trait, { value, survivor, loser, source }]) => ({
    trait,
    value: valueText(value),
    survivor: survivor === undefined ? '' : valueText(survivor),
    loser: loser === undefined ? '' : valueText(loser),
    source,
  }))
  return rows.length === 0 ? 'No traits.' : textTable(rows)
}

export function splitText({ preview, ...done }: SplitDone): string {
  const { rest, detached }: SplitPreview = preview
  const verb = done.isDryRun ? 'would be' : 'is'
  return [
    `${outcomeText(done)} ${detached.id} ${verb} a profile of its own again.`,
    '',
    textTable([sideRow('stays', rest), sideRow('split off', detached)]),
  ].join('\n')
}

function sideRow(side: string, { id, identifiers, traits }: ProfileReport) {
  const named = identifiers.map(({ kind, value }) => `${kind}:${value}`).join(', ')
  return { '': side, id, identifiers: named, traits: Object.keys(traits).join(', ') }
}

function outcomeText({ isDryRun, isApplied }: { isDryRun: boolean; isApplied: boolean }): string {
  if (isDryRun) return 'Preview:'
  return isApplied ? 'Done:' : 'Accepted, and not applied yet:'
}
