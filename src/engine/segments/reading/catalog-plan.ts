/** What the segments of a catalog would change about those that there are, and the doing of it. */
import type { Clock } from '../../../base/clock.ts'
import { MillraceError } from '../../../base/errors.ts'
import type { EntityKind } from '../../../model/profile/entity.ts'
import type { SegmentProblem } from '../../../model/segment/parse-segment.ts'
import { PREVIEW_SAMPLE_MAX, type Sampled } from '../../../model/segment/preview.ts'
import type { SegmentState } from '../../../model/segment/segment.ts'
import { commandsOf, planSegments, type SegmentStep } from '../catalog-segments.ts'
import { refuseUsed, type Sent, type SegmentChanges } from './segment-changes.ts'
import { PlannedRules } from './planned-rules.ts'
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

/**
 * Changes nothing. Where a rule asks for members of a segment that the plan makes another one, directly or not, that one's rule decides;
 * so what is planned together is counted as if it had been done. Rejects as queries do.
 */
export async function planCatalog(parts: CatalogParts, input: CatalogInput): Promise<PlanOutcome> {
  const stepped = await stepsOf(parts, input)
  if (stepped.kind === 'refused') return stepped
  const { steps, existing } = stepped
  const rules = new PlannedRules(
    steps.map(({ step }) => step),
    existing,
  )
  const until = parts.clock.now() + COUNTED_WITHIN_MS
  const segments: PlannedStep[] = []
  // One after the other: each may ask for all of history.
  for (const { step, report } of [...steps, ...rules.followers.map(followingStep)]) {
    const members = step.existing?.members ?? 0
    const isIdle = step.change === 'unchanged' && !rules.mayChange(step.definition)
    const isOver = parts.clock.now() >= until && !isIdle
    segments.push({ ...report, members, ...(isIdle ? {} : isOver ? UNCOUNTED : await countedMoves(step, rules, parts)) })
  }
  return { kind: 'planned', segments }
}

/** Of the API: nothing is done to it, and yet its members become others. */
function followingStep(existing: SegmentState): { step: SegmentStep; report: StepReport } {
  const { definition } = existing
  return reportOf({ change: 'unchanged', definition, existing, isTakenOver: false, usedBy: [] }, [])
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
  | { kind: 'stepped'; steps: { step: SegmentStep; report: StepReport }[]; existing: readonly SegmentState[] }
  | { kind: 'refused'; problems: CatalogProblems }

async function stepsOf({ reader, parsing }: CatalogParts, { segments, timeZone }: CatalogInput): Promise<Stepped> {
  const existing = await reader.states()
  const { definitions, problems, isRefused } = await parsing.parseAll(segments, existing, timeZone)
  if (isRefused) return { kind: 'refused', problems }
  const steps = planSegments(definitions, existing, 'rule').map((step) =>
    reportOf(step, warningsOf(step.definition.id, problems)),
  )
  return { kind: 'stepped', steps, existing }
}

/** Ids may be names that every object has. */
function warningsOf(id: string, problems: CatalogProblems): SegmentProblem[] {
  return Object.hasOwn(problems, id) ? (problems[id] ?? []) : []
}

function reportOf(step: SegmentStep, warnings: SegmentProblem[]): { step: SegmentStep; report: StepReport } {
  const { change, definition, isTakenOver, usedBy } = step
  const { id, name, kind } = definition
  return { step, report: { id, name, kind, change, isTakenOver, usedBy, warnings } }
}

type Moves = Pick<PlannedStep, 'entering' | 'leaving' | 'isUncounted'>

const UNCOUNTED: Moves = { isUncounted: true }

/** A rule that asks too much does not keep the others from being planned. */
async function countedMoves(step: SegmentStep, rules: PlannedRules, parts: CatalogParts): Promise<Moves> {
  try {
    return await movesOf(step, rules, parts)
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'question_too_slow') return UNCOUNTED
    throw error
  }
}

async function movesOf({ change, definition, existing }: SegmentStep, rules: PlannedRules, parts: CatalogParts): Promise<Moves> {
  const { queries } = parts
  if (change === 'deleted') {
    const sample = await queries.members(definition, { limit: PREVIEW_SAMPLE_MAX })
    return { leaving: await profilesOf(definition.kind, { count: existing?.members ?? 0, sample }, parts) }
  }
  // Of manual segments, whoever is in it stays.
  if (definition.predicate === undefined) return {}
  const { entering, leaving } = await queries.compare(definition, rules.behind(definition))
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
