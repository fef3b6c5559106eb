/**
 * Segment events through a WebSocket from another process: events a second until all are acknowledged (on disk), and until
 * both tables hold them. `npm run bench websocket -- --events 1000000`
 */
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'
import { lineChunks } from './line-chunks.ts'
import { segmentFile } from './segment-file.ts'
import { startBenchServer, untilTablesFollow } from './server.ts'

const { values } = parseArgs({
  options: { events: { type: 'string', default: '1000000' }, json: { type: 'boolean', default: false } },
})
const events = Number(values.events)
/** Bytes that may wait in this client's socket, so that it does not buffer the whole file. */
const BUFFERED_MAX = 4_000_000

const file = await segmentFile(events)
const { server, close } = await startBenchServer()
const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ingest/examples/segment/events`, 'json.v1')
await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
let processed = 0
socket.on('message', (data: Buffer) => (processed = (JSON.parse(data.toString()) as { Processed: number }).Processed))
const startedAt = performance.now()
for await (const lines of lineChunks(file)) {
  socket.send(lines.join('\n'))
  while (socket.bufferedAmount > BUFFERED_MAX) await new Promise((resolve) => setTimeout(resolve, 1))
}
socket.close()
await new Promise((resolve) => socket.once('close', resolve))
const acceptedMs = performance.now() - startedAt
if (processed !== events) throw new Error(`${processed} of ${events} events were acknowledged.`)
await untilTablesFollow(server)
const tablesMs = performance.now() - startedAt
await close()
const outcome = {
  events,
  acceptedPerSecond: Math.round((events * 1000) / acceptedMs),
  inTablesPerSecond: Math.round((events * 1000) / tablesMs),
}
console.log(values.json ? JSON.stringify(outcome) : outcome)
