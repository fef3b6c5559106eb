/** Reads a catalog's files, imports included, into one namespace of definitions that remember where they stand. */
import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import * as z from 'zod'
import { messageOf } from '../../base/errors.ts'
import { isObject } from '../../base/json.ts'
import { suggest } from '../../base/suggest.ts'
import type { EntityKind } from '../../model/profile/entity.ts'
import {
  catalogOutline,
  collectionSchema,
  materializationSchema,
  testSchema,
  type CollectionDefinition,
  type MaterializationDefinition,
  type TestDefinition,
} from '../catalog-schema.ts'
import { notificationSchema, type NotificationDefinition } from '../notification-schema.ts'
import {
  identitySchema,
  sourceSchema,
  traitSchema,
  type IdentityDefinition,
  type SourceDefinition,
  type TraitDefinition,
} from '../profile-schema.ts'
import { didYouMean, type Place, type ProblemList } from '../problem.ts'
import { isModulePath, readModuleFile } from './module-file.ts'
import { parseEntry } from './shape-problems.ts'
import { type Path, type SourceFile, Spot, valueAt } from './source-file.ts'
import { readYamlFile } from './yaml-file.ts'

/** An entry of a catalog file whose shape is right. */
export type Defined<T> = {
  name: string
  value: T
  spot: Spot
}

export type Definitions = {
  collections: Map<string, Defined<CollectionDefinition>>
  materializations: Map<string, Defined<MaterializationDefinition>>
  tests: Map<string, Defined<TestDefinition>>
  sources: Map<string, Defined<SourceDefinition>>
  traits: Record<EntityKind, Map<string, Defined<TraitDefinition>>>
  /** Stands in one file at most; `name` says nothing. */
  identity?: Defined<IdentityDefinition>
  /** Webhooks. */
  notifications: Map<string, Defined<NotificationDefinition>>
  /** As they were written: model/segment/parse-segment.ts reads them. */
  segments: Map<string, Defined<unknown>>
  /** Stands in one file at most; `name` says nothing. */
  timeZone?: Defined<string>
  /** Names of collections whose shape is wrong: they exist, nothing more is known. */
  brokenCollections: Set<string>
  /** True when a file could not be read: what is missing may stand there. */
  isIncomplete: boolean
  /** Absolute paths of the catalog files, the first one being the root. */
  files: string[]
}

export async function readDefinitions(root: string, problems: ProblemList): Promise<Definitions> {
  const reader = new DefinitionReader(problems)
  await reader.read(resolve(root), { file: resolve(root), line: 1, column: 1 })
  return reader.definitions
}

class DefinitionReader {
  readonly definitions: Definitions = {
    collections: new Map(),
    materializations: new Map(),
    tests: new Map(),
    sources: new Map(),
    traits: { user: new Map(), account: new Map() },
    notifications: new Map(),
    segments: new Map(),
    brokenCollections: new Set(),
    isIncomplete: false,
    files: [],
  }
  readonly #problems: ProblemList
  /** Of what stands in one file at most, the first place by its name. */
  readonly #placeOfOnly = new Map<string, Place>()

  constructor(problems: ProblemList) {
    this.#problems = problems
  }

  /** `from`: who asks for the file. Files that import each other are fine, each is read once. */
  async read(path: string, from: Place): Promise<void> {
    if (this.definitions.files.includes(path)) return
    if (!isFile(path)) {
      this.#problems.error(from, `The catalog file "${path}" does not exist.`, nearbyFile(path))
      this.definitions.isIncomplete = true
      return
    }
    this.definitions.files.push(path)
    const file = await this.#parse(path, from)
    if (file === undefined) this.definitions.isIncomplete = true
    else await this.#readEntries(file)
  }

  async #parse(path: string, from: Place): Promise<SourceFile | undefined> {
    try {
      return isModulePath(path) ? await readModuleFile(path, this.#problems) : readYamlFile(path, this.#problems)
    } catch (error) {
      this.#problems.error(from, `The catalog file "${path}" cannot be read: ${messageOf(error)}`)
      return undefined
    }
  }

