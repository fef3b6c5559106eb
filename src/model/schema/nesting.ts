/** How deep documents may be nested, and the test for it. */

/** Far beyond any sensible document, far below what would exhaust the stack of code that follows a document down. */
export const NESTING_MAX = 500

/** Whether `value` nests arrays and objects more than `levels` deep (a scalar has depth 0). Any depth is safe to ask about. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object' && isDeeperThan(item, levels - 1)) return true
    return false
  }
  for (const name in value) {
    const member = (value as Record<string, unknown>)[name]
    if (typeof member === 'object' && isDeeperThan(member, levels - 1)) return true
  }
  return false
}
