/** JSON Merge Patch (RFC 7386): members of the patch replace those of the target, null removes them, objects are merged. */
import { isObject, type Json, type JsonObject } from '../../base/json.ts'

/** Leaves both as they are. Goes as deep as `patch` does. */
export function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch
  const merged: JsonObject = isObject(target) ? { ...target } : {}
  for (const [name, member] of Object.entries(patch)) {
    // Assigning to it would exchange the prototype, and no event may have a member of this name.
    if (name === '__proto__') continue
    if (member === null) delete merged[name]
    else merged[name] = mergePatch(Object.hasOwn(merged, name) ? (merged[name] as Json) : null, member)
  }
  return merged
}
