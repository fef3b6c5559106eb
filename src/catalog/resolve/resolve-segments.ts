/** Segments: who is in them, in the workspace's time zone; cycles among them; traits that no profile will ever have. */
import { parsePointer } from '../../base/json-pointer.ts'
import { type Catalog, DEFAULT_TIME_ZONE } from '../../model/catalog.ts'
import type { EntityKind } from '../../model/profile/entity.ts'
import { TraitRules } from '../../model/profile/trait-rules.ts'
import type { TraitRule, TraitType } from '../../model/profile/trait.ts'
import { type ParseContext, parseSegment, segmentKind, type SegmentProblem } from '../../model/segment/parse-segment.ts'
import { readZone } from '../../model/segment/parse/parse-time-zone.ts'
import { ProblemReport } from '../../model/segment/parse/problem-report.ts'
import { Written } from '../../model/segment/parse/written.ts'
import { cycleText, placeOfReference, segmentCycles } from '../../model/segment/segment-cycles.ts'
import { type SegmentDefinition, SEGMENTS_MAX } from '../../model/segment/segment.ts'
import type { Defined } from '../files/read-definitions.ts'
import { pathOfPointer } from '../files/source-file.ts'
import type { ProblemList } from '../problem.ts'
import type { Resolution } from './resolution.ts'

type Profiles = Pick<Catalog, 'traits' | 'identity'>

export function resolveSegments(resolution: Resolution, profiles: Profiles): Pick<Catalog, 'segments' | 'timeZone'> {
  const { definitions, problems } = resolution
  const timeZone = resolveTimeZone(resolution)
  const context = contextOf(resolution, { ...profiles, timeZone })
  const segments: Record<string, SegmentDefinition> = {}
  for (const written of definitions.segments.values()) {
    const { definition, problems: found } = parseSegment(written.name, written.value, context)
    for (const problem of found) report(problem, written, problems)
    if (definition) segments[definition.id] = definition
  }
  reportCycles(segments, resolution)
  reportNumber(resolution)
  return { segments, timeZone }
}

/** That of the catalog by its usual name. */
function resolveTimeZone({ definitions, problems }: Resolution): string {
  const { timeZone: written } = definitions
  if (written === undefined) return DEFAULT_TIME_ZONE
  const report = new ProblemReport()
  const zone = readZone(new Written(written.value, report))
  for (const { message, hint } of report.toArray()) problems.error(written.spot.place, message, hint)
  return zone ?? DEFAULT_TIME_ZONE
}

type Known = Profiles & { timeZone: string }

/** What the files say; profiles may have more traits, and events come with any name. */
function contextOf({ definitions }: Resolution, { traits, identity, timeZone }: Known): ParseContext {
  const named: Record<EntityKind, string[]> = {
    user: namesOf(traits.user, identity.user),
    account: namesOf(traits.account, identity.account),
  }
  return {
    typeOf: (kind, trait) => typeOf(traits[kind], trait) ?? (isKind(identity[kind], trait) ? 'string' : undefined),
    knownTraits: (kind) => named[kind],
    traitRules: { user: new TraitRules(traits.user), account: new TraitRules(traits.account) },
    knownEvents: [],
    segments: new Map([...definitions.segments].map(([id, { value }]) => [id, segmentKind(value)])),
    timeZone,
    isPartial: true,
  }
}

type Kinds = Catalog['identity'][EntityKind]

function typeOf(traits: Record<string, TraitRule>, trait: string): TraitType | undefined {
  return Object.hasOwn(traits, trait) ? traits[trait]?.type : undefined
}

function isKind(kinds: Kinds, trait: string): boolean {
  return kinds.some(({ kind }) => kind === trait)
}

function namesOf(traits: Record<string, TraitRule>, kinds: Kinds): string[] {
  return [...Object.keys(traits), ...kinds.map(({ kind }) => kind)]
}

function report(
  { pointer, message, hint, isWarning }: SegmentProblem,
  { name, value, spot }: Defined<unknown>,
  problems: ProblemList,
): void {
  const path = pathOfPointer(value, parsePointer(pointer) ?? [])
  const place = path.length === 0 ? spot.placeOfName : spot.at(...path).place
  const text = `Segment "${name}": ${message.charAt(0).toLowerCase()}${message.slice(1)}`
  if (isWarning) problems.warn(place, text, hint)
  else problems.error(place, text, hint)
}

function reportCycles(segments: Record<string, SegmentDefinition>, { definitions, problems }: Resolution): void {
  for (const cycle of segmentCycles(Object.values(segments))) {
    const [first = '', next = first] = cycle
    const defined = definitions.segments.get(first)
    const predicate = segments[first]?.predicate
    const pointer = (predicate && placeOfReference(predicate, next)) ?? ''
    const message = `It asks for its own members: ${cycleText(cycle)} (each asks for those of the next).`
    const hint = 'Repeat in one of them the predicates that are meant.'
    if (defined) report({ pointer, message, hint, isWarning: false }, defined, problems)
  }
}

function reportNumber({ definitions, problems }: Resolution): void {
  const beyond = [...definitions.segments.values()][SEGMENTS_MAX]
  if (beyond === undefined) return
  const message = `Segment "${beyond.name}": there are ${definitions.segments.size} segments; ${SEGMENTS_MAX} are allowed.`
  problems.error(beyond.spot.placeOfName, message, 'Remove those that nobody asks for.')
}
