/**
 * Where answers turn: the instants, looking back from `now`, at which something just begins or ceases to count for a document; and,
 * looking forward from what happened, those at which it does. Tests put events there, and look there.
 */
import type { Millis } from '../profile/entity.ts'
import { addMonths, type Clock, dayOf, instantOf, wallOf } from './naive-calendar.fixture.ts'
import type { RawPredicate, World } from './naive-segment.fixture.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const FIXED: Record<string, number> = { minutes: 60_000, hours: HOUR, days: DAY, weeks: 7 * DAY, value: DAY }
const MONTHS: Record<string, number> = { months: 1, quarters: 3, years: 12 }

type Age = { amount: number; unit: string }
/** All that documents say about time, without what they say it of. */
type Times = { ages: Age[]; dates: string[]; /** Between two events. */ within: Age[] }

/** An amount under `value` counts as days: one too many does no harm. */
function timesIn(document: unknown): Times {
  const times: Times = { ages: [], dates: [], within: [] }
  collect(document, '', times)
  return times
}

function collect(value: unknown, name: string, times: Times): void {
  const unit = name.replace(/^(?:min|max|within)_/, '')
  if (typeof value === 'number' && (unit in FIXED || unit in MONTHS))
    (name.startsWith('within_') ? times.within : times.ages).push({ amount: value, unit })
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value)) times.dates.push(value)
  if (typeof value !== 'object' || value === null) return
  for (const [key, child] of Object.entries(value)) collect(child, Array.isArray(value) ? name : key, times)
}

/** Instants that lie at an edge of what the document asks about, at `now`. The first is `now` itself. */
export function edgesBefore(document: RawPredicate, { now, timeZone }: Clock): Millis[] {
  const { ages, dates, within } = timesIn(document)
  const edges = [
    now,
    ...ages.flatMap((age) => surroundings(shift(now, age, -1, timeZone), age, timeZone)),
    ...dates.flatMap((date) => datePoints(date, timeZone)),
  ]
  return [edges, ...within.map((age) => edges.map((edge) => shift(edge, age, -1, timeZone)))].flat()
}

/** Sorted instants after `now` at which the answer may turn; every one at which it does is among them. */
export function turningPoints(document: RawPredicate, world: World): Millis[] {
  const { now, timeZone } = world
  const { ages } = timesIn(document)
  const worlds = [world, ...(world.users ?? [])]
  const happened = worlds.flatMap(({ events }) => events.map(({ at }) => at))
  const known = [...worlds, ...(world.account ? [world.account] : [])].flatMap(({ facts }) => timesIn(facts).dates)
  const instants = [
    ...happened,
    ...known.map((date) => (date.length === 10 ? instantOf(Date.parse(date), timeZone) : Date.parse(date))),
  ]
  const points = instants.flatMap((at) => [
    at,
    ...ages.flatMap((age) => {
      const aged = shift(at, age, 1, timeZone)
      // Days of months that end early: the same day comes up to three days later.
      const days = age.unit in MONTHS ? [0, 1, 2, 3, 4] : [0]
      return days.flatMap((later) => surroundings(aged + later * DAY, age, timeZone)).flatMap((point) => [point, point + 1])
    }),
  ])
  return [...new Set(points)].filter((point) => point > now).toSorted((a, b) => a - b)
}

/** The instant, the calendar day that it lies in, and for hours and minutes its hour or minute. */
function surroundings(at: Millis, { unit }: Age, timeZone: string): Millis[] {
  const today = startOfDay(at, timeZone)
  const [yesterday, tomorrow] = [startOfDay(today - 12 * HOUR, timeZone), startOfDay(today + 36 * HOUR, timeZone)]
  if (unit !== 'hours' && unit !== 'minutes') return [at, yesterday, today, tomorrow]
  const length = FIXED[unit] ?? 0
  const start = at - (wallOf(at, timeZone) % length)
  // Clocks may be changed within it.
  return [at, start, start + length, start + length / 2, start + length * 1.5]
}

function startOfDay(at: Millis, timeZone: string): Millis {
  return instantOf(Date.parse(dayOf(at, timeZone)), timeZone)
}

function datePoints(date: string, timeZone: string): Millis[] {
  if (date.length > 10) return [Date.parse(date)]
  const today = Date.parse(date)
  return [today, instantOf(today, timeZone), instantOf(today + DAY, timeZone)]
}

function shift(at: Millis, { amount, unit }: Age, direction: 1 | -1, timeZone: string): Millis {
  const months = MONTHS[unit]
  if (months !== undefined) return addMonths(at, direction * amount * months, timeZone)
  return at + direction * amount * (FIXED[unit] ?? 0)
}
