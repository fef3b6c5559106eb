/**
 * Names of fragments. A journal is all documents of one collection and partition, in order, a line each; a fragment is one
 * file of it. Everything that a plain reader needs to find, prune, order and check files stands in the path (as in Estuary Flow):
 *
 *   <collection>/<partition path>/pivot=00/utc_date=2026-03-19/utc_hour=19/<begin>-<end>-<sha1>.zst
 */
import type { PartitionPath } from '../model/partition.ts'

export type Codec = 'zstd' | 'gzip'

export const CODEC_EXTENSIONS: Record<Codec, string> = { zstd: 'zst', gzip: 'gz' }

export type JournalName = { collection: string; partition: PartitionPath }

export type FragmentName = JournalName & {
  /** Offset of the first byte in the uncompressed text of the journal, inclusive. */
  begin: number
  /** The same of the last, exclusive. */
  end: number
  /** Of the uncompressed content, in hex. */
  sha1: string
  codec: Codec
  /** The hour in which its documents were appended, in hours since the epoch. */
  hour: number
}

export const HOUR_MS = 3_600_000

/** Where fragments grow. No reader looks here: hidden, and names in it do not end like fragments'. On the lake's file system. */
export const OPEN_FOLDER = '.open'

/** Journals are not split; the name leaves room for it, as Flow's does. */
const PIVOT = 'pivot=00'

/** Relative to the lake's directory, with `/`. */
export function formatFragmentPath(name: FragmentName): string {
  const instant = new Date(name.hour * HOUR_MS).toISOString()
  const folders = [`utc_date=${instant.slice(0, 10)}`, `utc_hour=${instant.slice(11, 13)}`]
  const file = `${formatOffset(name.begin)}-${formatOffset(name.end)}-${name.sha1}.${CODEC_EXTENSIONS[name.codec]}`
  return [...journalFolders(name), ...folders, file].join('/')
}

/** For messages: `examples/segment/events vendor=1`. */
export function formatJournal({ collection, partition }: JournalName): string {
  return partition === '' ? collection : `${collection} ${partition}`
}

/** The name that a relative path stands for; undefined when it is no fragment's. */
export function parseFragmentPath(path: string): FragmentName | undefined {
  const parts = PATH.exec(path)?.groups
  if (parts === undefined) return undefined
  const { folders = '', date = '', hour = '', begin = '', end = '', sha1 = '', extension } = parts
  const startOfHour = Date.parse(`${date}T${hour}:00:00Z`)
  if (Number.isNaN(startOfHour)) return undefined
  const names = folders.split('/')
  const count = names.findIndex(isPartition)
  const collection = count < 0 ? names : names.slice(0, count)
  const partition = names.slice(collection.length)
  if (collection.length === 0 || !partition.every(isPartition)) return undefined
  return {
    collection: collection.join('/'),
    partition: partition.join('/'),
    begin: Number.parseInt(begin, 16),
    end: Number.parseInt(end, 16),
    sha1,
    codec: extension === 'zst' ? 'zstd' : 'gzip',
    hour: startOfHour / HOUR_MS,
  }
}

const PATH = new RegExp(
  `^(?<folders>.+)/${PIVOT}/utc_date=(?<date>\\d{4}-\\d\\d-\\d\\d)/utc_hour=(?<hour>\\d\\d)/` +
    '(?<begin>[0-9a-f]{16})-(?<end>[0-9a-f]{16})-(?<sha1>[0-9a-f]{40})\\.(?<extension>zst|gz)$',
)

function isPartition(folder: string): boolean {
  return folder.includes('=')
}

function journalFolders({ collection, partition }: JournalName): string[] {
  return partition === '' ? [collection, PIVOT] : [collection, partition, PIVOT]
}

function formatOffset(offset: number): string {
  return offset.toString(16).padStart(16, '0')
}
