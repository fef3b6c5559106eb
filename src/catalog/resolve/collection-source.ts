/** Sources of transforms and bindings, and selections of partitions. */
import { suggest } from '../../base/suggest.ts'
import type { Collection, PartitionSelector } from '../../model/catalog.ts'
import type { PartitionsDefinition, CollectionSourceDefinition } from '../catalog-schema.ts'
import type { Spot } from '../files/source-file.ts'
import { didYouMean } from '../problem.ts'
import { findCollection, type Resolution } from './resolution.ts'

/** `spot`: of the source or the selection itself. */
type From = { title: string; spot: Spot }

export function resolveCollectionSource(
  source: CollectionSourceDefinition,
  from: From,
  resolution: Resolution,
): { name: string; collection?: Collection; partitions?: PartitionSelector } {
  const isName = typeof source === 'string'
  const name = isName ? source : source.name
  const collection = findCollection(name, resolution, {
    title: from.title,
    place: (isName ? from.spot : from.spot.at('name')).place,
  })
  const partitions = isName ? undefined : source.partitions
  if (collection === undefined || partitions === undefined) return { name, ...(collection && { collection }) }
  const at = { title: from.title, spot: from.spot.at('partitions'), resolution }
  return { name, collection, partitions: resolvePartitions(partitions, collection, at) }
}

/** The selector; fields that are no partitions of the collection are reported. */
export function resolvePartitions(
  partitions: PartitionsDefinition,
  collection: Collection,
  from: From & { resolution: Resolution },
): PartitionSelector {
  const known = Object.keys(collection.projections).filter((field) => collection.projections[field]?.isPartition)
  for (const side of ['include', 'exclude'] as const) {
    for (const field of Object.keys(partitions[side] ?? {})) {
      if (known.includes(field)) continue
      const fallback = known.length === 0 ? 'It has no partitions.' : `Its partitions: ${known.join(', ')}.`
      const message = `${from.title}: collection "${collection.name}" has no partition "${field}".`
      from.resolution.problems.error(from.spot.at(side, field).placeOfName, message, didYouMean(suggest(field, known), fallback))
    }
  }
  return {
    ...(partitions.include && { include: partitions.include }),
    ...(partitions.exclude && { exclude: partitions.exclude }),
  }
}
