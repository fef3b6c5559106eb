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
    return [...parts, ...troublesOf(status).map(({ name, what }) => `${name} ${what}`)].join(' · ')
  }

  #perSecond(): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)]
    if (first === undefined || last === undefined || last.at === first.at) return 0
    return ((last.accepted - first.accepted) * 1000) / (last.at - first.at)
  }
}

type Trouble = { name: string; title?: string; what: string; message: string; hint?: string | undefined }

/** What does not run as it should. */
function troublesOf({ apply, materializations, notifications, segments, lake }: EngineStatus): Trouble[] {
  const tasks = Object.entries({ apply, ...materializations, lake })
  return [
    ...tasks.flatMap(([name, task]) => (task.state === 'running' ? [] : [{ ...task, name, what: task.state }])),
    ...Object.entries(materializations).flatMap(([name, { retrying }]) =>
      retrying === undefined ? [] : [{ name, what: 'retrying', message: retrying.message }],
    ),
    ...Object.entries(notifications).flatMap((entry) => webhookTrouble(...entry)),
    ...(segments.history.state === 'retrying'
      ? [{ name: 'segments', title: 'History for new segments', what: 'retrying', message: segments.history.message }]
      : []),
    ...(lake.waitingFor === undefined ? [] : [{ name: 'lake', what: 'retrying', message: lake.waitingFor }]),
    ...(apply.stopped ?? []).map(({ derivation, message, hint }) => ({
      name: derivation,
      title: `The derivation "${derivation}"`,
      what: 'stopped',
      message,
      hint,
    })),
  ]
}

function webhookTrouble(name: string, report: EngineStatus['notifications'][string]): Trouble[] {
  const { state, message = 'It does not run.', hint, missed } = report
  const title = `The webhook "${name}"`
  if (state !== 'running') return [{ name, title, what: state, message, hint }]
  if (missed === undefined) return []
  const what = `It was not told what happened between positions ${missed.after} and ${missed.through} of the log.`
  return [{ name, title, what: 'behind a gap', message: what, hint: 'The receiver must read anew what it mirrors.' }]
}

/** The whole messages of all troubles. */
export function troubleMessages(status: EngineStatus): string[] {
  return troublesOf(status).map(
    ({ name, title = name, what, message, hint }) =>
      `${title} ${what === 'stopped' ? 'has' : 'is'} ${what}: ${message}${hint ? `\n  ${hint}` : ''}`,
  )
}

export function formatMs(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
