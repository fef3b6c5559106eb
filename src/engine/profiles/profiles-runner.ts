/**
 * The profiles at work on a chunk of the log: repeats are dropped, events find their entities, traits are reduced, and every event
 * is published on the timelines that it belongs to, with what Millrace makes of it. A member of a lane like any derivation, in
 * the same transaction. What the store must bring is loaded for a whole chunk at once.
 */
import { claimsOf, compileIdentity } from '../../model/profile/event-claims.ts'
import { invariant, MillraceError } from '../../base/errors.ts'
import type { EntityId } from '../../model/profile/entity.ts'
import type { Catalog } from '../../model/catalog.ts'
import type { Section } from '../../model/document-batch.ts'
import { eventName } from '../../model/event/event-report.ts'
import { EVENTS } from '../../model/system-collections.ts'
import type { Position } from '../../log/log.ts'
import type { Store } from '../../store/store.ts'
import { KeptOutputs } from '../notifications/kept-outputs.ts'
import { dropRemovedBodies, slowestTold } from '../notifications/webhook-state.ts'
import type { Chunk } from '../apply/chunk.ts'
import { DerivationStop } from '../apply/derivation-runner.ts'
import type { PlannedMember } from '../apply/plan.ts'
import type { Changes, RunContext, Runner, Wants } from '../apply/runner.ts'
import { CommandApplication } from './command-application.ts'
import { EventApplication, type EventInput } from './event-application.ts'
import { type Input, readInputs } from './inputs.ts'
import { openClaims } from './open-claims.ts'
import { ProfileState } from './profile-state.ts'
import { Publication } from './publication.ts'

/**
 * The lake saves under this name how far it has published the events: what it has, the store need not keep. Only what is said while
 * the session runs counts: an older note may be of a lake that is not there any more.
 */
export const LAKE_EVENTS_CURSOR = 'lake/events'

/** Inputs that are in memory as values at once: enough to look up together, little enough to die young (docs/benchmarks.md). */
const STRETCH = 256

type Step = EventInput | Exclude<Input, { kind: 'event' }>

export type KeepingTimes = {
  /** How long message ids are remembered. */
  messageDays: number
  /** How long readers of notifications may be away. */
  notificationHours: number
}

type ProfilesCatalog = Pick<Catalog, 'traits' | 'identity'> & Partial<Pick<Catalog, 'notifications'>>

/** The catalog must have been checked. */
export function profilesMember(catalog: ProfilesCatalog, { messageDays, notificationHours }: KeepingTimes): PlannedMember {
  const identity = compileIdentity(catalog.identity)
  return {
    name: EVENTS,
    derivedSources: [],
    open: (store) =>
      new ProfilesRunner({
        store,
        openState: () => ProfileState.open(store, { identity, traits: catalog.traits, daysKept: messageDays }),
        openKept: () => KeptOutputs.open(store, { hours: notificationHours }),
        webhooks: Object.keys(catalog.notifications ?? {}),
      }),
  }
}

type ProfilesRunnerParts = {
  store: Store
  openState: () => Promise<ProfileState>
  openKept: () => Promise<KeptOutputs>
  /** Names of those that must be told before outputs go. */
  webhooks: readonly string[]
}

class ProfilesRunner implements Runner {
  readonly #parts: ProfilesRunnerParts
  #state: ProfileState | undefined
  #kept: KeptOutputs | undefined
  #firstNote: string | undefined
  #filed: Position = 0
  #told: Position | undefined

  constructor(parts: ProfilesRunnerParts) {
    this.#parts = parts
  }

  async open(): Promise<void> {
    this.#state = await this.#open()
  }

  async run(chunk: Chunk, context: RunContext): Promise<Section[]> {
    try {
      return await this.#run(chunk, context)
    } catch (error) {
      throw error instanceof MillraceError ? error : stopBefore(chunk, error)
    }
  }

  async #run(chunk: Chunk, { committed }: RunContext): Promise<Section[]> {
    const state = this.#state
    invariant(state, 'the profiles are opened before they run')
    await this.#readFollowers()
    const { segments } = state
    const publication = new Publication((event) => segments.noteEvent(event))
    segments.publishTo((event) => publication.addObserved(event))
    const work = { state, events: new EventApplication(state, publication), commands: new CommandApplication(state, publication) }
    for (const inputs of readInputs(chunk, STRETCH)) {
      const steps = await openSteps(
        inputs.filter((input) => input.kind !== 'event' || state.isNewMessage(input.event)),
        state,
      )
      const events = steps.filter(isEvent)
      await openEntities(work, events)
      await openActivities(work, events)
      for (const step of steps) {
        if (segments.next <= step.at) await segments.advance(step)
        segments.begin(step)
        await applyStep(step, work)
        if (segments.isUnsettled) await segments.settle()
      }
      state.seal()
    }
    await state.forgotten.redact(this.#parts.store, committed)
    const sections = [publication.section, segments.takeChanges()]
    this.#kept?.add(chunk.through, chunk.appendedAt, charactersOf(sections))
    return sections
  }

