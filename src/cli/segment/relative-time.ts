/** How far an instant is from now, as people say it. */

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const

/** For example `in 3 days`, or `2 hours ago`: in the largest unit of which there is at least one, rounded down. */
export function relativeTime(instant: string, now: string): string {
  const distanceMs = Date.parse(instant) - Date.parse(now)
  const [unit, sizeMs] = UNITS.find(([, sizeMs]) => Math.abs(distanceMs) >= sizeMs) ?? ['second', 1_000]
  const amount = Math.floor(Math.abs(distanceMs) / sizeMs)
  if (amount === 0) return 'now'
  const text = `${amount.toLocaleString('en-US')} ${unit}${amount === 1 ? '' : 's'}`
  return distanceMs > 0 ? `in ${text}` : `${text} ago`
}
