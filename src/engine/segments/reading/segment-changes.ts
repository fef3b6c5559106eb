/** Segments defined, changed and deleted, and members of manual ones, by hand: put onto the log as commands, and answered when applied. */
import { MillraceError } from '../../../base/errors.ts'
import type { Position } from '../../../log/log.ts'
import type { EntityId } from '../../../model/profile/entity.ts'
import type { SegmentProblem } from '../../../model/segment/parse-segment.ts'
import { SEGMENTS_MAX, type SegmentState } from '../../../model/segment/segment.ts'
import { type CommandPort, waitUntilApplied } from '../../profiles/reading/profile-commands.ts'
import { type CommandSketch, isSameSegment } from '../catalog-segments.ts'
import { usersOf } from '../segment-references.ts'
import { resolveReferences } from './member-references.ts'
import type { SegmentParsing } from './segment-parsing.ts'
import type { SegmentReader } from './segment-reader.ts'
import { reportSegment, type SegmentReport } from './segment-report.ts'

/** The place of the last command on the log; null when there was nothing to do. `isApplied` is false when it takes longer. */
export type Sent = { position: Position | null; isApplied: boolean }

export type Defined = Sent & {
  change: 'created' | 'changed' | 'unchanged'
  /** As it is now; null when it is not applied yet. */
  segment: SegmentReport | null
  warnings: SegmentProblem[]
}
export type DefineOutcome = ({ kind: 'defined' } & Defined) | { kind: 'refused'; problems: SegmentProblem[] }

/** Ways to name entities, as profile-reference.ts reads them. */
export type MemberChange = { add: readonly string[]; remove: readonly string[] }
export type MembersChanged = Sent & {
  /** Entities that were named, each once, whether they were members or not. */
  added: number
  removed: number
  /** What leads to nobody; the others are done. `index`: from 0, within its list. */
  unknown: { list: 'add' | 'remove'; index: number; ref: string }[]
}

/** Of one request; the command with as many ids is some hundred kilobytes. */
export const MEMBER_CHANGES_MAX = 10_000

export class SegmentChanges {
  readonly #reader: SegmentReader
  readonly #parsing: SegmentParsing
  readonly #port: CommandPort

  constructor({ reader, parsing, port }: { reader: SegmentReader; parsing: SegmentParsing; port: CommandPort }) {
    this.#reader = reader
    this.#parsing = parsing
    this.#port = port
  }

  /** A segment that is there already, just so, is left alone. Rejects with `segment_of_catalog` and `segment_limit`. */
  async define(id: string, document: unknown): Promise<DefineOutcome> {
    const existing = await this.#reader.states()
    const known = existing.find(({ definition, isDeleting }) => definition.id === id && !isDeleting)
    if (known) refuseCatalogs(known)
    if (!known && existing.length >= SEGMENTS_MAX) throw tooMany()
    const parsed = await this.#parsing.parse(id, document, existing)
    if (parsed.kind === 'refused') return parsed
    const { definition, warnings } = parsed
    const isSame = known !== undefined && isSameSegment(known.definition, definition, 'rule')
    const sent = isSame ? NOTHING_SENT : await this.send([{ kind: 'define-segment', definition, owner: 'api' }])
    const state = sent.isApplied ? await this.#reader.find(id) : undefined
    const change = isSame ? 'unchanged' : known ? 'changed' : 'created'
    return { kind: 'defined', change, segment: state ? reportSegment(state) : null, warnings, ...sent }
  }

