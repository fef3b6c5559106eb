/** The status of an engine as lines for people. */
import type { EngineStatus } from '../runtime/status.ts'
import { textTable } from './text-table.ts'
import { formatMs, troubleMessages } from './status-line.ts'

const COUNT = new Intl.NumberFormat('en-US')

export function statusTable(status: EngineStatus): string {
  const { startedAt, log, documents, events, apply, materializations, notifications, lake, memory } = status
  const tasks = [
    { task: 'apply', state: apply.state, position: positionsText(apply.positions) },
    ...Object.entries(materializations).map(([name, task]) => ({
      task: name,
      state: task.state,
      position: positionsText(bindingPositions(task)),
    })),
    ...Object.entries(notifications).map(([name, webhook]) => ({
      task: name,
      state: webhook.state,
      position: webhookPosition(webhook),
    })),
    { task: 'lake', state: lake.state, position: positionsText(lake.positions) },
  ]
  return [
    `Running since ${startedAt}, ${COUNT.format(Math.round(memory.residentBytes / 1024 / 1024))} MiB of memory.`,
    `Since then ${COUNT.format(documents.accepted)} documents accepted, ${COUNT.format(documents.applied)} applied, lag ${Math.round(documents.lagMs)} ms. Head of the log: ${log.head}.`,
    ...(events === undefined ? [] : [eventsText(events)]),
    '',
    textTable(tasks),
    ...troubleMessages(status).map((message) => `\n${message}`),
  ].join('\n')
}

function eventsText({ applied, repeated, setAside }: NonNullable<EngineStatus['events']>): string {
  return `Events since the beginning: ${COUNT.format(applied)} applied, ${COUNT.format(repeated)} repeated, ${COUNT.format(setAside)} set aside.`
}

/** For example `12, 3 entries behind (for 4.5 s)`. */
function webhookPosition({ position, lag = 0, lagMs }: EngineStatus['notifications'][string]): string {
  if (position === undefined) return ''
  if (lag === 0) return String(position)
  const duration = lagMs === undefined ? '' : ` (for ${formatMs(lagMs)})`
  return `${position}, ${COUNT.format(lag)} ${lag === 1 ? 'entry' : 'entries'} behind${duration}`
}

function bindingPositions({ bindings = [] }: EngineStatus['materializations'][string]): Record<string, number> {
  return Object.fromEntries(bindings.map(({ table, position }) => [table, position]))
}

/** One number when all are at the same place. */
function positionsText(positions: Record<string, number> = {}): string {
  const places = [...new Set(Object.values(positions))]
  if (places.length <= 1) return String(places[0] ?? '')
  return Object.entries(positions)
    .map(([name, position]) => `${name} ${position}`)
    .join(', ')
}
