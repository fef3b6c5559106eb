/**
 * Which keys are surely not in the store, so that nobody has to look: of the documents that a transaction asks for, most are new.
 * It knows the keys that were there when its owner acquired (once they have been scanned) and those that the owner has written
 * since. It never denies a key that exists: when somebody else has committed meanwhile, it has no opinion any more.
 */
import { BloomFilter } from '../../base/bloom-filter.ts'
import type { DocumentChange } from '../store.ts'
import type { LastCommit } from './last-commit.ts'
import type { ScannedKeys } from './scan-keys.ts'

/** Grows by itself; this keeps a filter of a few million keys to few layers. */
const WRITTEN_KEYS_EXPECTED = 100_000

type Owner = { partition: string; fence: number }

export type KeyFilterOptions = {
  /** Number of the store's last commit when the owner acquired. */
  commits: number
  /** Spaces that it never has an opinion about: their keys cost it nothing. */
  orderedSpaces?: readonly string[]
}

export class KeyFilter {
  readonly #owner: Owner
  /** Number of the last commit that it knows the keys of. */
  #commits: number
  /** By space; undefined until the scan is done. */
  #scanned: Map<string, BloomFilter> | undefined
  readonly #written = new Map<string, BloomFilter>()
  readonly #orderedSpaces: ReadonlySet<string>

  constructor(owner: Owner, { commits, orderedSpaces = [] }: KeyFilterOptions) {
    this.#owner = owner
    this.#commits = commits
    this.#orderedSpaces = new Set(orderedSpaces)
  }

  /** The keys of all documents that existed at some time since the owner acquired. */
  addScanned(keys: ScannedKeys): void {
    this.#scanned = new Map(keys.map(({ space, layers }) => [space, BloomFilter.from(layers)]))
  }

  /** Before the owner commits: a commit may be in the file before its caller hears of it. */
  addWritten(documents: readonly DocumentChange[]): void {
    let space: string | undefined
    let filter: BloomFilter | undefined
    for (const document of documents) {
      if (document.space !== space) {
        space = document.space
        filter = this.#orderedSpaces.has(space) ? undefined : this.#writtenOf(space)
      }
      if (document.value !== undefined) filter?.add(document.key)
    }
  }

  /** After the owner has committed, as number `commits`. */
  endCommit(commits: number): void {
    if (commits === this.#commits + 1) this.#commits = commits
  }

  /** A test that is false for keys that surely do not exist, given the last commit in sight; undefined without an opinion. */
  mayHave(space: string, last: LastCommit | undefined): ((key: string) => boolean) | undefined {
    if (this.#scanned === undefined || this.#orderedSpaces.has(space) || !this.#knows(last)) return undefined
    const [scanned, written] = [this.#scanned.get(space), this.#written.get(space)]
    return (key) => written?.mayHave(key) === true || scanned?.mayHave(key) === true
  }

  #knows(last: LastCommit | undefined): boolean {
    const commits = last?.number ?? 0
    if (commits === this.#commits) return true
    // The owner's own commit, which it has not heard of yet.
    return commits === this.#commits + 1 && last?.partition === this.#owner.partition && last.fence === this.#owner.fence
  }

  #writtenOf(space: string): BloomFilter {
    const known = this.#written.get(space)
    if (known) return known
    const filter = new BloomFilter(WRITTEN_KEYS_EXPECTED)
    this.#written.set(space, filter)
    return filter
  }
}
