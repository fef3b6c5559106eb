/** Webhooks of notifications: names, addresses, secrets from the environment, segments that do not exist yet. */
import { suggest } from '../../base/suggest.ts'
import type { NotificationWebhook } from '../../model/catalog.ts'
import { NOTIFICATIONS_DEFAULT } from '../../model/notification-channel.ts'
import type { Defined } from '../files/read-definitions.ts'
import type { NotificationDefinition } from '../notification-schema.ts'
import { didYouMean } from '../problem.ts'
import { fillIn, requireUrl } from './endpoint-config.ts'
import type { Resolution } from './resolution.ts'

/** Names stand in names of cursors, in the status and in messages. */
const NAME = /^[a-zA-Z0-9][\w.-]*$/
const NAME_CHARACTERS_MAX = 100

export function resolveNotifications(resolution: Resolution): Record<string, NotificationWebhook> {
  const webhooks: Record<string, NotificationWebhook> = {}
  for (const definition of resolution.definitions.notifications.values()) {
    reportName(definition, resolution)
    reportSegments(definition, resolution)
    reportSecret(definition, resolution)
    reportHeaders(definition, resolution)
    const webhook = resolveWebhook(definition, resolution)
    if (webhook) webhooks[definition.name] = webhook
  }
  return webhooks
}

/** Undefined when its address is none (reported). */
function resolveWebhook(
  { name, value, spot }: Defined<NotificationDefinition>,
  resolution: Resolution,
): NotificationWebhook | undefined {
  const { webhook, secret, headers = {}, channels, segments, batch = NOTIFICATIONS_DEFAULT, from = 'now' } = value
  const title = titleOf(name)
  const fill = (text: string, ...path: string[]) => fillIn(text, { title, spot: spot.at(...path), resolution })
  const url = fill(webhook, 'webhook')
  if (URL.parse(url)?.password) {
    const hint = 'Send them as a header: `headers: { Authorization: … }`.'
    resolution.problems.error(spot.at('webhook').place, `${title}: its webhook holds a name and a password.`, hint)
  }
  if (!requireUrl(url, { title: `${title}: its webhook`, kind: 'webhook', spot: spot.at('webhook'), resolution }))
    return undefined
  return {
    name,
    url,
    headers: Object.fromEntries(Object.entries(headers).map(([header, text]) => [header, fill(text, 'headers', header)])),
    ...(secret !== undefined && { secret: fill(secret, 'secret') }),
    ...(channels && { channels }),
    ...(segments && { segments }),
    batch,
    begin: from,
  }
}

function titleOf(name: string): string {
  return `Notifications "${name}"`
}

function reportName({ name, spot }: Defined<unknown>, { problems }: Resolution): void {
  if (NAME.test(name) && name.length <= NAME_CHARACTERS_MAX) return
  const hint = `Use up to ${NAME_CHARACTERS_MAX} letters of a to z, digits, "-", "_" and ".", beginning with a letter or a digit.`
  problems.error(spot.placeOfName, `${titleOf(name)}: this is not a name for a webhook.`, hint)
}

/** Others than the catalog's may be made at run time. */
function reportSegments({ name, value, spot }: Defined<NotificationDefinition>, { definitions, problems }: Resolution): void {
  for (const [i, id] of (value.segments ?? []).entries()) {
    if (definitions.segments.has(id) || definitions.isIncomplete) continue
    const message = `${titleOf(name)}: the catalog has no segment "${id}"; nothing is told of it until there is one.`
    problems.warn(spot.at('segments', i).place, message, didYouMean(suggest(id, [...definitions.segments.keys()])))
  }
}

function reportSecret({ name, value: { secret }, spot }: Defined<NotificationDefinition>, { problems }: Resolution): void {
  if (secret === undefined || secret.includes('${')) return
  const message = `${titleOf(name)}: the secret stands in the file, where everybody can read it who reads the catalog.`
  problems.warn(spot.at('secret').place, message, 'Take it from the environment: `secret: ${CRM_SECRET}`.')
}

/** RFC 9110; values of the environment are not looked at here. */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Never quotes a value, which may be secret. */
function reportHeaders({ name, value: { headers = {} }, spot }: Defined<NotificationDefinition>, { problems }: Resolution): void {
  for (const [header, text] of Object.entries(headers)) {
    const { place, placeOfName } = spot.at('headers', header)
    if (!HEADER_NAME.test(header)) problems.error(placeOfName, `${titleOf(name)}: "${header}" is not a name for a header.`)
    else if (!HEADER_VALUE.test(text))
      problems.error(place, `${titleOf(name)}: the header "${header}" holds characters that no header may have.`)
  }
}
