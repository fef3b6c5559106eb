/** The profiles' share of a chunk: events, items set aside and commands, parsed, in the order of the log. Erased ones are left out. */
import { COMMANDS, INBOX, QUARANTINE } from '../../model/system-collections.ts'
import type { TrackedEvent } from '../../model/event/event.ts'
import type { QuarantinedItem } from '../../model/event/quarantine.ts'
import type { Command } from '../../model/profile/command.ts'
import type { Chunk, PlacedSection } from '../apply/chunk.ts'

/** `index`: within the log entry. */
export type Input = { text: string; position: number; index: number } & (
  | { kind: 'event'; event: TrackedEvent }
  | { kind: 'item'; item: QuarantinedItem }
  | { kind: 'command'; command: Command }
)

/** What stands where something was erased, padded or not. */
const ERASED = '{"erased":true'

export function readInputs(chunk: Chunk): Input[] {
  const inputs: Input[] = []
  for (const placed of chunk.sections([INBOX, QUARANTINE, COMMANDS])) readSection(placed, inputs)
  return inputs
}

function readSection({ section, position }: PlacedSection, inputs: Input[]): void {
  const { collection, firstIndex } = section
  section.documents().forEach((text, i) => {
    if (text.startsWith(ERASED)) return
    const place = { text, position, index: firstIndex + i }
    // The door and the operators' endpoints wrote these, in the form of their types.
    const value: unknown = JSON.parse(text)
    if (collection === INBOX) inputs.push({ ...place, kind: 'event', event: value as TrackedEvent })
    else if (collection === QUARANTINE) inputs.push({ ...place, kind: 'item', item: value as QuarantinedItem })
    else inputs.push({ ...place, kind: 'command', command: value as Command })
  })
}
