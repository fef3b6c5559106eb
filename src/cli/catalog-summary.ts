/** What a catalog holds, in a line; kinds that it has none of are left out. */
import type { Catalog } from '../model/catalog.ts'

export type CatalogCounts = Record<
  'source' | 'trait' | 'segment' | 'webhook' | 'collection' | 'derivation' | 'materialization' | 'test',
  number
>

export function countCatalog(catalog: Catalog): CatalogCounts {
  const { sources, traits, segments, notifications, collections, materializations, tests } = catalog
  return {
    source: Object.keys(sources).length,
    trait: Object.keys(traits.user).length + Object.keys(traits.account).length,
    segment: Object.keys(segments).length,
    webhook: Object.keys(notifications).length,
    collection: Object.keys(collections).length,
    derivation: Object.values(collections).filter(({ derivation }) => derivation !== undefined).length,
    materialization: Object.keys(materializations).length,
    test: Object.keys(tests).length,
  }
}

/** For example `1 source, 4 collections, 3 derivations`; `the catalog is empty` when there is nothing. */
export function describeCounts(counts: CatalogCounts): string {
  const parts = Object.entries(counts).flatMap(([noun, count]) => (count === 0 ? [] : [plural(count, noun)]))
  return parts.length === 0 ? 'the catalog is empty' : parts.join(', ')
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
