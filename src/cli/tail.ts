/** `millrace tail`: events as they come in, and refusals with their reasons. */
import type { Writable } from 'node:stream'
import { Command, Option } from 'commander'
import { MillraceError, messageOf } from '../base/errors.ts'
import { isObject } from '../base/json.ts'
import { EVENT_TYPES } from '../model/event/event.ts'
import { eventLine } from './tail/event-line.ts'
import { type LiveMessage, readMessages } from './tail/live-messages.ts'

/** What the command touches besides its arguments. */
export type TailSurroundings = { stdout: Writable & { isTTY?: boolean; columns?: number }; stderr: Writable; fetch: typeof fetch }

type TailFlags = { url: string; source?: string; user?: string; type?: string; key?: string; json?: true }

export function tailCommand(surroundings: TailSurroundings = processSurroundings()): Command {
  return new Command('tail')
    .description('Shows events of a running server as they come in, and refusals with their reasons')
    .option('--url <url>', 'address of the server', 'http://localhost:8080')
    .option('--source <name>', 'only of this source')
    .option('--user <id>', 'only with this user id')
    .addOption(new Option('--type <type>', 'only of this type').choices(EVENT_TYPES))
    .option('--key <key>', 'a key with the scope "read", when the server listens beyond this machine')
    .option('--json', 'print each as a line of JSON')
    .action(async (flags: TailFlags) => {
      await tail(flags, surroundings)
    })
}

async function tail(flags: TailFlags, { stdout, stderr, fetch }: TailSurroundings): Promise<void> {
  const body = await connect(flags, fetch)
  if (!flags.json) stderr.write('Waiting for events; Ctrl-C stops.\n')
  const width = stdout.isTTY ? stdout.columns : undefined
  const write = (message: LiveMessage) => {
    const line = flags.json ? JSON.stringify(message) : eventLine(message, { isColored: stdout.isTTY === true, width })
    stdout.write(`${line}\n`)
  }
  try {
    for await (const message of readMessages(body)) write(message)
  } catch (cause) {
    throw new MillraceError('server_unreachable', `The connection to ${flags.url} broke: ${messageOf(cause)}.`, { cause })
  }
  stderr.write('The server has ended the stream.\n')
}

/** Throws `server_unreachable`, and what the server refuses with. */
async function connect(
  { url, key, ...filter }: TailFlags,
  fetch: TailSurroundings['fetch'],
): Promise<ReadableStream<Uint8Array>> {
  const response = await ask(addressOf(url, filter), { url, key, fetch })
  if (response.ok && response.body) return response.body
  const answer: unknown = await response.json().catch(() => ({}))
  const { code, detail, hint } = isObject(answer) ? answer : {}
  if ((code === 'write_key_unknown' || code === 'access_denied') && typeof detail === 'string') {
    throw new MillraceError(code, detail, { hint: typeof hint === 'string' ? hint : 'Name a key with --key.' })
  }
  throw new MillraceError('server_unreachable', `No Millrace with live events answers at ${url}: it answered ${response.status}.`)
}

async function ask(
  address: URL,
  { url, key, fetch }: { url: string; key: string | undefined; fetch: TailSurroundings['fetch'] },
): Promise<Response> {
  try {
    return await fetch(address, { headers: key === undefined ? {} : { authorization: `Bearer ${key}` } })
  } catch (cause) {
    throw new MillraceError('server_unreachable', `No Millrace answers at ${url}.`, {
      hint: 'Start one with `millrace start`, or name its address with --url.',
      cause,
    })
  }
}

function addressOf(url: string, { source, user, type }: Pick<TailFlags, 'source' | 'user' | 'type'>): URL {
  try {
    const address = new URL('/events/live', url)
    for (const [name, value] of Object.entries({ source, userId: user, type })) {
      if (value !== undefined) address.searchParams.set(name, value)
    }
    return address
  } catch (cause) {
    throw new MillraceError('usage_invalid', `"${url}" is not an address.`, { hint: 'For example http://localhost:8080.', cause })
  }
}

function processSurroundings(): TailSurroundings {
  return { stdout: process.stdout, stderr: process.stderr, fetch: globalThis.fetch }
}
