/** One step of an erasure: the table of states (`eraser.ts`) as code. Returns the erasure as it is then, or undefined while it must wait. */
import { invariant } from '../../base/errors.ts'
import type { EraserParts } from './eraser-parts.ts'
import type { ErasedPlaces, Erasure } from './erasure.ts'
import { eraseCommand, releaseCommand } from './erasure-commands.ts'
import { type FoundDocuments, redactStretch } from './redact-log.ts'
import { redactOutputs } from './redact-outputs.ts'
import { resolveSubject } from './resolve-subject.ts'
import { isSameSubject, joinSubjects, type Subject } from './subject.ts'
import { SubjectMatcher } from './subject-matcher.ts'

type Step = (running: Running) => Promise<Erasure | undefined>
type Running = { erasure: Erasure; subject: Subject; parts: EraserParts; signal: AbortSignal }

const STEPS: Record<Exclude<Erasure['state'], 'done'>, Step> = {
  resolving: resolve,
  forgetting: forget,
  'redacting-log': redactLog,
  'redacting-lake': redactLake,
  'discarding-columns': discardColumns,
  'withdrawing-bodies': withdrawBodies,
  scrubbing: scrub,
}

/** Rejects with what log, store or files reject with; then nothing has changed that a repeat would not do again with the same effect. */
export async function advanceErasure(
  { failure: _failure, ...erasure }: Erasure,
  parts: EraserParts,
  signal: AbortSignal,
): Promise<Erasure | undefined> {
  const { state, subject } = erasure
  if (state === 'done') return undefined
  invariant(subject, 'an erasure that runs knows whom it is about')
  return await STEPS[state]({ erasure, subject, parts, signal })
}

async function resolve({ erasure, subject, parts }: Running): Promise<Erasure | undefined> {
  const { log, store, suppression } = parts
  if (erasure.waitsFor === undefined) {
    const { id, kind, requestedAt, isDryRun } = erasure
    if (!isDryRun) await suppression.add(kind, subject.identifiers, { erasure: id, at: requestedAt })
    return { ...erasure, waitsFor: await log.head() }
  }
  if (!(await isApplied(erasure, parts))) return undefined
  const found = joinSubjects(subject, await resolveSubject(store, subject))
  if (!isSameSubject(subject, found)) return without(erasure, { subject: found })
  // Those that the lake has filed are counted there as well.
  const { events, changes } = await redactOutputs(store, new SubjectMatcher(found, parts.normalize))
  const places = {
    ...erasure.places,
    state: { ...erasure.places.state, parts: found.parts.length, identifiers: found.identifiers.length },
    suppression: { identifiers: erasure.isDryRun ? 0 : found.identifiers.length },
    outputs: { events: erasure.places.outputs.events + events, changes: erasure.places.outputs.changes + changes },
  }
  return without(erasure, { state: erasure.isDryRun ? 'redacting-log' : 'forgetting', places })
}

async function forget({ erasure, subject, parts }: Running): Promise<Erasure | undefined> {
  if (erasure.waitsFor === undefined && !erasure.isDryRun) {
    const { position } = await parts.log.append(eraseCommand(erasure, subject))
    return { ...erasure, waitsFor: position, places: withPlace(erasure, 'state', { position }) }
  }
  return (await isApplied(erasure, parts)) ? without(erasure, { state: 'redacting-log' }) : undefined
}

async function redactLog(running: Running): Promise<Erasure | undefined> {
  const { erasure, subject, parts } = running
  const { log, store } = parts
  const { isDryRun } = erasure
  const { searched, hasFound, isAtEnd } = await searchLog(running)
  // What arrives meanwhile names nobody who is kept out: at the end there is no need to chase it.
  if (hasFound || !isAtEnd) return searched
  if (!(await isApplied(erasure, parts))) return undefined
  if (isDryRun) return without(searched, { state: 'redacting-lake' })
  // A crash may have left old payloads in the log's own log.
  await log.redact([])
  const again = await resolveSubject(store, { ...subject, parts: [] })
  if (again.parts.length === 0) return without(searched, { state: 'redacting-lake' })
  // It may have identifiers by now that entries name which were searched already.
  const fromStart = { places: withPlace(searched, 'log', { position: 0 }), countedThrough: 0 }
  return without(searched, { state: 'resolving', subject: joinSubjects(subject, again), ...fromStart })
}

