/** What a catalog would change, or has changed, about segments, as text for people. */
import type { ApplyOutcome, PlannedStep, SampledProfiles, StepReport } from '../../engine/segments/reading/catalog-plan.ts'
import { counted } from '../formatted-text.ts'
import { profileName, warningLines } from './segment-text.ts'

const MARKS = { created: '+', changed: '~', deleted: '-', unchanged: ' ' } as const

export function hasChanges(steps: readonly Pick<StepReport, 'change'>[]): boolean {
  return steps.some(({ change }) => change !== 'unchanged')
}

export function planText(steps: readonly PlannedStep[]): string {
  const changed = steps.filter((step) => step.change !== 'unchanged' || isFollowing(step))
  const same = steps.length - changed.length
  const rest = same === 0 ? [] : [`${counted(same, 'segment')} unchanged.`]
  if (changed.length === 0) return ['Nothing to do.', ...rest, ...stepWarnings(steps)].join('\n')
  const width = Math.max(...changed.map(({ id }) => id.length))
  return [...changed.flatMap((step) => stepLines(step, width)), ...rest, ...stepWarnings(steps)].join('\n')
}

/** Its rule stays, and yet somebody enters or leaves, since it asks for the members of one that changes. */
function isFollowing({ change, entering, leaving, isUncounted }: PlannedStep): boolean {
  return change === 'unchanged' && (isUncounted === true || [entering, leaving].some((one) => one !== undefined && one.count > 0))
}

function stepLines(step: PlannedStep, width: number): string[] {
  const { id, change, entering, leaving, usedBy } = step
  return [
    `${MARKS[change]} ${id.padEnd(width)}  ${(isFollowing(step) ? 'follows' : change).padEnd('unchanged'.length)}  ${movesText(step)}`.trimEnd(),
    ...sampleLine('entering', entering),
    ...sampleLine('leaving', leaving),
    ...(usedBy.length > 0 ? [`    It cannot be deleted: ${usedBy.join(', ')} of the API refer to it.`] : []),
  ]
}

function movesText({ kind, members, entering, leaving, isUncounted, isTakenOver }: PlannedStep): string {
  const moves = [
    ...(isUncounted ? ['not counted'] : []),
    ...(entering && entering.count > 0 ? [`${counted(entering.count, kind)} would enter`] : []),
    ...(leaving && leaving.count > 0 ? [`${counted(leaving.count, kind)} would leave`] : []),
  ]
  const now = members > 0 ? `; ${counted(members, 'member')} now` : ''
  const owner = isTakenOver ? '; the catalog takes it over from the API' : ''
  return `${moves.length === 0 ? 'nobody enters or leaves' : moves.join(', ')}${now}${owner}`
}

const SAMPLE_MAX = 5

function sampleLine(what: string, sampled: SampledProfiles | undefined): string[] {
  if (sampled === undefined || sampled.sample.length === 0) return []
  const names = sampled.sample.slice(0, SAMPLE_MAX).map(profileName)
  return [`    ${what}: ${names.join(', ')}${sampled.count > names.length ? ', …' : ''}`]
}

function stepWarnings(steps: readonly StepReport[]): string[] {
  return steps.flatMap(({ id, warnings }) => warningLines(warnings).map((line) => line.replace('! ', `! ${id} `)))
}

type Applied = Omit<Extract<ApplyOutcome, { kind: 'applied' }>, 'kind'>

export function appliedText({ segments, isApplied }: Applied): string {
  const changed = segments.filter(({ change }) => change !== 'unchanged')
  if (changed.length === 0) return 'Nothing to do.'
  const done = changed.map(({ id, change }) => `${MARKS[change]} ${id} ${change}`)
  return [isApplied ? 'Done:' : 'Accepted, and not applied yet:', ...done].join('\n')
}
