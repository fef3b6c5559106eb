/** What commands that ask a server touch besides their arguments. */
import { createInterface } from 'node:readline/promises'
import type { Readable, Writable } from 'node:stream'
import { type Clock, systemClock } from '../base/clock.ts'
import { MillraceError } from '../base/errors.ts'

export type CommandSurroundings = {
  stdin: Readable & { isTTY?: boolean }
  stdout: Writable & { columns?: number }
  stderr: Writable
  fetch: typeof fetch
  clock: Clock
}

export function processSurroundings(): CommandSurroundings {
  const { stdin, stdout, stderr } = process
  return { stdin, stdout, stderr, fetch: globalThis.fetch, clock: systemClock }
}

/** JSON for programs, else the text. */
export function print(
  { stdout }: CommandSurroundings,
  answer: unknown,
  { json, text }: { json: true | undefined; text: () => string },
): void {
  stdout.write(`${json ? JSON.stringify(answer, null, 2) : text()}\n`)
}

/** Throws `usage_invalid` unless a person says yes. */
export async function requireConsent({ stdin, stderr }: CommandSurroundings, question: string): Promise<void> {
  if (!stdin.isTTY)
    throw new MillraceError('usage_invalid', 'Nobody is there to confirm this.', { hint: 'Say --yes to go on without asking.' })
  const lines = createInterface({ input: stdin, output: stderr })
  try {
    const answer = await lines.question(`${question} [y/N] `)
    if (!/^y(?:es)?$/i.test(answer.trim())) throw new MillraceError('usage_invalid', 'Nothing was changed.')
  } finally {
    lines.close()
  }
}
