import { open } from 'node:fs/promises'

const READ_BYTES = 256 * 1024

/** The lines of a file, some two thousand at a time. */
export async function* lineChunks(path: string): AsyncGenerator<string[]> {
  const file = await open(path)
  try {
    const buffer = Buffer.alloc(READ_BYTES)
    let rest = ''
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, READ_BYTES)
      if (bytesRead === 0) break
      const lines = (rest + buffer.toString('latin1', 0, bytesRead)).split('\n')
      rest = lines.pop() ?? ''
      yield lines
    }
    if (rest !== '') yield [rest]
  } finally {
    await file.close()
  }
}
