/** The webhooks that notifications go to: a thread each, and what is said of them. */
import type { Clock } from '../base/clock.ts'
import type { WebhookStatus } from '../engine/notifications/webhook-delivery.ts'
import type { Log, Position } from '../log/log.ts'
import type { Catalog, NotificationWebhook } from '../model/catalog.ts'
import { AppendTimes } from './append-times.ts'
import type { EngineConfig } from './config.ts'
import { siblingModule } from './sibling-module.ts'
import { TaskThread } from './task-thread.ts'
import { reportWebhook, type WebhookReport } from './webhook-report.ts'

export type WebhooksParts = {
  config: EngineConfig
  catalog: Catalog
  log: Pick<Log, 'read'>
  clock: Clock
  /** How far the log is applied and committed. */
  applied: () => Position
  onChange: () => void
}

const HEAP_MB = 256
/** Of it for young objects. */
const YOUNG_MB = 24

export class Webhooks {
  readonly #parts: WebhooksParts
  readonly #threads: TaskThread<WebhookStatus>[]
  readonly #times: AppendTimes

  constructor(parts: WebhooksParts) {
    this.#parts = parts
    this.#threads = Object.values(parts.catalog.notifications).map((webhook) => threadOf(webhook, parts))
    this.#times = new AppendTimes(parts.log)
  }

  start(): void {
    for (const thread of this.#threads) thread.start()
  }

  /** There may be more to tell, or an order to obey. */
  wake(): void {
    for (const thread of this.#threads) thread.wake()
  }

  async stop(timeoutMs: number): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop(timeoutMs)))
  }

  /** For how long webhooks are behind is as of the last call of `lookBehind`. By name. */
  reports(): Record<string, WebhookReport> {
    const { clock, applied } = this.#parts
    return Object.fromEntries(
      this.#threads.map(({ name, state, stateSince, status }) => {
        const behindSince = status && this.#times.behind(status.position)
        return [
          name,
          reportWebhook({ thread: { state, since: stateSince }, status, applied: applied(), behindSince, now: clock.now() }),
        ]
      }),
    )
  }

  find(name: string): WebhookReport | undefined {
    return this.reports()[name]
  }

  /** Rejects as the log does. */
  async lookBehind(): Promise<void> {
    const applied = this.#parts.applied()
    const positions = this.#threads.flatMap(({ status }) => (status && status.position < applied ? [status.position] : []))
    await this.#times.look(positions)
  }
}

function threadOf(webhook: NotificationWebhook, { config, catalog, clock, onChange }: WebhooksParts): TaskThread<WebhookStatus> {
  return new TaskThread({
    name: webhook.name,
    module: siblingModule(import.meta.url, './threads/notify-thread'),
    input: { config, catalog, webhook },
    heapMb: HEAP_MB,
    youngMb: YOUNG_MB,
    clock,
    stuckAfterMs: config.stuckAfterMs,
    stuckHint: 'Look for a disk or a database that hangs; it goes on by itself when that is over.',
    onChange,
  })
}
