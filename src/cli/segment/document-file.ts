/** A segment's document from a file, or from standard input: JSON or YAML. */
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { MillraceError, messageOf } from '../../base/errors.ts'
import type { CommandSurroundings } from '../command-surroundings.ts'

/** `-` is standard input. Rejects with `usage_invalid` for what cannot be read. */
export async function readDocument(file: string, { stdin }: Pick<CommandSurroundings, 'stdin'>): Promise<unknown> {
  try {
    return parse(await textOf(file, stdin)) as unknown
  } catch (cause) {
    throw new MillraceError('usage_invalid', `The file "${file}" cannot be read: ${messageOf(cause)}`, {
      hint: 'It must hold a segment as JSON or YAML.',
      cause,
    })
  }
}

async function textOf(file: string, stdin: CommandSurroundings['stdin']): Promise<string> {
  if (file !== '-') return await readFile(file, 'utf8')
  const chunks: Buffer[] = []
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as string | Buffer))
  return Buffer.concat(chunks).toString('utf8')
}
