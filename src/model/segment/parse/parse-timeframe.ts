/** When something counts: frames of events, and frames of traits that hold dates. */
import type { Timeframe } from '../predicate.ts'
import { TIMEFRAMES, type TimeframeWord } from '../operators.ts'
import { DAY_MS } from '../calendar-days.ts'
import { Options, readDay, readMoment, readOne } from './options.ts'
import { agoFrame, readBetweenAgo, requireUnit } from './parse-ago.ts'
import { quote, type Written } from './written.ts'

/** The option that names the frame; whatever else it needs stands beside it. */
const TIMEFRAME_OPTION = 'timeframe'

export type EventTimeframe = {
  /** Undefined: it cannot be read (reported). */
  when: Timeframe | undefined
  /** The options that belong to it. */
  options: readonly string[]
}

/** Without `timeframe`: whenever. */
export function parseEventTimeframe(options: Options): EventTimeframe {
  const named = options.find(TIMEFRAME_OPTION)
  if (named === undefined) return withoutTimeframe(options)
  const entry = TIMEFRAMES.find(({ word }) => word === named.value)
  if (entry !== undefined) {
    const foreign = reportForeign(entry, options)
    const when = readFrame(entry, new Options(options.written, quote(entry.word)))
    return { when, options: [TIMEFRAME_OPTION, ...entry.options, ...foreign] }
  }
  const words = TIMEFRAMES.map(({ word }) => word)
  named.unknown('timeframe', words)
  return { when: undefined, options: [TIMEFRAME_OPTION, ...ALL_TIME_OPTIONS] }
}

const ALL_TIME_OPTIONS: readonly string[] = [...new Set(TIMEFRAMES.flatMap(({ options }) => options))]

/** Options of other timeframes that are written. */
function reportForeign({ word, options: own }: TimeframeWord, options: Options): string[] {
  const foreign = options.among(ALL_TIME_OPTIONS).filter((name) => !own.includes(name))
  for (const name of foreign)
    options.written.at(name).error(`"${name}" does not belong to the timeframe "${word}".`, `It takes: ${own.join(', ')}.`)
  return foreign
}

/** A number of days alone would be taken for a window that then does not exist. */
function withoutTimeframe(options: Options): EventTimeframe {
  const [lonely] = options.among(ALL_TIME_OPTIONS)
  if (lonely === undefined) return { when: { frame: 'ever' }, options: [TIMEFRAME_OPTION] }
  const fitting = TIMEFRAMES.filter((entry) => entry.options.includes(lonely)).map(({ word }) => `"${word}"`)
  options.written
    .at(TIMEFRAME_OPTION)
    .error(`"${lonely}" needs a timeframe that says what it means.`, `Write \`"timeframe"\` with ${fitting.join(' or ')}.`)
  return { when: undefined, options: [TIMEFRAME_OPTION, ...ALL_TIME_OPTIONS] }
}

function readFrame({ frame, word }: TimeframeWord, options: Options): Timeframe | undefined {
  switch (frame) {
    case 'on':
    case 'notOn': {
      const date = readRequired(options, 'date', readDay)
      return date === undefined ? undefined : { frame, date }
    }
    case 'before':
    case 'after': {
      const than = readRequired(options, 'date', readMoment)
      return than === undefined ? undefined : { frame, than }
    }
    case 'between':
      return readBetween(options)
    case 'lessThan':
    case 'moreThan':
    case 'exactly': {
      const unit = requireUnit(options, word)
      return unit && agoFrame(frame, unit, options.written.at(unit))
    }
    case 'betweenAgo':
      return readBetweenAgo(options, word)
  }
}

function readRequired<T>(options: Options, name: string, read: (written: Written) => T | undefined): T | undefined {
  const option = options.require(name, `\`"${name}": "2026-03-01"\``)
  return option && readOne(option, read)
}

/** Absolute: `from` and `to`. */
export function readBetween(options: Options): Timeframe | undefined {
  const from = readRequired(options, 'from', readMoment)
  const to = readRequired(options, 'to', readMoment)
  return from === undefined || to === undefined ? undefined : betweenFrame(from, to, options.written.at('from'))
}

export function betweenFrame(from: number | string, to: number | string, at: Written): Timeframe | undefined {
  if (isSurelyAfter(from, to)) return at.error('`from` is after `to`, so nothing lies between them.', 'Exchange them.')
  return { frame: 'between', from, to }
}

/** In every time zone; of a day its first instant, as `to` its last. */
function isSurelyAfter(from: number | string, to: number | string): boolean {
  if (typeof from === 'string' && typeof to === 'string') return from > to
  const begins = typeof from === 'number' ? from : Date.parse(from) - 14 * 3_600_000
  const ends = typeof to === 'number' ? to : Date.parse(to) + DAY_MS + 12 * 3_600_000
  return begins > ends
}
