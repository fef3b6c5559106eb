/** The form of the catalog's section about webhooks that notifications go to. */
import * as z from 'zod'
import { NOTIFICATIONS_MAX, NOTIFICATIONS_DEFAULT, NOTIFICATION_CHANNELS } from '../model/notification-channel.ts'

export const notificationSchema = z
  .strictObject({
    webhook: z.string().min(1).describe('Receives notifications in POST requests. `${NAME}` takes an environment variable.'),
    secret: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Signs each body as Standard Webhooks says (`webhook-signature`): base64 behind `whsec_`, or a text. Take it from the environment: `${NAME}`.',
      ),
    headers: z
      .record(z.string().min(1), z.string())
      .optional()
      .describe('Sent with each request. `${NAME}` takes an environment variable.'),
    channels: z.array(z.enum(NOTIFICATION_CHANNELS)).min(1).optional().describe('Only these kinds. Default: all.'),
    segments: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Ids: only who is in one of these, or has just entered or left it; and everybody who ended. Default: everybody.'),
    batch: z
      .int()
      .min(1)
      .max(NOTIFICATIONS_MAX)
      .optional()
      .describe(`Notifications of one request, up to ${NOTIFICATIONS_MAX}. Default ${NOTIFICATIONS_DEFAULT}.`),
    from: z
      .enum(['now', 'start'])
      .optional()
      .describe('Where it begins when it is new: with what comes from then on, or with all that is kept. Default now.'),
  })
  .meta({
    id: 'Notifications',
    title: 'Notifications',
    description: 'A webhook that is told what changes about users and accounts.',
  })

export type NotificationDefinition = z.infer<typeof notificationSchema>
