/** What the segments of a catalog would change about those that there are, and the doing of it. */
import type { Clock } from '../../../base/clock.ts'
import { MillraceError } from '../../../base/errors.ts'
import type { EntityKind } from '../../../model/profile/entity.ts'
import type { SegmentProblem } from '../../../model/segment/parse-segment.ts'
import { PREVIEW_SAMPLE_MAX, type Sampled } from '../../../model/segment/preview.ts'
import { commandsOf, planSegments, type SegmentStep } from '../catalog-segments.ts'
import { refuseUsed, type Sent, type SegmentChanges } from './segment-changes.ts'
import type { SegmentParsing } from './segment-parsing.ts'
import type { SegmentQueries } from './segment-queries.ts'
import type { SegmentReader } from './segment-reader.ts'
import { loadShortProfiles, type ShortProfile } from './short-profile.ts'

/** `segments`: documents by id. `timeZone`: of the catalog. */
export type CatalogInput = { segments: Readonly<Record<string, unknown>>; timeZone?: string | undefined }

export type StepReport = {
  id: string
  name: string
  kind: EntityKind
  change: SegmentStep['change']
  /** It belonged to the API, and is the catalog's from then on. */
  isTakenOver: boolean
  /** Of one that is to be deleted: who refers to it. Then nothing is applied. */
  usedBy: string[]
  /** What is no error, and yet looks like one. */
  warnings: SegmentProblem[]
}

export type PlannedStep = StepReport & {
  /** Those who are members now; 0 for a new one. */
  members: number
  /** Absent where nobody would enter or leave, and where counting took too long. */
  entering?: SampledProfiles
  leaving?: SampledProfiles
  /** It was not counted, since it, or the others, took so long. */
  isUncounted?: true
}

export type SampledProfiles = { count: number; sample: ShortProfile[] }

/** By id. */
export type CatalogProblems = Record<string, SegmentProblem[]>
export type PlanOutcome = { kind: 'planned'; segments: PlannedStep[] } | { kind: 'refused'; problems: CatalogProblems }
export type ApplyOutcome = ({ kind: 'applied'; segments: StepReport[] } & Sent) | { kind: 'refused'; problems: CatalogProblems }

export type CatalogParts = {
  reader: SegmentReader
  parsing: SegmentParsing
  changes: SegmentChanges
  queries: Pick<SegmentQueries, 'compare' | 'members'>
  clock: Pick<Clock, 'now'>
}

/** Counting stops after this, so that an answer comes while somebody waits for it. */
const COUNTED_WITHIN_MS = 30_000

/** Changes nothing. Memberships of other segments, which rules may ask for, are those of now. Rejects as queries do. */
export async function planCatalog(parts: CatalogParts, input: CatalogInput): Promise<PlanOutcome> {
  const stepped = await stepsOf(parts, input)
  if (stepped.kind === 'refused') return stepped
  const until = parts.clock.now() + COUNTED_WITHIN_MS
  const segments: PlannedStep[] = []
  // One after the other: each may ask for all of history.
  for (const { step, report } of stepped.steps) {
    const members = step.existing?.members ?? 0
    const isOver = parts.clock.now() >= until && step.change !== 'unchanged'
    segments.push({ ...report, members, ...(isOver ? UNCOUNTED : await countedMoves(step, parts)) })
  }
  return { kind: 'planned', segments }
}

/** Does what the plan says, and waits for it. Rejects with `segment_in_use`, before anything is done. */
export async function applyCatalog(parts: CatalogParts, input: CatalogInput): Promise<ApplyOutcome> {
  const stepped = await stepsOf(parts, input)
  if (stepped.kind === 'refused') return stepped
  const steps = stepped.steps.map(({ step }) => step)
  for (const { definition, usedBy } of steps) refuseUsed(definition.id, usedBy)
  const sent = await parts.changes.send(commandsOf(steps))
  return { kind: 'applied', segments: stepped.steps.map(({ report }) => report), ...sent }
}

type Stepped =
  | { kind: 'stepped'; steps: { step: SegmentStep; report: StepReport }[] }
  | { kind: 'refused'; problems: CatalogProblems }

async function stepsOf({ reader, parsing }: CatalogParts, { segments, timeZone }: CatalogInput): Promise<Stepped> {
  const existing = await reader.states()
  const { definitions, problems, isRefused } = await parsing.parseAll(segments, existing, timeZone)
  if (isRefused) return { kind: 'refused', problems }
  const steps = planSegments(definitions, existing, 'rule').map((step) => {
    const { change, definition, isTakenOver, usedBy } = step
    const { id, name, kind } = definition
    return { step, report: { id, name, kind, change, isTakenOver, usedBy, warnings: problems[id] ?? [] } }
  })
  return { kind: 'stepped', steps }
}

type Moves = Pick<PlannedStep, 'entering' | 'leaving' | 'isUncounted'>

const UNCOUNTED: Moves = { isUncounted: true }

/** A rule that asks too much does not keep the others from being planned. */
async function countedMoves(step: SegmentStep, parts: CatalogParts): Promise<Moves> {
  try {
    return await movesOf(step, parts)
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'question_too_slow') return UNCOUNTED
    throw error
  }
}

async function movesOf(step: SegmentStep, parts: CatalogParts): Promise<Moves> {
  const { change, definition, existing } = step
  const { queries } = parts
  if (change === 'unchanged') return {}
  if (change === 'deleted') {
    const sample = await queries.members(definition, { limit: PREVIEW_SAMPLE_MAX })
    return { leaving: await profilesOf(definition.kind, { count: existing?.members ?? 0, sample }, parts) }
  }
  // Of manual segments, whoever is in it stays.
  if (definition.predicate === undefined) return {}
  const { entering, leaving } = await queries.compare(definition)
  return {
    entering: await profilesOf(definition.kind, entering, parts),
    leaving: await profilesOf(definition.kind, leaving, parts),
  }
}

async function profilesOf(
  kind: EntityKind,
  { count, sample }: Sampled,
  { reader: { store, profiles } }: Pick<CatalogParts, 'reader'>,
): Promise<SampledProfiles> {
  return { count, sample: await loadShortProfiles({ store, rules: profiles.rules[kind] }, kind, sample) }
}
