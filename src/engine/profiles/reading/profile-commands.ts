/** Merges and splits by hand: previewed, put onto the log as commands, and answered when they are applied. */
import type { Clock } from '../../../base/clock.ts'
import type { Position } from '../../../log/log.ts'
import type { Command } from '../../../model/profile/command.ts'
import type { EntityId, EntityKind } from '../../../model/profile/entity.ts'
import { type MergePreview, previewMerge, previewSplit, type SplitPreview } from './merge-preview.ts'
import type { ProfileReader } from './profile-reader.ts'
import type { ProfileReport } from './profile-report.ts'

export type CommandPort = {
  /** Resolves with the command's place when it is on disk. */
  append: (command: Command) => Promise<Position>
  /** Resolves when the store shows what everything up to this position led to. Abandoned when `signal` aborts. */
  applied: (position: Position, signal: AbortSignal) => Promise<void>
  newId: (now: number) => string
  clock: Clock
}

/** What is slower is not waited for: it is on the log, and will be done. */
const APPLIED_WITHIN_MS = 10_000

/** What was done, or would be. */
export type Done<Preview> = {
  isDryRun: boolean
  preview: Preview
  /** Of the command on the log; null for a dry run. */
  position: Position | null
  /** False when it is on the log but was not applied yet: ask for the profiles a little later. */
  isApplied: boolean
}
export type MergeDone = Done<MergePreview> & { profile: ProfileReport | null }
export type SplitDone = Done<SplitPreview> & { profiles: ProfileReport[] }

export type SplitRequest = {
  /** Names the part: by its id, or by an identifier that it owns. */
  part: string
  isDryRun: boolean
}

export class ProfileCommands {
  readonly #reader: ProfileReader
  readonly #port: CommandPort

  constructor(reader: ProfileReader, port: CommandPort) {
    this.#reader = reader
    this.#port = port
  }

  /** Which of the two lives on is not chosen (survivor.ts). Rejects with `entity_unknown` and `merge_refused`. */
  async merge(kind: EntityKind, [a, b]: [a: string, b: string], isDryRun: boolean): Promise<MergeDone> {
    const { lookup, rules } = this.#reader
    const [first, second] = [await lookup.require(kind, a), await lookup.require(kind, b)]
    const preview = previewMerge(first, second, { kind, rules: rules[kind] })
    if (isDryRun) return { ...DRY, preview, profile: null }
    const { survivor, loser } = preview
    const outcome = await this.#send({ kind: 'merge', entityKind: kind, survivor, loser })
    const [profile] = outcome.isApplied ? await this.#reportsOf(kind, [survivor]) : []
    return { isDryRun: false, preview, ...outcome, profile: profile ?? null }
  }

  /** Rejects with `entity_unknown` and `split_refused`. */
  async split(kind: EntityKind, { part: text, isDryRun }: SplitRequest): Promise<SplitDone> {
    const { lookup, rules } = this.#reader
    const found = await lookup.findPart(kind, text)
    const { part, placed } = found ?? { part: text, placed: await lookup.require(kind, text) }
    const preview = previewSplit(placed, part, { kind, rules: rules[kind], typeOf: await this.#reader.typesOf(kind, placed) })
    if (isDryRun) return { ...DRY, preview, profiles: [] }
    const outcome = await this.#send({ kind: 'split', entityKind: kind, part })
    return {
      isDryRun: false,
      preview,
      ...outcome,
      profiles: outcome.isApplied ? await this.#reportsOf(kind, [placed.id, part]) : [],
    }
  }

  async #send(order: Order): Promise<{ position: Position; isApplied: boolean }> {
    const { append, newId, clock } = this.#port
    const now = clock.now()
    const position = await append({ id: newId(now), at: new Date(now).toISOString(), ...order })
    return { position, isApplied: await waitUntilApplied(this.#port, position) }
  }

  async #reportsOf(kind: EntityKind, ids: readonly EntityId[]): Promise<ProfileReport[]> {
    const placed = await Promise.all(ids.map((id) => this.#reader.lookup.follow(kind, id)))
    return await Promise.all(placed.flatMap((one) => (one ? [this.#reader.report(kind, one)] : [])))
  }
}

type Order = Command extends infer One ? (One extends Command ? Omit<One, 'id' | 'at'> : never) : never

const DRY = { isDryRun: true, position: null, isApplied: false }

/** False when it took too long. */
export async function waitUntilApplied(
  { applied, clock }: Pick<CommandPort, 'applied' | 'clock'>,
  position: Position,
): Promise<boolean> {
  const over = new AbortController()
  try {
    const patience = clock.sleep(APPLIED_WITHIN_MS, over.signal).then(() => false)
    return await Promise.race([applied(position, over.signal).then(() => true), patience])
  } finally {
    over.abort()
  }
}
