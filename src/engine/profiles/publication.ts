/** What the profiles publish of a chunk: lines of timelines, each at the place of its input. */
import { hash } from 'node:crypto'
import type { Section } from '../../model/document-batch.ts'
import type { IdentityNote, TimelineEvent, TraitRefusal } from '../../model/event/timeline-event.ts'
import type { EntityId, EntityKind } from '../../model/profile/entity.ts'
import { EVENTS, SYSTEM_SCHEMA_HASH } from '../../model/system-collections.ts'

type Owners = { user: EntityId | undefined; account: EntityId | undefined }
type Place = { position: number; index: number }
export type Remarks = { refused: readonly TraitRefusal[]; notes: readonly IdentityNote[] }

export class Publication {
  readonly #observe: (event: TimelineEvent) => void
  readonly section: Section & { sources: number[] } = {
    collection: EVENTS,
    schemaHash: SYSTEM_SCHEMA_HASH,
    documents: [],
    keys: [],
    partitions: [],
    sources: [],
  }

  /** `observe` is told of every event that Millrace makes. */
  constructor(observe: (event: TimelineEvent) => void) {
    this.#observe = observe
  }

  /** A tracked event: its text as it stands on the log, with whom it belongs to in front. */
  addTracked(text: string, { position, index }: Place, { user, account }: Owners, { refused, notes }: Remarks): void {
    const owners = `${user === undefined ? '' : `"user":"${user}",`}${account === undefined ? '' : `"account":"${account}",`}`
    const remarks = `${refused.length === 0 ? '' : `"refused":${JSON.stringify(refused)},`}${notes.length === 0 ? '' : `"notes":${JSON.stringify(notes)},`}`
    const line = `{${owners}"position":${position},"index":${index},${remarks}${text.slice(1)}`
    this.#add(line, user ?? account ?? '', { position, index })
  }

  addMade(event: TimelineEvent): void {
    this.addObserved(event)
    this.#observe(event)
  }

  /** Of which whoever observes has been told already. */
  addObserved(event: TimelineEvent): void {
    this.#add(JSON.stringify(event), event.user ?? event.account ?? '', event)
  }

  #add(line: string, key: string, { position, index }: Place): void {
    const { documents, keys, partitions, sources } = this.section
    documents.push(line)
    keys.push(key)
    partitions.push('')
    sources.push(position, index)
  }
}

/** The id of an entity that an input brings into being: the same at every replay. */
export function entityIdAt(kind: EntityKind, { position, index }: Place, receivedAt: number): EntityId {
  const second = Math.floor(receivedAt / 1000) >>> 0
  return second.toString(16).padStart(8, '0') + hash('sha1', `${kind}:${position}:${index}`).slice(0, 16)
}
