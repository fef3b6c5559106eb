/** Operators' commands applied: merges and splits by hand, erasures, releases from the quarantine. One that no longer fits has no effect. */
import { invariant } from '../../base/errors.ts'
import type { Command } from '../../model/profile/command.ts'
import type { Entity, EntityId, Write } from '../../model/profile/entity.ts'
import { splitEntity } from '../../model/profile/merge-entities.ts'
import { externalIdOf, survivorOf } from '../../model/profile/survivor.ts'
import type { Identities } from './identities.ts'
import type { Input } from './inputs.ts'
import { changedEvent, mergedEvent, splitEvent } from './made-events.ts'
import { noteErased, noteMerge, noteNew, watchFacts } from './note-changes.ts'
import type { ProfileState } from './profile-state.ts'
import type { Publication } from './publication.ts'
import { joinEntities } from './resolve-entity.ts'

type CommandInput = Extract<Input, { kind: 'command' }>
type Of<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>

/** The source that operators' commands are written under. */
const OPERATOR = 'millrace'

export class CommandApplication {
  readonly #state: ProfileState
  readonly #publication: Publication

  constructor(state: ProfileState, publication: Publication) {
    this.#state = state
    this.#publication = publication
  }

  async apply(input: CommandInput): Promise<void> {
    const { command } = input
    const { segments } = this.#state
    switch (command.kind) {
      case 'merge':
        return await this.#merge(command, writeOf(input))
      case 'split':
        return await this.#split(command, writeOf(input))
      case 'erase':
        return await this.#erase(command)
      case 'release':
        return this.#state.quarantine.release(command.items)
      case 'define-segment':
        return segments.define(command.definition, command.owner, this.#state.isEmpty)
      case 'delete-segment':
        return segments.delete(command.segment)
      case 'change-members':
        return await segments.changeMembers(command.segment, command)
      case 'fill-segment':
        return await segments.fill(command)
      case 'tick':
        return undefined
    }
  }

  /** By hand even what was split may merge, but never two external ids. */
  async #merge({ entityKind: kind, survivor: a, loser: b }: Of<'merge'>, write: Write): Promise<void> {
    const identities = this.#state.identities[kind]
    await identities.load([a, b])
    const [first, second] = [identities.find(a), identities.find(b)]
    if (first === undefined || second === undefined || first.id === second.id) return
    if (externalIdOf(first.entity) !== undefined && externalIdOf(second.entity) !== undefined) return
    const [survivor, loser] = survivorOf(first, second)
    const merged = joinEntities(identities, { survivor, loser, cause: write })
    forgetApart(merged.entity.apart, merged.entity.parts)
    const merge = merged.entity.merges.at(-1)
    invariant(merge, 'a merged entity has a merge')
    const cause = { kind, part: survivor.id, write }
    this.#publication.addMade(mergedEvent(cause, { survivor, loser, merge }))
    noteMerge(this.#state, kind, { merge, survivor, loser, merged })
    const changes = this.#state.watchMerge(kind, survivor.entity.parts, merged.entity.parts)()
    const tracked = changes.filter(({ isTracked }) => isTracked)
    if (tracked.length > 0) this.#publication.addMade(changedEvent(cause, tracked, this.#state.signedUpAt(kind, merged.entity)))
  }

  async #split({ entityKind: kind, part }: Of<'split'>, write: Write): Promise<void> {
    const identities = this.#state.identities[kind]
    await identities.load([part])
    const whole = identities.find(part)
    const split = whole && splitEntity(whole.entity, part)
    if (whole === undefined || split === undefined) return
    const end = watchFacts(this.#state, kind, whole)
    identities.put(whole.id, split.rest)
    identities.put(part, split.detached)
    const [rest, detached] = [
      { id: whole.id, entity: split.rest },
      { id: part, entity: split.detached },
    ]
    this.#publication.addMade(splitEvent({ kind, part: rest.id, write }, rest, detached))
    end(rest)
    noteNew(this.#state, kind, detached)
    for (const { id } of [rest, detached]) this.#state.segments.noteParts(kind, id)
  }

  async #erase({ entityKind: kind, parts, identifiers: given = [] }: Of<'erase'>): Promise<void> {
    const identities = this.#state.identities[kind]
    await identities.load(parts)
    const entities = parts.flatMap((part) => identities.find(part) ?? [])
    const identifiers = entities.flatMap(({ entity }) => entity.parts.flatMap((part) => part.identifiers))
    const claims = [...given, ...identifiers].map(({ kind, value }) => ({ kind, value }))
    this.#state.forgotten.add({ kind, parts, identifiers: claims })
    for (const { id, entity } of entities) {
      noteErased(this.#state, kind, { id, entity })
      eraseEntity(identities, entity)
    }
    this.#state.segments.restartFillings()
    for (const part of parts) identities.put(part, undefined)
  }
}

/** Its identifiers lead nowhere from now on. */
function eraseEntity(identities: Identities, { parts }: Entity): void {
  for (const part of parts) {
    for (const identifier of part.identifiers) identities.setOwner(identifier, undefined)
    identities.put(part.id, undefined)
  }
}

function forgetApart(apart: EntityId[] | undefined, parts: readonly { id: EntityId }[]): void {
  const own = new Set(parts.map(({ id }) => id))
  apart?.splice(0, apart.length, ...apart.filter((id) => !own.has(id)))
}

function writeOf({ command, position, index }: CommandInput): Write {
  const at = Date.parse(command.at)
  return { source: OPERATOR, event: command.id, occurredAt: at, receivedAt: at, position, index }
}