/** A stretch of the log. */
async function searchLog({ erasure, subject, parts, signal }: Running) {
  let noted = erasure
  const onFound = async (found: FoundDocuments) => {
    noted = await noteFound(noted, found, parts)
  }
  const matcher = new SubjectMatcher(subject, parts.normalize)
  const { isDryRun, countedThrough = 0 } = erasure
  const walk = { log: parts.log, matcher, isDryRun, countedThrough, onFound, signal }
  const { position, hasFound, isAtEnd } = await redactStretch(walk, erasure.places.log.position)
  return { searched: { ...noted, places: withPlace(noted, 'log', { position }) }, hasFound, isAtEnd }
}

/** Counts what is about to go, once, and has `apply` take quarantined items out of the state. */
async function noteFound(
  erasure: Erasure,
  { through, entries, events, commands, items }: FoundDocuments,
  parts: EraserParts,
): Promise<Erasure> {
  const isReleasing = items.length > 0 && !erasure.isDryRun
  const released = isReleasing ? await parts.log.append(releaseCommand(erasure, items)) : undefined
  const { log, quarantine } = erasure.places
  const noted = {
    ...erasure,
    countedThrough: Math.max(through, erasure.countedThrough ?? 0),
    ...(released && { waitsFor: released.position }),
    places: {
      ...erasure.places,
      log: { ...log, entries: log.entries + entries, events: log.events + events, commands: log.commands + commands },
      quarantine: { items: quarantine.items + items.length },
    },
  }
  await parts.records.save(noted)
  return noted
}

async function redactLake({ erasure, subject, parts: { lake } }: Running): Promise<Erasure | undefined> {
  const { id, isDryRun } = erasure
  const outcome = await lake.outcome(id)
  if (outcome === undefined) {
    await lake.order({ id, isDryRun, subject })
    return undefined
  }
  return without(erasure, { state: 'discarding-columns', places: { ...erasure.places, lake: outcome } })
}

/** After the lake, as they are made of it; and what was made of them before they went stands behind the end that the walk had reached. */
async function discardColumns(running: Running): Promise<Erasure | undefined> {
  const { erasure, parts } = running
  if (erasure.isDryRun) return without(erasure, { state: 'scrubbing' })
  const { isDiscarded } = erasure.places.columns
  if (!isDiscarded) {
    await parts.columns.discard()
    return { ...erasure, places: withPlace(erasure, 'columns', { isDiscarded: true }) }
  }
  const { searched, isAtEnd } = await searchLog(running)
  if (!isAtEnd) return searched
  await parts.log.redact([])
  return without(searched, { state: 'withdrawing-bodies' })
}

/** When nothing is left that a new body could tell. */
async function withdrawBodies({ erasure, parts }: Running): Promise<Erasure | undefined> {
  // Where the command was applied that told state and outputs to forget.
  if (!(await parts.bodies.forget(erasure.places.state.position))) return undefined
  return without(erasure, { state: 'scrubbing', places: withPlace(erasure, 'bodies', { isWithdrawn: true }) })
}

async function scrub({ erasure, subject, parts }: Running): Promise<Erasure> {
  const { id, kind, isDryRun } = erasure
  await parts.lake.withdraw(id)
  if (!isDryRun) await parts.store.scrub()
  const { subject: _subject, countedThrough: _countedThrough, ...nameless } = erasure
  const subjectHashes = subject.identifiers.map((claim) => parts.suppression.hashOf(kind, claim))
  return { ...nameless, state: 'done', finishedAt: new Date(parts.clock.now()).toISOString(), subjectHashes }
}

async function isApplied({ waitsFor = 0 }: Erasure, { appliedThrough }: EraserParts): Promise<boolean> {
  return waitsFor === 0 || (await appliedThrough()) >= waitsFor
}

function withPlace<Name extends keyof ErasedPlaces>(
  { places }: Erasure,
  name: Name,
  change: Partial<ErasedPlaces[Name]>,
): ErasedPlaces {
  return { ...places, [name]: { ...places[name], ...change } }
}

/** The change, with nothing to wait for. */
function without({ waitsFor: _waitsFor, ...erasure }: Erasure, change: Partial<Erasure>): Erasure {
  return { ...erasure, ...change }
}