  /** What is being deleted already is left to it. Rejects with `segment_unknown`, `segment_of_catalog` and `segment_in_use`. */
  async remove(id: string): Promise<Sent> {
    const known = await this.#reader.require(id)
    if (known.isDeleting) return NOTHING_SENT
    refuseCatalogs(known)
    const others = (await this.#reader.states()).filter(({ isDeleting }) => !isDeleting)
    refuseUsed(
      id,
      usersOf(
        id,
        others.map(({ definition }) => definition),
      ),
    )
    return await this.send([{ kind: 'delete-segment', segment: id }])
  }

  /**
   * Those that are in it already, or are not, stay as they are, so it may be repeated. Rejects with `segment_unknown`,
   * `segment_not_manual`, and `request_invalid` for somebody who is to be added and removed.
   */
  async changeMembers(id: string, change: MemberChange): Promise<MembersChanged> {
    const { definition, isDeleting } = await this.#reader.require(id)
    if (definition.predicate !== undefined || isDeleting) throw notManual(id, isDeleting === true)
    const { store, profiles } = this.#reader
    const resolving = { store, identity: profiles.identity, kind: definition.kind }
    const add = await resolveReferences(change.add, resolving)
    const remove = await resolveReferences(change.remove, resolving)
    const [adding, removing] = [distinct(add), distinct(remove)]
    const removed = new Set(removing)
    const both = adding.find((one) => removed.has(one))
    if (both !== undefined) throw contradiction(change, { add: add.indexOf(both), remove: remove.indexOf(both) })
    const isIdle = adding.length + removing.length === 0
    const sent = isIdle ? NOTHING_SENT : await this.send([{ kind: 'change-members', segment: id, add: adding, remove: removing }])
    const unknown = [...unknownOf('add', change.add, add), ...unknownOf('remove', change.remove, remove)]
    return { added: adding.length, removed: removing.length, unknown, ...sent }
  }

  /** One after the other; waits for the last to be applied. */
  async send(sketches: readonly CommandSketch[]): Promise<Sent> {
    const { append, newId, clock } = this.#port
    let position: Position | null = null
    for (const sketch of sketches) {
      const now = clock.now()
      position = await append({ id: newId(now), at: new Date(now).toISOString(), ...sketch })
    }
    return { position, isApplied: position === null || (await waitUntilApplied(this.#port, position)) }
  }
}

const NOTHING_SENT: Sent = { position: null, isApplied: true }

function distinct(ids: readonly (EntityId | undefined)[]): EntityId[] {
  return [...new Set(ids.filter((id) => id !== undefined))]
}

function unknownOf(list: 'add' | 'remove', refs: readonly string[], found: readonly (EntityId | undefined)[]) {
  return refs.flatMap((ref, index) => (found[index] === undefined ? [{ list, index, ref }] : []))
}

function refuseCatalogs({ definition: { id }, owner }: SegmentState): void {
  if (owner !== 'catalog') return
  throw new MillraceError('segment_of_catalog', `The segment "${id}" belongs to the catalog.`, {
    hint: 'Change it in the catalog; `millrace plan` shows what that does, and `millrace apply` does it.',
  })
}

/** Throws `segment_in_use` when anybody refers to the segment. */
export function refuseUsed(id: string, users: readonly string[]): void {
  if (users.length === 0) return
  const names = users.map((user) => `"${user}"`).join(', ')
  throw new MillraceError(
    'segment_in_use',
    `The segment "${id}" cannot be deleted: ${names} refer${users.length === 1 ? 's' : ''} to it.`,
    {
      hint: 'Change or delete those first.',
    },
  )
}

function notManual(id: string, isDeleting: boolean): MillraceError {
  const why = isDeleting ? 'is being deleted' : 'has a rule, which says who is in it'
  return new MillraceError('segment_not_manual', `The segment "${id}" ${why}: members cannot be added or removed by hand.`, {
    hint: 'Make a segment with `"manual": true` for that; others may refer to it.',
  })
}

function contradiction({ add, remove }: MemberChange, at: { add: number; remove: number }): MillraceError {
  const [added, removed] = [add[at.add] ?? '', remove[at.remove] ?? '']
  return new MillraceError(
    'request_invalid',
    `"${added}" (add, index ${at.add}) and "${removed}" (remove, index ${at.remove}) are the same: either add or remove.`,
  )
}

function tooMany(): MillraceError {
  return new MillraceError('segment_limit', `There are ${SEGMENTS_MAX} segments already, as many as there may be.`, {
    hint: 'Delete those that nobody uses.',
  })
}
