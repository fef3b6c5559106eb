/** Derivations must not feed themselves: a cycle would never come to rest. */
import type { Resolution } from './resolution.ts'

/** Reports each cycle once, named from its first collection in the catalog. */
export function reportCycles({ definitions, problems }: Resolution): void {
  const visited = new Set<string>()
  const walk = (name: string, trail: readonly string[]): void => {
    const start = trail.indexOf(name)
    if (start >= 0) {
      const cycle = [...trail.slice(start), name].map((part) => `"${part}"`).join(' → ')
      const place = definitions.collections.get(name)?.spot.at('derivation').place
      const message = `Derivation "${name}": it is derived from itself: ${cycle} (each is derived from the next).`
      if (place) problems.error(place, message, 'Derive one of them from a captured collection instead.')
      return
    }
    if (visited.has(name)) return
    visited.add(name)
    for (const source of sourcesOf(name, definitions)) walk(source, [...trail, name])
  }
  for (const name of definitions.collections.keys()) walk(name, [])
}

function sourcesOf(name: string, definitions: Resolution['definitions']): Set<string> {
  const transforms = definitions.collections.get(name)?.value.derivation?.transform ?? {}
  return new Set(Object.values(transforms).map(({ source }) => (typeof source === 'string' ? source : source.name)))
}
