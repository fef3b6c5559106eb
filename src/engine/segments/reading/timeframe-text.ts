/** Frames of time in plain words. */
import type { Millis } from '../../../model/profile/entity.ts'
import type { Timeframe, Unit } from '../../../model/segment/predicate.ts'

/** For example `less than 30 days ago`; undefined for whenever. */
export function frameText(when: Timeframe): string | undefined {
  switch (when.frame) {
    case 'ever':
      return undefined
    case 'lessThan':
      return `less than ${amountText(when.amount, when.unit)} ago`
    case 'moreThan':
      return `more than ${amountText(when.amount, when.unit)} ago`
    case 'exactly':
      return when.amount === 0 ? presentText(when.unit) : `exactly ${amountText(when.amount, when.unit)} ago`
    case 'betweenAgo':
      return `${when.min} to ${amountText(when.max, when.unit)} ago`
    case 'on':
      return `on ${when.date}`
    case 'notOn':
      return `not on ${when.date}`
    case 'before':
    case 'after':
      return `${when.frame} ${pointText(when.than)}`
    case 'between':
      return `from ${pointText(when.from)} to ${pointText(when.to)}`
  }
}

/** Of all but minutes and hours a calendar day is meant. */
function presentText(unit: Unit): string {
  return unit === 'minutes' ? 'in this minute' : unit === 'hours' ? 'in this hour' : 'today'
}

function amountText(amount: number, unit: Unit): string {
  return `${amount} ${amount === 1 ? unit.slice(0, -1) : unit}`
}

/** A day, or an instant. */
function pointText(point: Millis | string): string {
  return typeof point === 'string' ? point : new Date(point).toISOString()
}

const STEPS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const

/** In the largest unit that leaves no rest, for example `36 hours`. */
export function durationText(durationMs: Millis): string {
  const [unit, sizeMs] = STEPS.find(([, sizeMs]) => durationMs >= sizeMs && durationMs % sizeMs === 0) ?? ['millisecond', 1]
  const amount = durationMs / sizeMs
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`
}
