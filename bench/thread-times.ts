/** Processor time of each thread of a process, in seconds: where the time goes. Linux only; elsewhere it is empty. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'

export const TICKS_PER_SECOND = 100

export function threadTimes(pid: number | 'self' = 'self'): Map<string, number> {
  const tasks = `/proc/${pid}/task`
  const times = new Map<string, number>()
  if (!existsSync(tasks)) return times
  for (const id of readdirSync(tasks)) {
    const stat = readFileSync(`${tasks}/${id}/stat`, 'utf8')
    const [, name = '', rest = ''] = stat.match(/\((.*)\) (.*)/s) ?? []
    const [user, system] = rest.split(' ').slice(11, 13).map(Number)
    times.set(name, (times.get(name) ?? 0) + ((user ?? 0) + (system ?? 0)) / TICKS_PER_SECOND)
  }
  return times
}

/** Microseconds an event between two readings, largest first. */
export function perEvent(before: Map<string, number>, after: Map<string, number>, events: number): Record<string, number> {
  const spent = [...after].map(([name, seconds]): [string, number] => [
    name,
    ((seconds - (before.get(name) ?? 0)) * 1e6) / events,
  ])
  const counted = spent.filter(([, us]) => us >= 0.05).toSorted(([, a], [, b]) => b - a)
  return Object.fromEntries(counted.map(([name, us]) => [name, Number(us.toFixed(2))]))
}

/** Of a process and all its threads, also those that have ended, in seconds. Linux only; elsewhere 0. */
export function cpuSeconds(pid: number): number {
  const path = `/proc/${pid}/stat`
  if (!existsSync(path)) return 0
  const fields = readFileSync(path, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}
