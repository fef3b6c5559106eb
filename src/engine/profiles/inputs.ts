/** The profiles' share of a chunk: events, items set aside and commands, parsed, in the order of the log. Erased ones are left out. */
import { COMMANDS, INBOX, QUARANTINE } from '../../model/system-collections.ts'
import type { TrackedEvent } from '../../model/event/event.ts'
import type { QuarantinedItem } from '../../model/event/quarantine.ts'
import type { Command } from '../../model/profile/command.ts'
import type { Chunk } from '../apply/chunk.ts'

/** `index`: within the log entry, which was appended `at`. */
export type Input = { text: string; position: number; index: number; at: number } & (
  | { kind: 'event'; event: TrackedEvent }
  | { kind: 'item'; item: QuarantinedItem }
  | { kind: 'command'; command: Command }
)

/** What stands where something was erased, padded or not. */
const ERASED = '{"erased":true'

/** In stretches of at most `size`, so that few of them are in memory at once. */
export function* readInputs(chunk: Chunk, size: number): Generator<Input[]> {
  let inputs: Input[] = []
  for (const input of parseAll(chunk)) {
    inputs.push(input)
    if (inputs.length < size) continue
    yield inputs
    inputs = []
  }
  if (inputs.length > 0) yield inputs
}

function* parseAll(chunk: Chunk): Generator<Input> {
  for (const { section, position, appendedAt: at } of chunk.sections([INBOX, QUARANTINE, COMMANDS])) {
    const { collection, firstIndex } = section
    for (const [i, text] of section.documents().entries()) {
      if (!text.startsWith(ERASED)) yield parseInput(collection, text, { position, index: firstIndex + i, at })
    }
  }
}

function parseInput(collection: string, text: string, place: { position: number; index: number; at: number }): Input {
  // The door and the operators' endpoints wrote these, in the form of their types.
  const value: unknown = JSON.parse(text)
  if (collection === INBOX) return { text, ...place, kind: 'event', event: value as TrackedEvent }
  if (collection === QUARANTINE) return { text, ...place, kind: 'item', item: value as QuarantinedItem }
  return { text, ...place, kind: 'command', command: value as Command }
}
