/**
 * The eraser: takes requests to forget users and accounts, and carries each through, whatever dies when. Every step may be done
 * twice with the effect of once, and its end is on stable storage before the next begins; so after a crash it goes on where it was.
 *
 *   state            does                                                        leaves when                            to
 *   resolving        suppresses what is known of the subject, waits until all    the state tells no further part        forgetting
 *                    that the log held then is applied, looks again              or identifier
 *   forgetting       `erase` command: apply removes profiles, identifiers, what  it is applied                          redacting-log
 *                    segments keep, and what outputs tell (also of somebody
 *                    who has no profile: then it names the identifiers)
 *   redacting-log    tombstones over documents, `release` command for            the end of the log is reached, all     redacting-lake
 *                    quarantined items                                           commands are applied;
 *                                                                                the subject is in the state again      resolving
 *                                                                                (an event was on its way meanwhile)
 *   redacting-lake   order to the lake's thread                                  it says that it is done                discarding-columns
 *   discarding-      the columns go, with the pages of history that were made    the end of the log is reached again    withdrawing-
 *   columns          of them meanwhile                                                                                  bodies
 *   withdrawing-     bodies of notifications that were made before go, also from   each webhook's delivery says so             scrubbing
 *   bodies           the memory of those who send them
 *   scrubbing        no byte stays in gaps of the store's and the log's files,   that is done                           done
 *                    the order goes
 *   done             the record names nobody any more                            –
 *
 * A request creates an erasure in `resolving`; a crash changes no state; a failure is recorded and the step tried again, ever more
 * slowly. A dry run suppresses nobody, gives no command and changes nothing: it counts.
 */
import { MillraceError, messageOf } from '../../base/errors.ts'
import type { Claim } from '../../model/event/event.ts'
import type { EntityId, EntityKind } from '../../model/profile/entity.ts'
import type { StoreReader } from '../../store/store.ts'
import { advanceErasure } from './advance-erasure.ts'
import type { EraserParts } from './eraser-parts.ts'
import { completePlaces, type Erasure, type ErasureReport, nothingErased, reportOf } from './erasure.ts'

export type ErasureRequest = { kind: EntityKind; isDryRun: boolean } & ({ identifier: Claim } | { id: EntityId })

const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 60_000

export class Eraser {
  readonly #parts: EraserParts
  readonly #erasures: Map<string, Erasure>

  private constructor(parts: EraserParts, erasures: readonly Erasure[]) {
    this.#parts = parts
    this.#erasures = new Map(erasures.map((erasure) => [erasure.id, { ...erasure, places: completePlaces(erasure.places) }]))
  }

  /** Knows every erasure there ever was; `run` goes on with those that are not done. */
  static async open(parts: EraserParts): Promise<Eraser> {
    return new Eraser(parts, await parts.records.list())
  }

  /** On stable storage when it resolves; then it is carried out, also by the next process. Rejects with `entity_unknown` for an id that leads to nobody. */
  async request(request: ErasureRequest): Promise<ErasureReport> {
    const { clock, newId, records, store } = this.#parts
    const subject = await firstSubject(request, { store, normalize: this.#parts.normalize })
    const erasure: Erasure = {
      id: newId(),
      kind: request.kind,
      isDryRun: request.isDryRun,
      state: 'resolving',
      requestedAt: new Date(clock.now()).toISOString(),
      subject,
      places: nothingErased(),
    }
    await records.save(erasure)
    this.#erasures.set(erasure.id, erasure)
    this.#parts.bell.ring()
    return reportOf(erasure)
  }

  /** Progress, or the receipt. */
  find(id: string): ErasureReport | undefined {
    const erasure = this.#erasures.get(id)
    return erasure && reportOf(erasure)
  }

  /** The newest first. */
  list(): ErasureReport[] {
    return [...this.#erasures.values()].map(reportOf).toSorted((a, b) => (a.requestedAt < b.requestedAt ? 1 : -1))
  }

  /** Lets an identifier in again; false when it was not kept out. */
  async lift(kind: EntityKind, claim: Claim): Promise<boolean> {
    return await this.#parts.suppression.lift(kind, claim)
  }

  /**
   * Carries out what is not done, one step of each in turn, until `signal` aborts, or, with `untilIdle`, until each is done, waits
   * or has failed. One at a time.
   */
  async run(signal: AbortSignal, { untilIdle = false } = {}): Promise<void> {
    let retryInMs = FIRST_RETRY_MS
    while (!signal.aborted) {
      const steps = []
      for (const erasure of this.#unfinished()) steps.push(await this.#step(erasure, signal))
      const hasFailed = steps.includes('failed')
      if (!hasFailed) retryInMs = FIRST_RETRY_MS
      if (!hasFailed && steps.includes('moved')) continue
      if (untilIdle) return
      if (!hasFailed) await this.#parts.bell.wait(signal)
      else await this.#parts.clock.sleep(retryInMs, signal)
      if (hasFailed) retryInMs = Math.min(2 * retryInMs, LAST_RETRY_MS)
    }
  }

  #unfinished(): Erasure[] {
    return [...this.#erasures.values()].filter(({ state }) => state !== 'done')
  }

  async #step(erasure: Erasure, signal: AbortSignal): Promise<'moved' | 'waiting' | 'failed'> {
    try {
      const next = await advanceErasure(erasure, this.#parts, signal)
      if (next === undefined) return 'waiting'
      await this.#parts.records.save(next)
      this.#erasures.set(erasure.id, next)
      return 'moved'
    } catch (error) {
      const code = error instanceof MillraceError ? error.code : 'internal_error'
      this.#erasures.set(erasure.id, { ...erasure, failure: { code, message: messageOf(error) } })
      return 'failed'
    }
  }
}

type Known = Pick<EraserParts, 'normalize'> & { store: Pick<StoreReader, 'load'> }

async function firstSubject(request: ErasureRequest, { normalize, store }: Known): Promise<NonNullable<Erasure['subject']>> {
  const { kind } = request
  if ('identifier' in request) {
    const { kind: claimKind, value } = request.identifier
    return { kind, parts: [], identifiers: [{ kind: claimKind, value: normalize(claimKind, value) ?? value.trim() }] }
  }
  const [found] = await store.load(`entity/${kind}`, [request.id])
  if (found !== undefined) return { kind, parts: [request.id], identifiers: [] }
  throw new MillraceError('entity_unknown', `No ${kind} has the id "${request.id}".`, {
    hint: 'To erase what log and lake hold of somebody who has no profile, name an identifier.',
  })
}
