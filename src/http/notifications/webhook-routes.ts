/** Lets webhooks of notifications go on that have stopped. */
import { MillraceError } from '../../base/errors.ts'
import { orderResuming } from '../../engine/notifications/webhook-orders.ts'
import type { CursorStore } from '../../engine/notifications/webhook-state.ts'
import type { BodyReader } from '../body.ts'
import { readBody, readParam } from '../profiles/request-reading.ts'
import type { Route } from '../route.ts'
import type { Access } from '../tracking/access.ts'
import { NOTIFICATION_ENDPOINTS, resumeRequest } from './notification-endpoints.ts'

export type WebhookRouteParts = {
  store: CursorStore
  webhooks: {
    /** Undefined when the catalog has none of this name. */
    find: (name: string) => { state: string; code?: string } | undefined
    /** Has deliveries look for orders. */
    wake: () => void
  }
  /** 24 hex digits, random. */
  newId: () => string
  access: Pick<Access, 'requireScope'>
  bodies: BodyReader
}

export function webhookRoutes({ store, webhooks, newId, access, bodies }: WebhookRouteParts): Route[] {
  return [
    {
      endpoint: NOTIFICATION_ENDPOINTS.resumeWebhook,
      handler: async (request, reply) => {
        access.requireScope(request, 'admin')
        const name = readParam(request, 'name')
        const { from } = (await readBody(request, bodies, resumeRequest)) ?? {}
        requireStopped(name, webhooks.find(name), from)
        const order = { id: newId(), ...(from !== undefined && { from }) }
        await orderResuming(store, name, order)
        webhooks.wake()
        return await reply.code(202).send({ webhook: name, order: order.id })
      },
    },
  ]
}

function requireStopped(name: string, webhook: { state: string; code?: string } | undefined, from: string | undefined): void {
  if (webhook === undefined)
    throw new MillraceError('webhook_unknown', `There is no webhook "${name}".`, {
      hint: 'The catalog lists them under `notifications`, and GET /status says how they are.',
    })
  if (webhook.state !== 'stopped')
    throw new MillraceError('webhook_not_stopped', `The webhook "${name}" is ${webhook.state}; it goes on by itself.`)
  if (webhook.code === 'cursor_expired' && from === undefined)
    throw new MillraceError('cursor_expired', `What the webhook "${name}" is to be told next is no longer kept.`, {
      hint: 'Say from where it is to go on: "start" (all that is kept) or "now".',
    })
}
