/** A thread that tells one webhook what changes. */
import { systemClock } from '../../base/clock.ts'
import { systemRandom } from '../../base/random.ts'
import { NotificationReader } from '../../engine/notifications/notification-reader.ts'
import { deliverNotifications, type WebhookStatus, webhookSettings } from '../../engine/notifications/webhook-delivery.ts'
import type { Catalog, NotificationWebhook } from '../../model/catalog.ts'
import type { EngineConfig } from '../config.ts'
import { openStoreReader } from '../storage.ts'
import { serveTask } from './thread-task.ts'

export type NotifyInput = { config: EngineConfig; catalog: Catalog; webhook: NotificationWebhook }

await serveTask<NotifyInput, WebhookStatus>(async ({ input: { config, catalog, webhook }, bell, report }) => {
  const store = await openStoreReader(config)
  return {
    run: async (signal) => {
      const parts = { reader: new NotificationReader(store, catalog), store, clock: systemClock, random: systemRandom, fetch }
      await deliverNotifications(
        { ...webhookSettings(webhook), ...parts, waitForMore: (_position, waiting) => bell.wait(waiting), report },
        signal,
      )
    },
    close: async () => await store.close(),
  }
})
