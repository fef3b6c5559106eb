/**
 * A reader of notifications of its own process: each page, with the cursor behind it, is a line of a file. When it is killed and started
 * again it goes on behind the last whole line. `node notification-client.ts <file with the url> <journal>`
 */
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const RETRY_MS = 20
const [urlPath = '', journalPath = ''] = process.argv.slice(2)

let cursor = lastCursor()
for (;;) {
  const page = await read()
  if (page === undefined) {
    await sleep(RETRY_MS)
    continue
  }
  if (page.cursor === cursor) continue
  appendFileSync(journalPath, `${JSON.stringify(page)}\n`)
  cursor = page.cursor
}

/** Undefined when the server is not there. */
async function read(): Promise<{ cursor: string } | undefined> {
  const url = readFileSync(urlPath, 'utf8')
  const response = await fetch(`${url}/notifications?cursor=${encodeURIComponent(cursor)}&wait=5&limit=50`).catch(() => undefined)
  if (response === undefined || response.status >= 500 || response.status === 429) return undefined
  // Also the answer may end in the middle.
  const text = await response.text().catch(() => undefined)
  if (!response.ok) throw new Error(`Refused: ${text}`)
  return text === undefined ? undefined : (JSON.parse(text) as { cursor: string })
}

/** Takes what is no whole line away. */
function lastCursor(): string {
  if (!existsSync(journalPath)) return 'start'
  const text = readFileSync(journalPath, 'utf8')
  const end = text.lastIndexOf('\n') + 1
  if (end < text.length) truncateSync(journalPath, Buffer.byteLength(text.slice(0, end)))
  const line = text.slice(0, end).trimEnd().split('\n').at(-1)
  return line === undefined || line === '' ? 'start' : (JSON.parse(line) as { cursor: string }).cursor
}
