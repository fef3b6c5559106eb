/** Instants and counts as people read them. */

/** For example `2026-03-01 08:00:00`, in UTC. */
export function formatInstant(instant: string): string {
  return instant.slice(0, 19).replace('T', ' ')
}

/** For example `3 traits`. */
export function counted(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`
}
