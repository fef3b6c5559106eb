/**
 * Which derivations advance together, and how far. Every derivation has its own position in the log: a new one starts at 0
 * while the others go on, and a stopped one stays before the entry that stopped it, holding back those that read from it.
 * Derivations at the same position form a lane; a lane that catches up with another joins it.
 */
import type { Position } from '../../log/log.ts'

export type LaneMember = {
  name: string
  /** The derived collections that it reads. */
  derivedSources: readonly string[]
}

export type Lane = {
  /** Names, in the order of the plan: a source stands before its readers. */
  members: string[]
  after: Position
  through: Position
}

export type LaneSituation = {
  /** All derivations in topological order. */
  plan: readonly LaneMember[]
  positions: ReadonlyMap<string, Position>
  /** Of these, what is committed: a reader outside of its source's lane reads what the source published from the store. */
  committed: ReadonlyMap<string, Position>
  /** The last position that a derivation may reach, for those that have been stopped. */
  limits: ReadonlyMap<string, Position>
  head: Position
}

/** Every lane that can advance now, those furthest behind first. */
export function findLanes(situation: LaneSituation): Lane[] {
  const positions = [...new Set(situation.positions.values())].toSorted((a, b) => a - b)
  return positions.flatMap((after) => {
    const lane = findLane(situation, after)
    return lane === undefined ? [] : [lane]
  })
}

function findLane(situation: LaneSituation, after: Position): Lane | undefined {
  const { plan, positions, head } = situation
  const reach = new Map<string, Position>()
  for (const member of plan) {
    if (positions.get(member.name) !== after) continue
    const limit = reachOf(member, situation, reach)
    if (limit > after) reach.set(member.name, limit)
  }
  if (reach.size === 0) return undefined
  const ahead = [...positions.values()].filter((position) => position > after)
  return { members: [...reach.keys()], after, through: Math.min(head, ...reach.values(), ...ahead) }
}

function reachOf(member: LaneMember, situation: LaneSituation, lane: ReadonlyMap<string, Position>): Position {
  const sources = member.derivedSources.map((source) => lane.get(source) ?? situation.committed.get(source) ?? 0)
  return Math.min(situation.head, situation.limits.get(member.name) ?? situation.head, ...sources)
}
