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
import { EVENTS } from '../../model/system-collections.ts'
import type { Position } from '../../log/log.ts'
import type { Store } from '../../store/store.ts'
import type { Chunk } from '../apply/chunk.ts'
import { DerivationStop } from '../apply/derivation-runner.ts'
import type { PlannedMember } from '../apply/plan.ts'
import type { Changes, RunContext, Runner } from '../apply/runner.ts'
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

/** The catalog must have been checked. `daysKept`: how long message ids are remembered. */
export function profilesMember(catalog: Pick<Catalog, 'traits' | 'identity'>, daysKept: number): PlannedMember {
  const identity = compileIdentity(catalog.identity)
  return {
    name: EVENTS,
    derivedSources: [],
    open: (store) => new ProfilesRunner(store, () => ProfileState.open(store, { identity, traits: catalog.traits, daysKept })),
  }
}

class ProfilesRunner implements Runner {
  readonly #store: Store
  readonly #openState: () => Promise<ProfileState>
  #state: ProfileState | undefined
  #firstNote: string | undefined
  #filed: Position = 0
  #pruned: Position = 0

  constructor(store: Store, openState: () => Promise<ProfileState>) {
    this.#store = store
    this.#openState = openState
  }

  async run(chunk: Chunk, context: RunContext): Promise<Section> {
    try {
      return await this.#run(chunk, context)
    } catch (error) {
      throw error instanceof MillraceError ? error : stopBefore(chunk, error)
    }
  }

  async #run(chunk: Chunk, { committed }: RunContext): Promise<Section> {
    const state = (this.#state ??= await this.#open())
    await this.#readLakeNote()
    const publication = new Publication()
    const work = { state, events: new EventApplication(state, publication), commands: new CommandApplication(state, publication) }
    for (const inputs of readInputs(chunk, STRETCH)) {
      const steps = await openSteps(
        inputs.filter((input) => input.kind !== 'event' || state.isNewMessage(input.event)),
        state,
      )
      await openEntities(work, steps.filter(isEvent))
      for (const step of steps) await applyStep(step, work)
      state.seal()
    }
    await state.forgotten.redact(this.#store, committed)
    return publication.section
  }

  get changedCharacters(): number {
    return this.#state?.changedCharacters ?? 0
  }

  async #open(): Promise<ProfileState> {
    this.#firstNote = await this.#store.loadCursor(LAKE_EVENTS_CURSOR)
    return await this.#openState()
  }

  async #readLakeNote(): Promise<void> {
    const note = await this.#store.loadCursor(LAKE_EVENTS_CURSOR)
    if (note === undefined || note === this.#firstNote) return
    this.#firstNote = undefined
    this.#filed = Number(note)
  }

  close(): Changes {
    const changes = { documents: this.#state?.close() ?? [], ...this.#state?.forgotten.changes() }
    if (this.#filed <= this.#pruned) return changes
    this.#pruned = this.#filed
    return { ...changes, prunedOutputs: [{ collection: EVENTS, through: this.#filed }] }
  }
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
    const { event, text, position, index } = input
    return { event, text, position, index, claims: value }
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
  } else if (step.kind === 'command') await work.commands.apply(step)
  else await work.state.setAside(step.item, step.text)
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
