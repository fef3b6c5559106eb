/** Checks one fragment's file against its name and its record in the manifest. */
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { messageOf } from '../base/errors.ts'
import type { FragmentRecord } from './manifest.ts'
import { LineSplitter, readContent, type Fragment } from './read-lake.ts'

type LakeProblemKind =
  /** A journal has bytes that no fragment covers, or that two cover. */
  | 'gap'
  | 'overlap'
  /** The manifest lists it, the directory does not hold it. */
  | 'missing'
  /** The directory holds it, the manifest does not list it. */
  | 'unknown'
  /** The file cannot be read or decompressed. */
  | 'unreadable'
  /** The content, or the compressed file, is not what the file's name or the manifest says. */
  | 'wrong_length'
  | 'wrong_checksum'
  | 'wrong_count'
  /** A line is not JSON, or the last one has no line break. */
  | 'bad_line'

export type LakeProblem = {
  kind: LakeProblemKind
  /** Of the file, relative to the lake's directory. */
  path: string
  message: string
}

type ContentCheck = { documents: number; problems: LakeProblem[] }

/** Reads the file once, in pieces; `record` is what the manifest says, where there is one. */
export async function checkContent(fragment: Fragment, record: FragmentRecord | undefined): Promise<ContentCheck> {
  const sha1 = createHash('sha1')
  const lines = new LineSplitter()
  const bad = new BadLines()
  let sizeBytes = 0
  try {
    for await (const piece of readContent(fragment)) {
      sha1.update(piece)
      sizeBytes += piece.length
      for (const line of lines.split(piece)) bad.check(line)
    }
    const found = { sizeBytes, sha1: sha1.digest('hex'), documents: bad.checked, fileBytes: (await stat(fragment.file)).size }
    const problems = [...compare(fragment, record, found), ...bad.problems(fragment, lines.rest)]
    return { documents: bad.checked, problems }
  } catch (error) {
    const message = `The file cannot be read: ${messageOf(error)}.`
    return { documents: bad.checked, problems: [{ kind: 'unreadable', path: fragment.path, message }] }
  }
}

type Found = { sizeBytes: number; sha1: string; documents: number; fileBytes: number }

function compare({ path, begin, end, sha1 }: Fragment, record: FragmentRecord | undefined, found: Found): LakeProblem[] {
  const problems: LakeProblem[] = []
  const expect = (kind: LakeProblemKind, isRight: boolean, message: string) => {
    if (!isRight) problems.push({ kind, path, message })
  }
  expect(
    'wrong_length',
    found.sizeBytes === end - begin,
    `Its name says ${end - begin} bytes, the content has ${found.sizeBytes}.`,
  )
  expect('wrong_checksum', found.sha1 === sha1, `The SHA-1 of the content is ${found.sha1}.`)
  if (record === undefined) return problems
  const { documents, fileBytes } = record
  expect(
    'wrong_count',
    found.documents === documents,
    `The manifest says ${documents} documents, the file has ${found.documents}.`,
  )
  // Node's zstd reader stops at the end of the first frame, so that bytes behind it show in the file's size alone.
  expect(
    'wrong_length',
    found.fileBytes === fileBytes,
    `The manifest says ${fileBytes} bytes on the disk, there are ${found.fileBytes}.`,
  )
  return problems
}

class BadLines {
  checked = 0
  #bad = 0
  #first = ''

  check(line: string): void {
    this.checked++
    try {
      JSON.parse(line)
    } catch (error) {
      this.#bad++
      this.#first ||= `line ${this.checked}: ${messageOf(error)}`
    }
  }

  /** `rest` is what follows the last line break. */
  problems({ path }: Fragment, rest: string): LakeProblem[] {
    const problems: LakeProblem[] = []
    if (this.#bad > 0)
      problems.push({ kind: 'bad_line', path, message: `${this.#bad} lines are not JSON; the first is ${this.#first}.` })
    if (rest.length > 0) problems.push({ kind: 'bad_line', path, message: 'The last line has no line break.' })
    return problems
  }
}
