/**
 * The proof that a lake is whole: every journal runs from 0 without gap or overlap, every file is what its name says, and
 * the directory holds exactly what the manifest lists.
 */
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { formatJournal, OPEN_FOLDER, parseFragmentPath } from './fragment-path.ts'
import { Manifest, type FragmentRecord } from './manifest.ts'
import { checkContent, type LakeProblem } from './check-content.ts'
import { compareFragments, listFiles, type Fragment } from './read-lake.ts'

export type LakeVerification = {
  journals: number
  fragments: number
  documents: number
  /** Uncompressed. */
  sizeBytes: number
  /** False when there is no manifest: then a missing last fragment cannot be noticed. */
  hasManifest: boolean
  problems: LakeProblem[]
}

/** Bytes are uncompressed. */
export type VerifyProgress = { doneBytes: number; totalBytes: number }

type VerifyOptions = { directory: string; manifestPath: string; onProgress?: (progress: VerifyProgress) => void }

/** Reads every file once, in pieces. May run beside the writer. */
export async function verifyLake({ directory, manifestPath, onProgress }: VerifyOptions): Promise<LakeVerification> {
  const hasManifest = await exists(manifestPath)
  const { paths, records, recordOf } = await readInventory(directory, hasManifest ? manifestPath : undefined)
  const { fragments, strangers } = sortFiles(directory, paths)
  const problems = [...strangers, ...findBreaks(fragments)]
  if (hasManifest) problems.push(...findUnknown(fragments, recordOf), ...(await findMissing(directory, records, paths)))

  const totalBytes = fragments.reduce((sum, { begin, end }) => sum + end - begin, 0)
  let documents = 0
  let doneBytes = 0
  for (const fragment of fragments) {
    const content = await checkContent(fragment, recordOf.get(fragment.path))
    problems.push(...content.problems)
    documents += content.documents
    doneBytes += fragment.end - fragment.begin
    onProgress?.({ doneBytes, totalBytes })
  }
  const journals = new Set(fragments.map(formatJournal)).size
  return { journals, fragments: fragments.length, documents, sizeBytes: totalBytes, hasManifest, problems }
}

type Inventory = { paths: string[]; records: FragmentRecord[]; recordOf: ReadonlyMap<string, FragmentRecord> }

/** A redaction that runs meanwhile may give files other names; then it is read again. */
const INVENTORIES_MAX = 5

async function readInventory(directory: string, manifestPath: string | undefined, attempt = 1): Promise<Inventory> {
  // First the files, then the manifest: a file that is there has been recorded before.
  const paths = await listFiles(directory)
  const records = manifestPath === undefined ? [] : readRecords(manifestPath)
  const recordOf = new Map(records.map((record) => [record.path, record]))
  const unlisted = paths.filter((path) => !recordOf.has(path))
  const isThere = await Promise.all(unlisted.map((path) => exists(join(directory, path))))
  if (isThere.every(Boolean) || attempt === INVENTORIES_MAX) return { paths, records, recordOf }
  return await readInventory(directory, manifestPath, attempt + 1)
}

function readRecords(manifestPath: string): FragmentRecord[] {
  const manifest = Manifest.openForReading(manifestPath)
  try {
    return manifest.fragments()
  } finally {
    manifest.close()
  }
}

function sortFiles(directory: string, paths: readonly string[]): { fragments: Fragment[]; strangers: LakeProblem[] } {
  const fragments: Fragment[] = []
  const strangers: LakeProblem[] = []
  for (const path of paths) {
    const name = parseFragmentPath(path)
    if (name) fragments.push({ ...name, path, file: join(directory, path) })
    else strangers.push({ kind: 'unknown', path, message: 'This file is not named like a fragment.' })
  }
  return { fragments: fragments.toSorted(compareFragments), strangers }
}

/** `fragments` by journal and begin. */
function findBreaks(fragments: readonly Fragment[]): LakeProblem[] {
  const problems: LakeProblem[] = []
  let journal: string | undefined
  let end = 0
  for (const fragment of fragments) {
    if (formatJournal(fragment) !== journal) [journal, end] = [formatJournal(fragment), 0]
    const { begin, path } = fragment
    if (begin > end) problems.push({ kind: 'gap', path, message: `Bytes ${end} to ${begin} of "${journal}" are in no fragment.` })
    if (begin < end)
      problems.push({ kind: 'overlap', path, message: `Bytes from ${begin} of "${journal}" are in two fragments.` })
    end = Math.max(end, fragment.end)
  }
  return problems
}

function findUnknown(fragments: readonly Fragment[], recordOf: ReadonlyMap<string, FragmentRecord>): LakeProblem[] {
  return fragments
    .filter(({ path }) => !recordOf.has(path))
    .map(({ path }) => ({ kind: 'unknown', path, message: 'The manifest does not list this fragment.' }))
}

async function findMissing(
  directory: string,
  records: readonly FragmentRecord[],
  paths: readonly string[],
): Promise<LakeProblem[]> {
  const present = new Set(paths)
  const problems: LakeProblem[] = []
  for (const { path, temporary } of records) {
    if (present.has(path)) continue
    const isOnItsWay = temporary !== null && (await exists(join(directory, OPEN_FOLDER, temporary)))
    if (isOnItsWay || (await exists(join(directory, path)))) continue
    problems.push({ kind: 'missing', path, message: 'The manifest lists this fragment, but the file is not there.' })
  }
  return problems
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}
