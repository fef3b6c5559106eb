/** A file of the catalog, parsed, that knows where each of its values stands. */
import { isObject } from '../../base/json.ts'
import type { Place } from '../problem.ts'

/** Names and indexes from the root of a file, for example `['collections', 'users', 'key', 0]`. */
export type Path = readonly (string | number)[]

export type SourceFile = {
  /** Absolute path. */
  file: string
  value: unknown
  /** The place of the value at `path`: of its name when it spans lines, else of the value; of the nearest parent when there is none. */
  placeOf: (path: Path) => Place
  /** The place of the name that ends `path`. */
  placeOfName: (path: Path) => Place
}

/** A value in a source file, for messages about it. */
export class Spot {
  readonly file: SourceFile
  readonly path: Path

  constructor(file: SourceFile, path: Path) {
    this.file = file
    this.path = path
  }

  at(...path: Path): Spot {
    return new Spot(this.file, [...this.path, ...path])
  }

  get place(): Place {
    return this.file.placeOf(this.path)
  }

  get placeOfName(): Place {
    return this.file.placeOfName(this.path)
  }
}

export function valueAt(root: unknown, path: Path): unknown {
  let value = root
  for (const step of path) {
    if (Array.isArray(value) && typeof step === 'number') value = value[step]
    else if (isObject(value) && Object.hasOwn(value, step)) value = value[step]
    else return undefined
  }
  return value
}

/** The parts of a JSON pointer as a path into `root`: numbers where the value is a list. */
export function pathOfPointer(root: unknown, parts: readonly string[]): Path {
  const path: (string | number)[] = []
  for (const part of parts) path.push(Array.isArray(valueAt(root, path)) ? Number(part) : part)
  return path
}
