/**
 * The text of an entity in the store: JSON of arrays, each write once. A profile of twenty traits takes half of what its plain JSON
 * would, and is read and written in half the time: profiles are most of what a busy store writes.
 *
 *   merged   { "mergedInto": id }
 *   entity   [parts, merges, apart]
 *   part     [id, writes, created, identifiers, traits, link?]          `created` and all below name writes by their place in `writes`
 *   writes   [source, event, occurredAt, receivedAt, position, index, number]   `number`: as operations name it; -1 when none does
 *   trait    [write, value] for a single `set`, else [[operation, value, write], …]
 */
import { invariant } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import type { EntityId, EntityState, Identifier, Merge, Millis, Part, TraitOperation, Write } from './entity.ts'

type PackedWrite = [
  source: string,
  event: string,
  occurredAt: Millis,
  receivedAt: Millis,
  position: number,
  index: number,
  number: number,
]
type PackedTrait = [write: number, value: Json] | TraitOperation[]
type PackedPart = [
  id: EntityId,
  writes: PackedWrite[],
  created: number,
  identifiers: [kind: string, value: string, since: number][],
  traits: Record<string, PackedTrait>,
  link?: [account: EntityId, at: number],
]
type PackedEntity = [parts: PackedPart[], merges: Merge[], apart?: EntityId[]]

const UNNUMBERED = -1

export function writeEntityText(state: EntityState): string {
  if ('mergedInto' in state) return JSON.stringify(state)
  const { parts, merges, apart } = state
  const packed: PackedEntity = [parts.map(packPart), merges]
  if (apart) packed.push(apart)
  return JSON.stringify(packed)
}

/** `text` was made by `writeEntityText`. */
export function readEntityText(text: string): EntityState {
  const packed = JSON.parse(text) as PackedEntity | { mergedInto: EntityId }
  if (!Array.isArray(packed)) return packed
  const [parts, merges, apart] = packed
  return { parts: parts.map(unpackPart), merges, ...(apart && { apart }) }
}

function packPart({ id, created, identifiers, traits, writes, link }: Part): PackedPart {
  const numbered = Object.entries(writes)
  const packed = numbered.map(([number, write]) => packWrite(write, Number(number)))
  // Writes are few: those of a part that lives long are mostly one for each time that it changed.
  const placeOf = (write: Write): number => {
    const known = packed.findIndex(([, , , , position, index]) => position === write.position && index === write.index)
    return known >= 0 ? known : packed.push(packWrite(write, UNNUMBERED)) - 1
  }
  const places = new Map(numbered.map(([number], place) => [Number(number), place]))
  const packedTraits: Record<string, PackedTrait> = {}
  for (const name in traits) packedTraits[name] = packTrait(traits[name] ?? [], places)
  const result: PackedPart = [
    id,
    packed,
    placeOf(created),
    identifiers.map(({ kind, value, since }) => [kind, value, placeOf(since)]),
    packedTraits,
  ]
  if (link) result.push([link.account, placeOf(link.at)])
  return result
}

function packWrite({ source, event, occurredAt, receivedAt, position, index }: Write, number: number): PackedWrite {
  return [source, event, occurredAt, receivedAt, position, index, number]
}

function packTrait(operations: TraitOperation[], places: ReadonlyMap<number, number>): PackedTrait {
  const [only] = operations
  if (only && operations.length === 1 && only[0] === 'set') return [places.get(only[2]) ?? UNNUMBERED, only[1]]
  return operations.map(([operation, value, write]): TraitOperation => [operation, value, places.get(write) ?? UNNUMBERED])
}

function unpackPart([id, packed, created, identifiers, traits, link]: PackedPart): Part {
  const all = packed.map(unpackWrite)
  const at = (place: number): Write => {
    const write = all[place]
    invariant(write, `a part has the write ${place}`)
    return write
  }
  const writes: Part['writes'] = {}
  packed.forEach(([, , , , , , number], place) => {
    if (number !== UNNUMBERED) writes[number] = at(place)
  })
  const numberOf = (place: number) => packed[place]?.[6] ?? UNNUMBERED
  for (const name in traits) traits[name] = unpackTrait(traits[name] ?? [], numberOf)
  return {
    id,
    created: at(created),
    identifiers: identifiers.map(([kind, value, since]): Identifier => ({ kind, value, since: at(since) })),
    // Each was just unpacked.
    traits: traits as Part['traits'],
    writes,
    ...(link && { link: { account: link[0], at: at(link[1]) } }),
  }
}

function unpackWrite([source, event, occurredAt, receivedAt, position, index]: PackedWrite): Write {
  return { source, event, occurredAt, receivedAt, position, index }
}

function unpackTrait(packed: PackedTrait, numberOf: (place: number) => number): TraitOperation[] {
  const [first] = packed
  if (typeof first === 'number') return [['set', (packed as [number, Json])[1], numberOf(first)]]
  return (packed as TraitOperation[]).map(([operation, value, place]): TraitOperation => [operation, value, numberOf(place)])
}
