/** One line for one live message: when, what, of whom, and what it says; refusals with their reason. */
import { styleText } from 'node:util'
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import type { LiveMessage } from './live-messages.ts'

type LineStyle = {
  isColored: boolean
  /** Columns of the terminal; longer lines are cut. */
  width: number | undefined
}

type Style = 'dim' | 'red' | 'yellow' | 'green' | 'bold'
type Part = { text: string; style?: Style }

const TYPE_WIDTH = 9

export function eventLine(message: LiveMessage, { isColored, width }: LineStyle): string {
  const parts = partsOf(message)
  let room = width ?? Number.POSITIVE_INFINITY
  return parts
    .map(({ text, style }, i) => {
      const spaced = visible(i === 0 ? text : `  ${text}`)
      const cut = spaced.length <= room ? spaced : `${spaced.slice(0, Math.max(0, room - 1))}${room > 0 ? '…' : ''}`
      room -= cut.length
      return isColored && style !== undefined ? styleText(style, cut, { validateStream: false }) : cut
    })
    .join('')
}

function partsOf({ kind, data }: LiveMessage): Part[] {
  if (kind === 'accepted') return acceptedParts(data)
  if (kind === 'dropped') return [{ text: `… ${show(data['count'])} more that came too fast to show`, style: 'dim' }]
  const isKept = kind === 'quarantined'
  return [
    time(data['receivedAt'] ?? data['at']),
    { text: isKept ? 'set aside' : 'refused'.padEnd(TYPE_WIDTH), style: isKept ? 'yellow' : 'red' },
    { text: [show(data['source'] ?? data['path']), show(data['messageId'])].filter(Boolean).join(' ') },
    { text: `${show(data['code'])}: ${show(data['message'])}`, style: isKept ? 'yellow' : 'red' },
  ]
}

function acceptedParts(event: JsonObject): Part[] {
  const { type, name, source, receivedAt, userId, anonymousId, groupId, traits, properties, corrections } = event
  const whom = [userId ?? anonymousId, groupId].filter((id) => id !== undefined).map(show)
  const notes = Array.isArray(corrections) && corrections.length > 0 ? [`${corrections.length} corrected`] : []
  return [
    time(receivedAt),
    { text: show(type).padEnd(TYPE_WIDTH), style: 'green' },
    ...(name === undefined ? [] : [{ text: show(name), style: 'bold' as const }]),
    { text: whom.join(' in ') },
    { text: show(source), style: 'dim' },
    ...[...membersText(traits), ...membersText(properties), ...notes].map((text) => ({ text, style: 'dim' as const })),
  ]
}

/** Of a day, since whoever watches knows the day. */
function time(instant: Json | undefined): Part {
  return { text: show(instant).slice(11, 23), style: 'dim' }
}

function membersText(members: Json | undefined): string[] {
  if (!isObject(members)) return []
  const text = Object.entries(members).map(([name, value]) => `${name}=${show(value)}`)
  return text.length === 0 ? [] : [text.join(' ')]
}

function show(value: Json | undefined): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** What clients send must not steer the terminal. */
function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '·')
}
