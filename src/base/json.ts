/** Any value that JSON can write. */
export type Json = null | boolean | number | string | Json[] | JsonObject
export type JsonObject = { [name: string]: Json }

export type JsonType = 'null' | 'boolean' | 'integer' | 'number' | 'string' | 'object' | 'array'

/** True for a JSON object: neither null nor an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
