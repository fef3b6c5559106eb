/** The segments of a catalog's files, as a server compares them with its own. */
import { MillraceError } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import type { SegmentDefinition } from '../../model/segment/segment.ts'
import { requireCatalog } from '../../runtime/require-catalog.ts'

export type CatalogBody = { segments: Record<string, Json>; timeZone: string }

/** Rejects with `catalog_invalid`. What the environment lacks does not matter: nothing else of the catalog is used. */
export async function readCatalogInput(path: string): Promise<CatalogBody> {
  const { segments, timeZone } = await requireCatalog(path, { missingEnv: 'warning' })
  return { segments: Object.fromEntries(Object.values(segments).map((one) => [one.id, documentOf(one)])), timeZone }
}

function documentOf({ id, document }: SegmentDefinition): Json {
  if (document) return document
  throw new MillraceError('catalog_invalid', `The segment "${id}" was made without a document.`)
}
