import { describe, expect, it } from 'vitest'
import { addMonths, isWithinFrame, type When } from './naive-calendar.fixture.ts'

const NOW = Date.parse('2026-03-31T12:00:00.000Z')
const UTC = { now: NOW, timeZone: 'UTC' }

function at(text: string): number {
  return Date.parse(text)
}

describe('frames of time', () => {
  const berlin = 'Europe/Berlin'
  it.each<[string, When, string, string, boolean]>([
    // In Berlin the clock went from 2:00 to 3:00 on 29 March 2026: that day had 23 hours.
    ['exactly', { days: 1 }, '2026-03-28T23:00:00.000Z', '2026-03-30T21:59:59.999Z', true],
    ['exactly', { days: 1 }, '2026-03-28T22:59:59.999Z', '2026-03-30T21:59:59.999Z', false],
    ['exactly', { days: 1 }, '2026-03-28T23:00:00.000Z', '2026-03-30T22:00:00.000Z', false],
    ['exactly', { days: 1 }, '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z', true],
    ['exactly', { days: 1 }, '2026-03-28T23:00:00.000Z', '2026-03-29T21:59:59.999Z', false],
    ['on', { date: '2026-03-29' }, '2026-03-28T23:00:00.000Z', '2026-05-01T00:00:00.000Z', true],
    ['on', { date: '2026-03-29' }, '2026-03-29T22:00:00.000Z', '2026-05-01T00:00:00.000Z', false],
    ['not_on', { date: '2026-03-29' }, '2026-03-29T22:00:00.000Z', '2026-05-01T00:00:00.000Z', true],
    ['before', { date: '2026-03-29' }, '2026-03-28T22:59:59.999Z', '2026-05-01T00:00:00.000Z', true],
    ['before', { date: '2026-03-29' }, '2026-03-28T23:00:00.000Z', '2026-05-01T00:00:00.000Z', false],
    ['after', { date: '2026-03-29' }, '2026-03-29T21:59:59.999Z', '2026-05-01T00:00:00.000Z', false],
    ['after', { date: '2026-03-29' }, '2026-03-29T22:00:00.000Z', '2026-05-01T00:00:00.000Z', true],
    ['between', { from: '2026-03-29', to: '2026-03-29' }, '2026-03-29T21:59:59.999Z', '2026-05-01T00:00:00.000Z', true],
    ['between', { from: '2026-03-29', to: '2026-03-29' }, '2026-03-29T22:00:00.000Z', '2026-05-01T00:00:00.000Z', false],
    // A day is 24 hours, also when the clock was changed meanwhile.
    ['less_than', { days: 1 }, '2026-03-28T22:00:00.000Z', '2026-03-29T21:59:59.999Z', true],
    ['less_than', { days: 1 }, '2026-03-28T22:00:00.000Z', '2026-03-29T22:00:00.000Z', false],
    ['more_than', { days: 1 }, '2026-03-28T22:00:00.000Z', '2026-03-29T22:00:00.000Z', true],
    ['less_than', { hours: 12 }, '2026-03-28T22:00:00.000Z', '2026-03-29T10:00:00.000Z', false],
    ['between_days', { min_days: 1, max_days: 2 }, '2026-03-28T22:00:00.000Z', '2026-03-29T22:00:00.000Z', true],
    ['between_days', { min_days: 1, max_days: 2 }, '2026-03-28T22:00:00.000Z', '2026-03-30T22:00:00.000Z', true],
    ['between_days', { min_days: 1, max_days: 2 }, '2026-03-28T22:00:00.000Z', '2026-03-30T22:00:00.001Z', false],
    // A month is one of the calendar: at the same time on the clock.
    ['less_than', { months: 1 }, '2026-02-28T23:30:00.000Z', '2026-03-31T22:29:59.999Z', true],
    ['less_than', { months: 1 }, '2026-03-01T11:00:00.000Z', '2026-04-01T09:59:59.999Z', true],
    ['less_than', { months: 1 }, '2026-03-01T11:00:00.000Z', '2026-04-01T10:00:00.000Z', false],
    // Where the month has no such day: until its end, so that what is older is never younger by the calendar.
    ['less_than', { months: 1 }, '2026-01-31T11:00:00.000Z', '2026-02-28T22:59:59.999Z', true],
    ['more_than', { months: 1 }, '2026-01-31T11:00:00.000Z', '2026-02-28T23:00:00.000Z', true],
    ['less_than', { months: 1 }, '2026-01-28T11:00:00.000Z', '2026-02-28T11:00:00.000Z', false],
    ['more_than', { years: 1 }, '2024-02-29T11:00:00.000Z', '2025-02-28T22:59:59.999Z', false],
    ['more_than', { years: 1 }, '2024-02-29T11:00:00.000Z', '2025-02-28T23:00:00.000Z', true],
    ['less_than', { quarters: 1 }, '2025-11-30T11:00:00.000Z', '2026-02-28T22:59:59.999Z', true],
    // The day that lies a month back from the last of March is the last of February.
    ['exactly', { months: 1 }, '2026-02-28T11:00:00.000Z', '2026-03-31T11:00:00.000Z', true],
    ['exactly', { months: 1 }, '2026-02-28T11:00:00.000Z', '2026-03-28T11:00:00.000Z', true],
    ['exactly', { months: 1 }, '2026-03-01T11:00:00.000Z', '2026-03-31T11:00:00.000Z', false],
    ['exactly', { hours: 1 }, '2026-03-30T08:00:00.000Z', '2026-03-30T09:59:00.000Z', true],
    ['exactly', { hours: 1 }, '2026-03-30T08:00:00.000Z', '2026-03-30T10:00:00.000Z', false],
    ['ever', {}, '2026-03-30T08:00:00.000Z', '2026-03-30T08:00:00.000Z', true],
  ])('%s %j: %s at %s in Berlin: %j', (frame, when, ...[instant, now, expected]) => {
    expect(isWithinFrame(frame, when, at(instant), { now: at(now), timeZone: berlin })).toBe(expected)
  })

  it.each(['ever', 'less_than', 'exactly', 'on', 'not_on', 'before', 'after', 'between', 'between_days'])(
    'does not count what is yet to happen: %s',
    (frame) => {
      const when = { date: '2026-03-30', from: '2026-03-01', to: '2026-04-01', days: 0, min_days: 0, max_days: 1 }
      expect(isWithinFrame(frame, { ...when, ...(frame === 'before' && { date: '2026-05-01' }) }, NOW + 1, UTC)).toBe(false)
    },
  )

  it('takes the end of the gap for a time that the clock skips, and the first of one that comes twice', () => {
    expect(addMonths(at('2026-02-28T01:30:00Z'), 1, berlin)).toBe(at('2026-03-28T01:30:00Z'))
    expect(addMonths(at('2026-02-28T01:30:00+01:00'), 1, berlin)).toBe(at('2026-03-28T01:30:00+01:00'))
    expect(addMonths(at('2026-01-29T02:30:00+01:00'), 2, berlin)).toBe(at('2026-03-29T03:00:00+02:00'))
    expect(addMonths(at('2026-09-25T00:30:00Z'), 1, berlin)).toBe(at('2026-10-25T00:30:00Z'))
    expect(addMonths(at('2026-09-25T01:30:00Z'), 1, berlin)).toBe(at('2026-10-25T02:30:00Z'))
    // 2:59:59.999 for the first time, then 2:00 and 2:59 for the second.
    expect(addMonths(at('2026-10-25T00:59:59.999Z'), 1, berlin)).toBe(at('2026-11-25T01:59:59.999Z'))
    expect(addMonths(at('2026-10-25T01:00:00Z'), 1, berlin)).toBe(at('2026-11-25T01:59:59.999Z'))
    expect(addMonths(at('2026-10-25T01:59:00Z'), 1, berlin)).toBe(at('2026-11-25T01:59:59.999Z'))
    expect(addMonths(at('2026-10-25T02:00:00Z'), 1, berlin)).toBe(at('2026-11-25T02:00:00Z'))
  })
})
