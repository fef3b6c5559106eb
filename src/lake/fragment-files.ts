/**
 * The lake's directory as the writer sees it: fragments grow in the hidden folder `.open`, are recorded in the manifest, and
 * only then get their final name. Whatever dies between two steps, `recover` brings the directory in line with the manifest:
 *
 *   file \ manifest    not recorded              recorded, unpublished            published
 *   in `.open`         deleted; read anew        renamed, marked                  (cannot be)
 *   at final place     (cannot be)               marked                           nothing to do
 *   nowhere            read anew                 lake_corrupt                     found by `verifyLake`
 *
 * A fragment that replaces another (after a redaction) is renamed twice: over the old file, then to its own name. So at every moment
 * exactly one file holds this stretch of the journal, whatever dies, and nothing of the old file is left.
 */
import { access, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { MillraceError } from '../base/errors.ts'
import type { Position } from '../log/log.ts'
import { createDirectory, moveDurably, syncDirectory } from './durable-files.ts'
import { OPEN_FOLDER } from './fragment-path.ts'
import { Manifest, type FragmentRecord } from './manifest.ts'
import { listFragments } from './read-lake.ts'

/** Moments at which a crash leaves something behind: after the named thing has happened. */
export type LakeStep = 'read' | 'compressed' | 'synced' | 'recorded' | 'renamed' | 'published' | 'cleaned'

/** Called at each step; when it throws, nothing further happens, as in a crash. */
export type StepObserver = (step: LakeStep) => void

export type FragmentFilesOptions = { directory: string; manifestPath: string; onStep: StepObserver }

export class FragmentFiles {
  readonly manifest: Manifest
  readonly directory: string
  readonly #onStep: StepObserver
  #lastNumber = 0

  private constructor(options: FragmentFilesOptions, manifest: Manifest) {
    this.manifest = manifest
    this.directory = options.directory
    this.#onStep = options.onStep
  }

  /** Opens the manifest and repairs what a crash has left behind. */
  static async recover(options: FragmentFilesOptions): Promise<FragmentFiles> {
    await createDirectory(join(options.directory, OPEN_FOLDER))
    await createDirectory(dirname(options.manifestPath))
    const files = new FragmentFiles(options, Manifest.open(options.manifestPath))
    try {
      if (files.manifest.isEmpty) await files.#requireNoFragments()
      await files.#publish(files.manifest.unpublished())
      await files.deleteOpenFiles()
    } catch (error) {
      files.manifest.close()
      throw error
    }
    return files
  }

  /** A name for a new open file: unique as long as `recover` has run before. */
  newOpenFile(): string {
    this.#lastNumber++
    return this.openPath(`${this.#lastNumber}.part`)
  }

  openPath(temporary: string): string {
    return join(this.directory, OPEN_FOLDER, temporary)
  }

  /** Makes complete, synced open files part of the lake, together with the cursors that go with them. */
  async add(fragments: readonly FragmentRecord[], cursors: ReadonlyMap<string, Position>): Promise<void> {
    if (fragments.length > 0) await syncDirectory(join(this.directory, OPEN_FOLDER))
    this.#onStep('synced')
    this.manifest.record(fragments, cursors)
    this.#onStep('recorded')
    await this.#publish(fragments)
  }

  /** Puts a complete, synced open file in the place of a published fragment, and counts its lines for the redaction. */
  async replace(old: FragmentRecord, next: FragmentRecord, counted: { redaction: string; lines: number }): Promise<void> {
    await syncDirectory(join(this.directory, OPEN_FOLDER))
    this.#onStep('synced')
    this.manifest.replace(old, next, counted)
    this.#onStep('recorded')
    await this.#publish([next])
  }

  /** Deletes what is still open; it can be read again from the log and the store. */
  async deleteOpenFiles(): Promise<void> {
    const folder = join(this.directory, OPEN_FOLDER)
    const recorded = new Set(this.manifest.unpublished().map(({ temporary }) => temporary))
    for (const name of await readdir(folder)) {
      if (recorded.has(name)) continue
      await rm(join(folder, name), { force: true })
      this.#onStep('cleaned')
    }
  }

  async #publish(fragments: readonly FragmentRecord[]): Promise<void> {
    for (const fragment of fragments) {
      await this.#move(fragment)
      this.#onStep('renamed')
    }
    if (fragments.length > 0) this.manifest.markPublished(fragments)
    this.#onStep('published')
  }

  async #move({ path, temporary }: FragmentRecord): Promise<void> {
    if (temporary === null) return
    const from = this.openPath(temporary)
    const to = join(this.directory, path)
    const replaced = this.manifest.replacedBy(path)
    if (replaced !== undefined) return await this.#moveOver(join(this.directory, replaced), from, to)
    if (await exists(from)) return await moveDurably(from, to)
    if (await exists(to)) return
    throw missingFragment(path, from)
  }

  async #moveOver(old: string, from: string, to: string): Promise<void> {
    if (await exists(from)) {
      await rename(from, old)
      this.#onStep('renamed')
    }
    if (await exists(old)) return await moveDurably(old, to)
    if (!(await exists(to))) throw missingFragment(to, from)
  }

  /** A new manifest over an old lake would file every document a second time. */
  async #requireNoFragments(): Promise<void> {
    const [found] = await listFragments(this.directory)
    if (found === undefined) return
    throw new MillraceError(
      'lake_corrupt',
      `The lake in "${this.directory}" has fragments ("${found.path}"), but its manifest lists none.`,
      {
        hint: 'Restore the manifest that belongs to this lake, or move the directory away to file everything anew from the log.',
      },
    )
  }
}

function missingFragment(path: string, temporary: string): MillraceError {
  return new MillraceError(
    'lake_corrupt',
    `Fragment "${path}" is in the manifest, but neither at its place nor in "${temporary}".`,
    {
      hint: 'Bring the file back from a copy of the lake. `millrace lake verify` lists everything that is missing.',
    },
  )
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}
