/**
 * The context of an event as notifications show it: all that came, as it came, and beside it the members that Hull's events have,
 * as far as they follow from what came. What came under such a name keeps its members and wins.
 */
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import { readUserAgent } from './user-agent.ts'

const CAMPAIGN_MEMBERS = ['name', 'source', 'medium', 'term', 'content'] as const

export function messageContext(context: JsonObject): JsonObject {
  const page = objectAt(context, 'page')
  const useragent = textAt(context, 'useragent') ?? textAt(context, 'userAgent')
  const url = textAt(page, 'url')
  const referrerUrl = textAt(page, 'referrer') ?? textAt(objectAt(context, 'referrer'), 'url')
  const derived: JsonObject = {
    ...(useragent !== undefined && { ...readUserAgent(useragent), useragent }),
    ...(url !== undefined && { page: addressOf(url) }),
    ...((url !== undefined || isObject(context['campaign'])) && { campaign: campaignOf(url) }),
    ...(referrerUrl !== undefined && { referrer: { ...addressOf(referrerUrl), campaign: campaignOf(referrerUrl) } }),
  }
  const merged: JsonObject = { ...context }
  for (const [name, value] of Object.entries(derived)) merged[name] = withDerived(context[name], value)
  return merged
}

function withDerived(came: Json | undefined, derived: Json): Json {
  if (came === undefined || came === null) return derived
  return isObject(came) && isObject(derived) ? { ...derived, ...came } : came
}

function addressOf(url: string): JsonObject {
  const parsed = URL.parse(url)
  return parsed === null ? { url } : { url, host: parsed.host, path: parsed.pathname }
}

/** As `utm_…` parameters name it; `utm_campaign` is the name. */
function campaignOf(url: string | undefined): JsonObject {
  const parameters = url === undefined ? undefined : URL.parse(url)?.searchParams
  return Object.fromEntries(
    CAMPAIGN_MEMBERS.map((member) => [member, parameters?.get(`utm_${member === 'name' ? 'campaign' : member}`) ?? null]),
  )
}

function objectAt(value: JsonObject, name: string): JsonObject {
  const member = value[name]
  return isObject(member) ? member : {}
}

function textAt(value: JsonObject, name: string): string | undefined {
  const member = value[name]
  return typeof member === 'string' && member !== '' ? member : undefined
}
