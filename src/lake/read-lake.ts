/** Reads the lake by its files alone: for backfills, checks and whoever has a copy of the directory and nothing else. */
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { OPEN_FOLDER, parseFragmentPath, type FragmentName } from './fragment-path.ts'

export type Fragment = FragmentName & {
  /** Relative to the lake's directory, with `/`. */
  path: string
  /** Where the file is. */
  file: string
}

/** The published fragments by collection, partition and begin; of one collection when it is named. Empty without a directory. */
export async function listFragments(directory: string, collection?: string): Promise<Fragment[]> {
  const paths = await listFiles(directory, collection ?? '')
  const fragments = paths.flatMap((path) => {
    const name = parseFragmentPath(path)
    const isWanted = name !== undefined && (collection === undefined || name.collection === collection)
    return isWanted ? [{ ...name, path, file: join(directory, path) }] : []
  })
  return fragments.toSorted(compareFragments)
}

/** Every file below `folder`, relative to `directory` with `/`, but not what the writer is busy with. */
export async function listFiles(directory: string, folder = ''): Promise<string[]> {
  const entries = await readdir(join(directory, folder), { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.startsWith(`${OPEN_FOLDER}/`))
}

/** The documents of the fragments as JSON texts, fragment by fragment. Rejects at a file that cannot be decompressed. */
export async function* readFragments(fragments: Iterable<Pick<Fragment, 'file' | 'codec'>>): AsyncGenerator<string> {
  for (const fragment of fragments) {
    const lines = new LineSplitter()
    for await (const piece of readContent(fragment)) yield* lines.split(piece)
    const { rest } = lines
    if (rest.length > 0) yield rest
  }
}

/** The uncompressed content in pieces. */
export function readContent({ file, codec }: Pick<Fragment, 'file' | 'codec'>): AsyncIterable<Buffer> {
  const decompressor = codec === 'gzip' ? createGunzip() : createZstdDecompress()
  return pipeline(createReadStream(file), decompressor, () => undefined)
}

/** Puts lines together that are spread over pieces. */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0)

  /** The lines that end in this piece, without their line breaks. */
  split(piece: Buffer): string[] {
    const end = piece.lastIndexOf(LINE_BREAK)
    if (end < 0) {
      this.#rest = Buffer.concat([this.#rest, piece])
      return []
    }
    const text = Buffer.concat([this.#rest, piece.subarray(0, end)]).toString('utf8')
    this.#rest = Buffer.from(piece.subarray(end + 1))
    return text.split('\n')
  }

  /** What follows the last line break. */
  get rest(): string {
    return this.#rest.toString('utf8')
  }
}

const LINE_BREAK = 10

/** By collection, partition and begin. */
export function compareFragments(a: FragmentName, b: FragmentName): number {
  return compareTexts(a.collection, b.collection) || compareTexts(a.partition, b.partition) || a.begin - b.begin
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
