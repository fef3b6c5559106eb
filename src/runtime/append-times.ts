/** When entries of the log were appended, for those who tell how long somebody is behind. */
import type { Log, Position } from '../log/log.ts'
import type { Millis } from '../model/profile/entity.ts'

export class AppendTimes {
  readonly #log: Pick<Log, 'read'>
  #known = new Map<Position, Millis>()

  constructor(log: Pick<Log, 'read'>) {
    this.#log = log
  }

  /** Of the first entry behind the position; undefined where that was not looked at. */
  behind(position: Position): Millis | undefined {
    return this.#known.get(position)
  }

  /** Looks at these and forgets all others; reads an entry of the log for each that it did not know. Rejects as the log does. */
  async look(positions: readonly Position[]): Promise<void> {
    const looked = await Promise.all(
      positions.map(async (position): Promise<[Position, Millis | undefined]> => {
        const known = this.#known.get(position)
        if (known !== undefined) return [position, known]
        const [entry] = await this.#log.read(position, { maxBytes: 1 })
        return [position, entry?.appendedAt]
      }),
    )
    this.#known = new Map(looked.flatMap(([position, at]) => (at === undefined ? [] : [[position, at] as const])))
  }
}
