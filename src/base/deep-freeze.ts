/** Freezes a JSON value with all its parts, so that code which is handed it cannot change what others read. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const name in value) deepFreeze(value[name])
  return value
}
