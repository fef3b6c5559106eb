/**
 * Named places between two steps that must survive the death of the process between them. With `MILLRACE_CRASH_AT=<name>:<n>` in
 * the environment the process kills itself when it passes that place for the n-th time; crash tests go through all of them.
 */
export const DURABILITY_POINTS = [
  'log-written',
  'log-committed',
  'store-written',
  'store-committed',
  'rows-stored',
  'rows-committed',
  'body-prepared',
  'body-received',
  'lake-synced',
  'lake-recorded',
  'lake-renamed',
  'lake-published',
  'page-appended',
  'page-applied',
  'columns-written',
  'columns-committed',
] as const

export type DurabilityPoint = (typeof DURABILITY_POINTS)[number]

const [crashName, crashCount] = (process.env['MILLRACE_CRASH_AT'] ?? '').split(':')
let passes = 0

export function durabilityPoint(name: DurabilityPoint): void {
  if (name !== crashName) return
  passes += 1
  if (passes === Number(crashCount)) process.kill(process.pid, 'SIGKILL')
}
