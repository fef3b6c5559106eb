/** The live line of `millrace start`: on a terminal it is rewritten in place, elsewhere it is a line now and then. */
import type { EngineStatus } from '../runtime/status.ts'

const COUNT = new Intl.NumberFormat('en-US')
/** Over so many samples the rate is averaged, so that it does not flicker. */
const RATE_SAMPLES = 6

export class StatusLine {
  #samples: { at: number; accepted: number }[] = []

  /** For example `events in 12,345 · applied 12,340 · lag 4 ms · 1,000 events/s`. */
  text(status: EngineStatus, now: number): string {
    const { accepted, applied, lagMs } = status.documents
    this.#samples = [...this.#samples.slice(1 - RATE_SAMPLES), { at: now, accepted }]
    const parts = [
      `events in ${COUNT.format(accepted)}`,
      `applied ${COUNT.format(applied)}`,
      `lag ${formatMs(lagMs)}`,
      `${COUNT.format(Math.round(this.#perSecond()))} events/s`,
    ]
    return [...parts, ...troubles(status)].join(' · ')
  }

  #perSecond(): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)]
    if (first === undefined || last === undefined || last.at === first.at) return 0
    return ((last.accepted - first.accepted) * 1000) / (last.at - first.at)
  }
}

/** What does not run as it should: one word per part, the whole message is printed once by `start`. */
function troubles({ apply, materializations, lake }: EngineStatus): string[] {
  const tasks = { apply, ...materializations, lake }
  const failing = Object.entries(tasks).flatMap(([name, task]) => (task.state === 'running' ? [] : [`${name} ${task.state}`]))
  return [...failing, ...(apply.stopped ?? []).map(({ derivation }) => `${derivation} stopped`)]
}

const TROUBLES = { stopped: 'has stopped', retrying: 'is retrying', stuck: 'is stuck' }

/** The whole messages of all troubles. */
export function troubleMessages({ apply, materializations, lake }: EngineStatus): string[] {
  const tasks = { apply, ...materializations, lake }
  const failing = Object.entries(tasks).flatMap(([name, task]) => {
    if (task.state === 'running') return []
    return [`${name} ${TROUBLES[task.state]}: ${task.message}${task.hint ? `\n  ${task.hint}` : ''}`]
  })
  const stopped = (apply.stopped ?? []).map(
    ({ derivation, message, hint }) => `The derivation "${derivation}" has stopped: ${message}${hint ? `\n  ${hint}` : ''}`,
  )
  return [...failing, ...stopped]
}

function formatMs(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
