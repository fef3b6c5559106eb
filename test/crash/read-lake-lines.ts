/** The lines of a journal as any reader of files finds them, without code of Millrace: file names sort by their begin. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'

export async function readLakeLines(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return []
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.zst'))
  const sorted = files.toSorted((a, b) => (basename(a) < basename(b) ? -1 : 1))
  return sorted.flatMap((path) =>
    zstdDecompressSync(readFileSync(join(folder, path)))
      .toString('utf8')
      .trimEnd()
      .split('\n'),
  )
}
