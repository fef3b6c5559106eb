/**
 * The segments as they will be when all that is on the log is applied: for the catalog, which must not wait for that, and must not be
 * undone by what stands on the log already.
 */
import type { Log, Position } from '../../log/log.ts'
import { decodeBatch } from '../../model/document-batch.ts'
import type { Command } from '../../model/profile/command.ts'
import type { SegmentState } from '../../model/segment/segment.ts'
import { COMMANDS, EVENTS } from '../../model/system-collections.ts'
import type { StoreReader } from '../../store/store.ts'
import { loadSegmentStates } from './reading/segment-store.ts'

/** Compressed. */
const READ_BYTES = 4 * 1024 * 1024

/**
 * Reads what of the log is not applied yet. `apply` may go on meanwhile: what is followed twice ends the same. Undefined when the store is
 * ahead of the log: it belongs to another one.
 */
export async function loadSegmentsAtHead(
  store: Pick<StoreReader, 'load' | 'scan' | 'checkpoints'>,
  log: Pick<Log, 'read' | 'head'>,
): Promise<SegmentState[] | undefined> {
  const applied = (await store.checkpoints()).get(EVENTS) ?? 0
  const head = await log.head()
  if (applied > head) return undefined
  const states = new Map((await loadSegmentStates(store)).map((state) => [state.definition.id, state]))
  for (let after = applied; after < head;) {
    const entries = await log.read(after, { maxBytes: READ_BYTES, through: head })
    for (const { payload, position } of entries) {
      for (const command of commandsIn(payload)) follow(states, command, position)
    }
    after = entries.at(-1)?.position ?? head
  }
  return [...states.values()]
}

function commandsIn(payload: Uint8Array): Command[] {
  const sections = decodeBatch(payload).filter(({ collection }) => collection === COMMANDS)
  // The operators' endpoints wrote these, in the form of their type; what was erased has no kind.
  return sections.flatMap((section) => section.documents().map((text) => JSON.parse(text) as Command))
}

/** What the registry will do with it, as far as the catalog is concerned. */
function follow(states: Map<string, SegmentState>, command: Command, position: Position): void {
  if (command.kind === 'delete-segment') {
    const known = states.get(command.segment)
    if (known) states.set(command.segment, { ...known, isDeleting: true })
  }
  if (command.kind !== 'define-segment') return
  const { definition, owner, at } = command
  const { createdAt = at, members = 0, definition: known = definition } = states.get(definition.id) ?? {}
  if (known.kind !== definition.kind) return
  states.set(definition.id, { definition, owner, version: position, createdAt, updatedAt: at, members })
}