  get changedCharacters(): number {
    return this.#state?.changedCharacters ?? 0
  }

  get wants(): Wants {
    const segments = this.#state?.segments
    return {
      dueAt: segments?.next ?? Number.POSITIVE_INFINITY,
      isFilling: segments?.isFilling ?? false,
      hasSegments: segments?.isInUse ?? false,
    }
  }

  async #open(): Promise<ProfileState> {
    const { store, webhooks } = this.#parts
    await dropRemovedBodies(store, webhooks)
    this.#firstNote = await store.loadCursor(LAKE_EVENTS_CURSOR)
    this.#kept = await this.#parts.openKept()
    return await this.#parts.openState()
  }

  /** How far those are that need the outputs. */
  async #readFollowers(): Promise<void> {
    const { store, webhooks } = this.#parts
    this.#told = await slowestTold(store, webhooks)
    const note = await store.loadCursor(LAKE_EVENTS_CURSOR)
    if (note === undefined || note === this.#firstNote) return
    this.#firstNote = undefined
    this.#filed = Number(note)
  }

  close(): Changes {
    const kept = this.#kept?.close({ filed: this.#filed, told: this.#told })
    return {
      documents: [...(this.#state?.close() ?? []), ...(kept?.documents ?? [])],
      prunedOutputs: kept?.prunedOutputs ?? [],
      ...this.#state?.forgotten.changes(),
    }
  }
}

/** Of what is published. */
function charactersOf(sections: readonly Section[]): number {
  let characters = 0
  for (const { documents } of sections) for (const { length } of documents) characters += length
  return characters
}

/** A defect stops the profiles alone, and is told of; derivations go on. */
function stopBefore({ after }: Chunk, error: unknown): DerivationStop {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const cause = new MillraceError('internal_error', `Profiles cannot go past log position ${after + 1}: ${reason}`, {
    hint: 'This is a defect of Millrace; nothing accepted is lost, and events are taken in as before. Please report it.',
    cause: error,
  })
  return new DerivationStop(EVENTS, after + 1, cause)
}

type Work = { state: ProfileState; events: EventApplication; commands: CommandApplication }

/** With who owns the identifiers that events claim. */
async function openSteps(inputs: readonly Input[], state: ProfileState): Promise<Step[]> {
  const claims = inputs.flatMap((input) => (input.kind === 'event' ? [claimsOf(input.event, state.identity)] : []))
  const opened = (await openClaims(state.identities, claims)).values()
  return inputs.map((input) => {
    if (input.kind !== 'event') return input
    const { value } = opened.next()
    invariant(value, 'each event has its claims')
    const { event, text, position, index, at } = input
    return { event, text, position, index, at, claims: value }
  })
}

function isEvent(step: Step): step is EventInput {
  return 'event' in step
}

async function applyStep(step: Step, work: Work): Promise<void> {
  if (isEvent(step)) {
    // Mostly it is: but what the steps before have changed may lead elsewhere than it did when the chunk was opened.
    if (!work.events.isReady(step)) await openEntities(work, [step])
    work.events.apply(step)
    work.state.noteApplied()
  } else if (step.kind === 'command') await work.commands.apply(step)
  else await work.state.setAside(step.item, step.text)
}

/** Of those whose events segments ask about, and who are known, at once. */
async function openActivities({ state }: Work, steps: readonly EventInput[]): Promise<void> {
  const asked = steps.flatMap(({ event, claims }) => {
    const name = eventName(event)
    const users = state.segments.asksAbout(name) ? claims.user.flatMap(({ document }) => document.value ?? []) : []
    return users.map((user) => ({ user, name }))
  })
  if (asked.length > 0) await state.segments.openActivities(asked)
}

/** Of all steps at once. */
async function openEntities({ state, events }: Work, steps: readonly EventInput[]): Promise<void> {
  const user = new Set<EntityId>()
  const account = new Set<EntityId>()
  for (const step of steps) {
    const parts = events.partsRead(step)
    for (const id of parts.user) user.add(id)
    for (const id of parts.account) account.add(id)
  }
  await state.identities.user.load([...user])
  await state.identities.account.load([...account])
}
