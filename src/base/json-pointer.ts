/** JSON Pointer (RFC 6901) into documents. */
import type { Json } from './json.ts'

/** For example `/segment/vendor`; the empty string is the whole document. */
export type JsonPointer = string

/** The unescaped parts of a pointer; undefined when `pointer` is not one. */
export function parsePointer(pointer: JsonPointer): string[] | undefined {
  if (pointer === '') return []
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) return undefined
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

export function formatPointer(parts: readonly (string | number)[]): JsonPointer {
  return parts.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

export type PointerReader = (document: unknown) => Json | undefined

/** A reader of one location; it yields undefined where the location does not exist. Own properties only. */
export function compilePointer(pointer: JsonPointer): PointerReader {
  const parts = parsePointer(pointer)
  if (parts === undefined) throw new TypeError(`Not a JSON pointer: "${pointer}"`)
  return (document) => {
    let value = document
    for (const part of parts) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
      value = (value as Record<string, unknown>)[part]
    }
    return value as Json | undefined
  }
}
