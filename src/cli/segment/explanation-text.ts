/** Why somebody is in a segment as text for people: a line for each condition, with what was found, and its events below. */
import type { BehindEvent } from '../../engine/segments/reading/behind-events.ts'
import type { ExplainedCondition, ExplainedNode, Explanation } from '../../engine/segments/reading/explanation.ts'
import { valueText } from '../entity/profile-text.ts'
import { counted, formatInstant } from '../formatted-text.ts'
import { relativeTime } from './relative-time.ts'
import { profileName, stateText } from './segment-text.ts'

export function explanationText(explanation: Explanation): string {
  const { segment, tree } = explanation
  return [
    ...headLines(explanation),
    ...(segment.state === 'live' ? [] : [`The segment is ${stateText(segment)}: who is in it is not final.`]),
    ...(tree === null ? ['Its members are added and removed by hand.'] : ['', ...nodeLines(tree, explanation.at, 0)]),
  ].join('\n')
}

function headLines({ segment, entity, at, matches, isMember, since, until, tree }: Explanation): string[] {
  const name = JSON.stringify(segment.name)
  const sinceText = since === null ? '' : ` since ${formatInstant(since)}`
  const membership = `${profileName(entity)} is ${isMember ? 'in' : 'not in'} ${name}${isMember ? sinceText : ''}.`
  const differs = matches === isMember || tree === null ? [] : [`The rule ${matches ? 'matches' : 'does not match'}.`]
  const turns = until === null ? [] : [`If nothing happens, that may change at ${momentText(until, at)}.`]
  return [membership, ...differs, ...turns]
}

/** For example `2026-03-04 08:00:00 (in 3 days)`. */
function momentText(instant: string, now: string): string {
  return `${formatInstant(instant)} (${relativeTime(instant, now)})`
}

const INDENT = '  '

function nodeLines(node: ExplainedNode, now: string, depth: number): string[] {
  const indent = INDENT.repeat(depth)
  const mark = node.matches ? '✓' : '✗'
  const flips = node.until === null ? '' : `; flips at ${momentText(node.until, now)}`
  if ('of' in node) {
    const children = node.of.flatMap((child) => nodeLines(child, now, depth + 1))
    return [`${indent}${mark} ${node.text}`, ...children]
  }
  return [
    `${indent}${mark} ${node.text} — ${foundText(node)}${flips}`,
    ...(node.events ?? []).map((event) => `${indent}${INDENT}  ${eventLine(event)}`),
    ...(node.hasMore ? [`${indent}${INDENT}  …`] : []),
  ]
}

function foundText(condition: ExplainedCondition): string {
  const { since, write, lastAt } = condition
  const isTold = since === null || since === write?.occurredAt
  const last = typeof lastAt === 'string' ? `; the last was at ${formatInstant(lastAt)}` : ''
  return `${valueFound(condition)}${isTold ? '' : `, since ${formatInstant(since)}`}${last}`
}

function valueFound({ is, value, isAtLeast, write, lastAt, until, isWithoutAccount }: ExplainedCondition): string {
  if (isWithoutAccount) return 'no account'
  // What is said of the future is all that can turn what never was.
  const never = until === null ? 'never' : 'not yet'
  switch (is) {
    case 'trait':
      return traitText(value, write)
    case 'events':
    case 'sequence':
      return value === 0
        ? lastAt === null
          ? never
          : 'none in that time'
        : `${counted(Number(value), 'time')}${isAtLeast ? ' or more' : ''}`
    case 'value':
      return value === null ? 'no value' : valueText(value)
    case 'time':
      return typeof value === 'string' ? formatInstant(value) : never
    case 'member':
      return Array.isArray(value) && value.length > 0 ? `in ${value.map(valueText).join(', ')}` : 'not a member'
    case 'users':
      return counted(Number(value), 'user')
  }
}

function traitText(value: unknown, write: ExplainedCondition['write']): string {
  const by = write ? ` by ${write.source} at ${formatInstant(write.occurredAt)}` : ''
  if (value === null) return write ? `removed${by}` : 'not set'
  return `${JSON.stringify(value)}${write ? `, set${by}` : ''}`
}

function eventLine({ occurredAt, source, event, properties }: BehindEvent): string {
  const details = Object.entries(properties).map(([name, value]) => `${name}: ${valueText(value)}`)
  return [formatInstant(occurredAt), source, event, cut(details.join(' · '))].join('  ').trimEnd()
}

const DETAIL_CHARACTERS_MAX = 100

function cut(text: string): string {
  return text.length > DETAIL_CHARACTERS_MAX ? `${text.slice(0, DETAIL_CHARACTERS_MAX - 1)}…` : text
}
