/** What a segment would hold, without saving it, in the form in which it is shown. */
import type { Preview } from '../../../model/segment/preview.ts'
import type { Predicate } from '../../../model/segment/predicate.ts'
import type { SegmentProblem } from '../../../model/segment/parse-segment.ts'
import type { EntityKind } from '../../../model/profile/entity.ts'
import { isGroup, predicateText } from './predicate-text.ts'
import type { SegmentParsing } from './segment-parsing.ts'
import type { SegmentQueries } from './segment-queries.ts'
import type { SegmentReader } from './segment-reader.ts'
import { loadShortProfiles, type ShortProfile } from './short-profile.ts'

export type ConditionReport = { at: string; text: string; count: number }

export type PreviewReport = Pick<Preview, 'asOf' | 'entities' | 'count'> & {
  name: string
  kind: EntityKind
  sample: ShortProfile[]
  /** How many match each condition by itself. */
  conditions: ConditionReport[]
  /** How many are left after each condition, one after the other. */
  funnel: ConditionReport[]
  warnings: SegmentProblem[]
}

export type PreviewOutcome = { kind: 'previewed'; preview: PreviewReport } | { kind: 'refused'; problems: SegmentProblem[] }

/** The document has none yet. */
const PREVIEWED_ID = 'previewed'

type PreviewParts = { reader: SegmentReader; parsing: SegmentParsing; queries: Pick<SegmentQueries, 'preview'> }

/** Rejects as `queries` do. */
export async function previewSegment({ reader, parsing, queries }: PreviewParts, document: unknown): Promise<PreviewOutcome> {
  const existing = (await reader.states()).filter(({ definition }) => definition.id !== PREVIEWED_ID)
  const parsed = await parsing.parse(PREVIEWED_ID, document, existing)
  if (parsed.kind === 'refused') return parsed
  const { definition, warnings } = parsed
  const { name, kind, predicate } = definition
  if (predicate === undefined) return { kind: 'refused', problems: [MANUAL_PROBLEM] }
  const { asOf, entities, count, ...found } = await queries.preview(definition)
  const texts = textsOf(predicate)
  const told = (one: { at: string; count: number }) => ({ at: one.at, text: texts.get(one.at) ?? one.at, count: one.count })
  const { store, profiles } = reader
  const preview = {
    name,
    kind,
    asOf,
    entities,
    count,
    sample: await loadShortProfiles({ store, rules: profiles.rules[kind] }, kind, found.sample),
    conditions: found.conditions.map(told),
    funnel: found.funnel.map(told),
    warnings,
  }
  return { kind: 'previewed', preview }
}

const MANUAL_PROBLEM: SegmentProblem = {
  pointer: '/manual',
  message: 'A manual segment has no rule, so there is nothing to look at.',
  hint: 'Create it, and add members to it.',
  isWarning: false,
}

/** By pointer. */
function textsOf(predicate: Predicate): Map<string, string> {
  const texts = new Map<string, string>()
  const visit = (one: Predicate) => {
    texts.set(one.at, predicateText(one))
    if (isGroup(one)) one.of.forEach(visit)
  }
  visit(predicate)
  return texts
}
