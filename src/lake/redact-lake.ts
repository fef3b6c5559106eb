/**
 * Redaction of a lake: every published fragment that holds a line which must go is written anew beside it and takes its place.
 * One fragment at a time, each in steps that a crash leaves before or after (`FragmentFiles.replace`); whoever runs it again
 * completes it, and what is counted is counted once. Runs between two passes of the writer, after it has published what was open.
 */
import { basename, join } from 'node:path'
import type { FragmentFiles } from './fragment-files.ts'
import { formatFragmentPath, parseFragmentPath } from './fragment-path.ts'
import type { FragmentRecord } from './manifest.ts'
import { countConcernedLines, rewriteFragment } from './redact-fragment.ts'
import type { Redaction } from './redaction.ts'

/** Resolves when no published fragment of these collections has such a line, or, when `signal` aborts, after the fragment at hand. */
export async function redactLake(files: FragmentFiles, redaction: Redaction, signal: AbortSignal): Promise<void> {
  const { manifest } = files
  if (manifest.redaction(redaction.id)?.isComplete) return
  const counted = { fragments: 0, lines: 0 }
  for (const record of manifest.fragments()) {
    if (!redaction.collections.includes(record.collection)) continue
    if (signal.aborted) return
    const lines = await redactOne(files, record, redaction)
    counted.fragments += Math.sign(lines)
    counted.lines += lines
  }
  // A dry run counts at once what a real one counts with each fragment.
  manifest.completeRedaction(redaction.id, redaction.isDryRun ? counted : { fragments: 0, lines: 0 })
}

async function redactOne(files: FragmentFiles, record: FragmentRecord, redaction: Redaction): Promise<number> {
  const name = parseFragmentPath(record.path)
  if (name === undefined) return 0
  const source = { file: join(files.directory, record.path), codec: name.codec }
  const lines = await countConcernedLines(source, redaction)
  if (lines === 0 || redaction.isDryRun) return lines
  const path = files.newOpenFile()
  const { sha1, fileBytes } = await rewriteFragment(source, redaction, path)
  const next = { ...record, sha1, fileBytes, path: formatFragmentPath({ ...name, sha1 }), temporary: basename(path) }
  await files.replace(record, next, { redaction: redaction.id, lines })
  return lines
}
