/** A timeline as text for people: a line for each event, its properties beside it, what was refused below. */
import type { EventReport } from '../../model/event/timeline-event.ts'
import { formatInstant } from '../formatted-text.ts'
import { valueText } from './profile-text.ts'

const WIDTH_DEFAULT = 160
const SOURCE_WIDTH_MAX = 20
const NAME_WIDTH_MAX = 32

/** Newest first, as they come. The day stands where it changes. */
export function timelineText(events: readonly EventReport[], width = WIDTH_DEFAULT): string {
  const sourceWidth = widthOf(events, ({ source }) => source, SOURCE_WIDTH_MAX)
  const nameWidth = widthOf(events, ({ event }) => event, NAME_WIDTH_MAX)
  let day = ''
  return events
    .flatMap((event) => {
      const [date = '', time = ''] = formatInstant(event.created_at).split(' ')
      const when = `${date === day ? ' '.repeat(date.length) : date} ${time}`
      day = date
      const start = `${when}  ${fit(event.source, sourceWidth)}  ${fit(event.event, nameWidth)}  `
      const below = ' '.repeat(start.length)
      return [
        start + cut(detailText(event), Math.max(20, width - start.length)),
        ...remarks(event).map((text) => `${below}! ${text}`),
      ]
    })
    .map((line) => line.trimEnd())
    .join('\n')
}

function detailText({ type, properties }: EventReport): string {
  if (type === 'attributes_changed') return changesText(properties)
  return Object.entries(properties)
    .map(([name, value]) => `${name}: ${valueText(value)}`)
    .join(' · ')
}

function changesText(properties: EventReport['properties']): string {
  return Object.entries(properties)
    .filter(([name]) => name.startsWith('to/'))
    .map(([name, value]) => {
      const trait = name.slice('to/'.length)
      return `${trait}: ${shown(properties[`from/${trait}`])} → ${shown(value)}`
    })
    .join(' · ')
}

function shown(value: unknown): string {
  return value === null || value === undefined ? '–' : valueText(value)
}

/** What was not taken as it was sent. */
function remarks({ refused = [], notes = [] }: EventReport): string[] {
  return [
    ...refused.map(({ trait, message }) => `trait ${trait}: ${message}`),
    ...notes.map(({ kind, message }) => `${kind}: ${message}`),
  ]
}

function widthOf(events: readonly EventReport[], read: (event: EventReport) => string, max: number): number {
  return Math.min(max, Math.max(0, ...events.map((event) => read(event).length)))
}

function fit(text: string, width: number): string {
  return cut(text, width).padEnd(width)
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text
}