  async #readEntries(file: SourceFile): Promise<void> {
    const free = isObject(file.value) ? Object.entries(file.value).filter(([name]) => !name.startsWith('x-')) : undefined
    const content = { ...file, value: free ? Object.fromEntries(free) : (file.value ?? {}) }
    // An unknown field must not hide the rest of the file, so the sections are read whatever the outline says.
    parseEntry(catalogOutline, new Spot(content, []), { problems: this.#problems })
    const { collections, materializations, tests, sources, traits, brokenCollections: broken } = this.definitions
    const read = <T>(section: Section<T>) => this.#readSection(content, section)
    read({ path: ['collections'], title: 'Collection', schema: collectionSchema, into: collections, broken })
    read({ path: ['materializations'], title: 'Materialization', schema: materializationSchema, into: materializations })
    read({ path: ['tests'], title: 'Test', schema: testSchema, into: tests })
    read({ path: ['sources'], title: 'Source', schema: sourceSchema, into: sources })
    read({ path: ['traits', 'user'], title: 'User trait', schema: traitSchema, into: traits.user })
    read({ path: ['traits', 'account'], title: 'Account trait', schema: traitSchema, into: traits.account })
    const { notifications } = this.definitions
    read({ path: ['notifications'], title: 'Notifications', schema: notificationSchema, into: notifications })
    read({ path: ['segments'], title: 'Segment', schema: z.unknown(), into: this.definitions.segments })
    const identity = this.#readOnly({ field: 'identity', title: 'Identity', schema: identitySchema }, content)
    if (identity) this.definitions.identity = identity
    const timeZone = this.#readOnly({ field: 'timeZone', title: 'Time zone', schema: z.string() }, content)
    if (timeZone) this.definitions.timeZone = timeZone
    const imports = isObject(content.value) && Array.isArray(content.value['import']) ? content.value['import'] : []
    for (const [i, entry] of imports.entries())
      if (typeof entry === 'string' && entry !== '')
        await this.read(resolve(dirname(file.file), entry), file.placeOf(['import', i]))
  }

  #readSection<T>(file: SourceFile, to: Section<T>): void {
    const { path, title, schema, into, broken } = to
    const entries = valueAt(file.value, path)
    if (!isObject(entries)) return
    for (const name of Object.keys(entries)) {
      const spot = new Spot(file, [...path, name])
      const value = parseEntry(schema, spot, { title: `${title} "${name}"`, problems: this.#problems })
      const first = into.get(name)
      if (first) this.#reportTwice(`${title} "${name}"`, spot.placeOfName, first.spot.placeOfName)
      else if (value === undefined) broken?.add(name)
      else into.set(name, { name, value, spot })
    }
  }

  /** What the whole catalog has once. */
  #readOnly<T>(to: { field: string; title: string; schema: z.ZodType<T> }, file: SourceFile): Defined<T> | undefined {
    const { field, title, schema } = to
    if (valueAt(file.value, [field]) === undefined) return undefined
    const spot = new Spot(file, [field])
    const value = parseEntry(schema, spot, { title, problems: this.#problems })
    const first = this.#placeOfOnly.get(field)
    if (first) this.#reportTwice(title, spot.placeOfName, first)
    else this.#placeOfOnly.set(field, spot.placeOfName)
    return first || value === undefined ? undefined : { name: field, value, spot }
  }

  #reportTwice(what: string, place: Place, first: Place): void {
    const where = `${basename(first.file)}:${first.line}`
    this.#problems.error(
      place,
      `${what} is defined twice; the first definition is at ${where}.`,
      HINTS_OF_TWICE[what] ?? 'Rename or remove one.',
    )
  }
}

const HINTS_OF_TWICE: Record<string, string> = { Identity: 'Put both into one.', 'Time zone': 'Remove one.' }

type Section<T> = {
  /** Of the map of entries in the file. */
  path: Path
  title: string
  schema: z.ZodType<T>
  into: Map<string, Defined<T>>
  broken?: Set<string>
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

/** A suggestion for a file that does not exist: one of nearly the same name in that folder. */
export function nearbyFile(path: string): string | undefined {
  try {
    return didYouMean(suggest(basename(path), readdirSync(dirname(path))))
  } catch {
    return `The folder "${dirname(path)}" does not exist either.`
  }
}
