/** A progress bar on a terminal: bytes of the file when its size is known, documents, documents a second, time left. */
import type { Writable } from 'node:stream'
import { Presets, SingleBar } from 'cli-progress'

export interface Progress {
  update(done: { bytes: number; documents: number; elapsedMs: number }): void
  stop(): void
}

const SILENT: Progress = { update: () => {}, stop: () => {} }

const SIZED = '{bar} {percentage}% of {size} | {documents} {noun} | {rate}/s | {eta_formatted} left'
const UNSIZED = '{documents} {noun} | {rate}/s | {duration_formatted}'

/** Draws on `out` when that is a terminal, else does nothing. */
export function showProgress(out: Writable & { isTTY?: boolean }, sizeBytes: number | undefined, noun = 'documents'): Progress {
  if (!out.isTTY) return SILENT
  const bar = new SingleBar(
    { format: sizeBytes === undefined ? UNSIZED : SIZED, stream: out, hideCursor: true, clearOnComplete: true, etaBuffer: 50 },
    Presets.shades_classic,
  )
  bar.start(sizeBytes ?? 0, 0, { noun, documents: '0', rate: '–', size: formatBytes(sizeBytes ?? 0) })
  return {
    update: ({ bytes, documents, elapsedMs }) =>
      bar.update(bytes, { noun, documents: formatCount(documents), rate: formatRate(documents, elapsedMs) }),
    stop: () => bar.stop(),
  }
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

export function formatRate(documents: number, elapsedMs: number): string {
  return elapsedMs <= 0 ? '–' : formatCount(Math.round((documents / elapsedMs) * 1000))
}

const BYTES_PER_MB = 1_000_000

function formatBytes(bytes: number): string {
  return bytes < BYTES_PER_MB ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / BYTES_PER_MB).toFixed(1)} MB`
}
