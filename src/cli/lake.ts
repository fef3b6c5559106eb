/** `millrace lake`: checks, lists and queries the lake of a data directory, beside a running engine or without one. */
import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { MillraceError } from '../base/errors.ts'
import type { JournalSummary } from '../lake/journal-summary.ts'
import type { LakeVerification, VerifyProgress } from '../lake/verify-lake.ts'
import { dataDirectory } from '../runtime/data-directory.ts'

type LakeFlags = { data: string; json?: true }

export function lakeCommand(): Command {
  const command = new Command('lake').description('The lake: all documents as compressed files')
  const subcommand = (name: string, description: string) =>
    command.command(name).description(description).option('--data <directory>', 'data directory of the engine', 'millrace-data')
  subcommand('verify', 'Proves that no document is missing, doubled or damaged')
    .option('--json', 'print the result as JSON')
    .action(verify)
  subcommand('list', 'Shows what the lake holds, by collection and partition')
    .option('--json', 'print the journals as JSON')
    .action(list)
  subcommand(
    'query',
    'Runs SQL (DuckDB) over the lake; each collection is a view: select count(*) from "examples/segment/events"',
  )
    .argument('<sql>', 'the query')
    .option('--json', 'print the rows as JSON')
    .action(query)
  return command
}

async function verify({ data, json }: LakeFlags): Promise<void> {
  const { verifyLake } = await import('../lake/verify-lake.ts')
  const { lakePath: directory, lakeManifestPath: manifestPath } = requireLake(data)
  const progress = json ? undefined : await progressBar()
  const verification = await verifyLake({ directory, manifestPath, onProgress: (done) => progress?.show(done) }).finally(() =>
    progress?.stop(),
  )
  const { problems } = verification
  if (json) {
    console.log(JSON.stringify(verification, null, 2))
    if (problems.length > 0) process.exitCode = 1
    return
  }
  for (const { kind, path, message } of problems) console.log(`${kind.replace('_', ' ')}: ${path}\n  ${message}`)
  console.log(verificationSummary(verification))
  if (problems.length > 0) throw lakeCorrupt(directory, problems.length)
}

/** For example `12 fragments, 1,000,000 documents, 149.0 MB: no gap, no overlap, all checksums match`. */
function verificationSummary({ fragments, documents, sizeBytes, hasManifest, problems }: LakeVerification): string {
  const size = `${count(fragments, 'fragment')}, ${count(documents, 'document')}, ${formatMegabytes(sizeBytes)}`
  if (problems.length > 0) return `${size}: ${count(problems.length, 'problem')}`
  const reservation = hasManifest ? '' : ' (there is no manifest, so missing last fragments cannot be noticed)'
  return `${size}: no gap, no overlap, all checksums match${reservation}`
}

async function list({ data, json }: LakeFlags): Promise<void> {
  const { summarizeJournals } = await import('../lake/journal-summary.ts')
  const { lakePath, lakeManifestPath } = requireLake(data)
  const journals = await summarizeJournals(lakePath, lakeManifestPath)
  if (json) return console.log(JSON.stringify(journals.map(journalJson), null, 2))
  const { textTable } = await import('./text-table.ts')
  console.log(journals.length === 0 ? 'The lake is empty: nothing is published yet.' : textTable(journals.map(journalRow)))
}

function journalRow({ collection, partition, fragments, documents, sizeBytes, firstHour, lastHour }: JournalSummary) {
  return {
    collection,
    partition,
    fragments,
    documents: documents ?? null,
    MB: Number((sizeBytes / 1e6).toFixed(1)),
    'first hour (UTC)': formatHour(firstHour),
    'last hour (UTC)': formatHour(lastHour),
  }
}

function journalJson({ firstHour, lastHour, ...journal }: JournalSummary) {
  return { ...journal, firstHour: new Date(firstHour).toISOString(), lastHour: new Date(lastHour).toISOString() }
}

async function query(sql: string, { data, json }: LakeFlags): Promise<void> {
  const { openLakeQuery } = await import('../lake/lake-query.ts')
  const lake = await openLakeQuery(requireLake(data).lakePath)
  try {
    const { columns, rows } = await lake.run(sql)
    const named = rows.map((row) => Object.fromEntries(columns.map(({ name }, i) => [name, row[i] ?? null])))
    if (json) return console.log(JSON.stringify(named, null, 2))
    const { textTable } = await import('./text-table.ts')
    console.log(named.length === 0 ? 'No rows.' : textTable(named))
  } finally {
    lake.close()
  }
}

function requireLake(data: string): { lakePath: string; lakeManifestPath: string } {
  const directory = dataDirectory(data)
  if (existsSync(directory.lakePath)) return directory
  throw new MillraceError('usage_invalid', `There is no lake in "${directory.path}".`, {
    hint: 'Name the data directory of an engine with --data; the engine makes the lake when it starts.',
  })
}

/** On stderr, and only for people. */
async function progressBar(): Promise<{ show: (progress: VerifyProgress) => void; stop: () => void } | undefined> {
  if (!process.stderr.isTTY) return undefined
  const { Presets, SingleBar } = await import('cli-progress')
  const bar = new SingleBar(
    { format: 'Checking {bar} {percentage}% of {megabytes} MB', hideCursor: true, clearOnComplete: true },
    Presets.shades_classic,
  )
  let isStarted = false
  return {
    show: ({ doneBytes, totalBytes }) => {
      if (!isStarted) bar.start(totalBytes, 0, { megabytes: Math.ceil(totalBytes / 1e6) })
      isStarted = true
      bar.update(doneBytes)
    },
    stop: () => bar.stop(),
  }
}

function lakeCorrupt(directory: string, problems: number): MillraceError {
  return new MillraceError('lake_corrupt', `The lake in "${directory}" has ${count(problems, 'problem')}.`, {
    hint: 'Bring damaged or missing files back from a copy of the lake, or move lake and manifest away to file everything anew from the log.',
  })
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`
}

function formatMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 })} MB`
}

function formatHour(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 13).replace('T', ' ')}:00`
}
