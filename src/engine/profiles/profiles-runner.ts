/**
 * The profiles at work on a chunk of the log: repeats are dropped, events find their entities, traits are reduced, and every event
 * is published on the timelines that it belongs to, with what Millrace makes of it. A member of a lane like any derivation, in
 * the same transaction. What the store must bring is loaded for a whole chunk at once.
 */
import { claimsOf, compileIdentity } from '../../model/profile/event-claims.ts'
import { ANONYMOUS_ID, EXTERNAL_ID } from '../../model/profile/identity-rules.ts'
import type { Claim } from '../../model/event/event.ts'
import type { Catalog } from '../../model/catalog.ts'
import type { Section } from '../../model/document-batch.ts'
import { EVENTS } from '../../model/system-collections.ts'
import type { Position } from '../../log/log.ts'
import type { Store } from '../../store/store.ts'
import type { Chunk } from '../apply/chunk.ts'
import type { PlannedMember } from '../apply/plan.ts'
import type { Changes, Runner } from '../apply/runner.ts'
import { CommandApplication } from './command-application.ts'
import { EventApplication, type EventInput } from './event-application.ts'
import { type Input, readInputs } from './inputs.ts'
import { ProfileState } from './profile-state.ts'
import { Publication } from './publication.ts'

/** The lake saves under this name how far it has published the events: what it has, the store need not keep. */
export const LAKE_EVENTS_CURSOR = 'lake/events'

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
  #filed: Position = 0
  #pruned: Position = 0

  constructor(store: Store, openState: () => Promise<ProfileState>) {
    this.#store = store
    this.#openState = openState
  }

  async run(chunk: Chunk): Promise<Section> {
    this.#state ??= await this.#openState()
    const state = this.#state
    this.#filed = Number((await this.#store.loadCursor(LAKE_EVENTS_CURSOR)) ?? 0)
    const steps = readInputs(chunk).flatMap((input) => prepare(input, state))
    const publication = new Publication()
    const events = new EventApplication(state, publication)
    const commands = new CommandApplication(state, publication)
    const eventSteps = steps.filter(isEvent)
    await openIdentifiers(state, eventSteps)
    await openEntities(state, events, eventSteps)
    for (const step of steps) {
      if (isEvent(step)) {
        // Mostly nothing: what the steps before have changed may lead elsewhere than it did when the chunk was opened.
        await openEntities(state, events, [step])
        events.apply(step)
      } else if (step.kind === 'command') await commands.apply(step)
      else await state.setAside(step.item, step.text)
    }
    state.seal()
    return publication.section
  }

  close(): Changes {
    const documents = this.#state?.close() ?? []
    if (this.#filed <= this.#pruned) return { documents }
    this.#pruned = this.#filed
    return { documents, prunedOutputs: [{ collection: EVENTS, through: this.#filed }] }
  }
}

/** Repeats end here. */
function prepare(input: Input, state: ProfileState): Step[] {
  if (input.kind !== 'event') return [input]
  const { event, text, position, index } = input
  if (!state.isNewMessage(event)) return []
  return [{ event, text, position, index, claims: claimsOf(event, state.identity) }]
}

function isEvent(step: Step): step is EventInput {
  return 'event' in step
}

async function openIdentifiers({ identities }: ProfileState, steps: readonly EventInput[]): Promise<void> {
  const user: Claim[] = []
  const account: Claim[] = []
  for (const { claims } of steps) {
    user.push(...claims.user)
    account.push(...claims.account)
    for (const value of [claims.joins, claims.takes]) {
      if (value !== undefined) user.push({ kind: ANONYMOUS_ID, value }, { kind: EXTERNAL_ID, value })
    }
  }
  await identities.user.openIdentifiers(user)
  await identities.account.openIdentifiers(account)
}

/** Chains of merges take a round each. */
async function openEntities({ identities }: ProfileState, events: EventApplication, steps: readonly EventInput[]): Promise<void> {
  for (;;) {
    const missing = { user: new Set<string>(), account: new Set<string>() }
    for (const step of steps) {
      const { user, account } = events.missing(step)
      for (const id of user) missing.user.add(id)
      for (const id of account) missing.account.add(id)
    }
    if (missing.user.size === 0 && missing.account.size === 0) return
    await identities.user.openEntities([...missing.user])
    await identities.account.openEntities([...missing.account])
  }
}
