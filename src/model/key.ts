/** Keys of documents: the values at a collection's key locations, packed to one string for maps and stores. */
import { compilePointer, type JsonPointer } from '../base/json-pointer.ts'
import { MillraceError } from '../base/errors.ts'

export type KeyPart = boolean | number | string

/** The JSON text of the list of key parts, for example `[32,"trains","bob"]`; equal keys pack equally. */
export type PackedKey = string

export type KeyReader = {
  /** The parts of the document's key; throws `key_invalid` where a part is missing, null or no scalar. */
  read: (document: unknown) => KeyPart[]
  /** The same, packed. */
  pack: (document: unknown) => PackedKey
}

export function compileKey(key: readonly JsonPointer[]): KeyReader {
  const readers = key.map((pointer) => ({ pointer, read: compilePointer(pointer) }))
  const read = (document: unknown) =>
    readers.map(({ pointer, read }) => {
      const part = read(document)
      if (typeof part === 'string' || typeof part === 'boolean' || Number.isSafeInteger(part)) return part as KeyPart
      throw invalidKeyPart(pointer, part)
    })
  return { read, pack: (document) => JSON.stringify(read(document)) }
}

export function unpackKey(packed: PackedKey): KeyPart[] {
  return JSON.parse(packed) as KeyPart[]
}

/** Part by part; booleans before numbers before strings; strings by UTF-16 code unit. */
export function compareKeys(a: readonly KeyPart[], b: readonly KeyPart[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareParts(a[i] as KeyPart, b[i] as KeyPart)
    if (order !== 0) return order
  }
  return a.length - b.length
}

const TYPE_ORDER = { boolean: 0, number: 1, string: 2 } as const

function compareParts(a: KeyPart, b: KeyPart): number {
  if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0
  return TYPE_ORDER[typeof a as keyof typeof TYPE_ORDER] - TYPE_ORDER[typeof b as keyof typeof TYPE_ORDER]
}

function invalidKeyPart(pointer: JsonPointer, part: unknown): MillraceError {
  const found = part === undefined ? 'is missing' : `is ${JSON.stringify(part)}`
  return new MillraceError('key_invalid', `The key at ${pointer} ${found}.`, {
    hint: 'Each part of a key must be a boolean, an integer up to 2^53, or a string.',
  })
}
