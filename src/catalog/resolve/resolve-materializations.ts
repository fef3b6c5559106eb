/** Materializations: endpoints, bindings, selected fields, tables that two bindings would share. */
import { basename } from 'node:path'
import type { Binding, Collection, EndpointConfig, FieldSelector, Materialization } from '../../model/catalog.ts'
import { selectFields } from '../../model/fields/select-fields.ts'
import type { BindingDefinition } from '../catalog-schema.ts'
import type { Spot } from '../files/source-file.ts'
import type { Place } from '../problem.ts'
import { resolveEndpoint } from './endpoint-config.ts'
import type { Resolution } from './resolution.ts'
import { resolveCollectionSource } from './collection-source.ts'

export function resolveMaterializations(resolution: Resolution): Record<string, Materialization> {
  const materializations: Record<string, Materialization> = {}
  const tables = new Map<string, Place>()
  for (const definition of resolution.definitions.materializations.values()) {
    const { name, value, spot } = definition
    const endpoint = resolveEndpoint(definition, resolution)
    const bindings = value.bindings.map((binding, i) => {
      const resolved = resolveBinding(binding, { name, spot: spot.at('bindings', i), endpoint, resolution })
      if (endpoint) reportSharedTable(resolved.table, { endpoint, tables, place: spot.at('bindings', i).place, name, resolution })
      return resolved
    })
    if (endpoint) materializations[name] = { name, endpoint, bindings }
  }
  return materializations
}

type At = { name: string; spot: Spot; endpoint: EndpointConfig | undefined; resolution: Resolution }

function resolveBinding(definition: BindingDefinition, at: At): Binding {
  const { spot, endpoint, resolution } = at
  const title = `Materialization "${at.name}"`
  const source = resolveCollectionSource(definition.source, { title, spot: spot.at('source') }, resolution)
  const named = definition.table ?? definition.resource?.table
  if (named === undefined && endpoint && endpoint.kind !== 'webhook')
    resolution.problems.error(spot.place, `${title}: the binding of "${source.name}" has no table.`, 'Add `table: …`.')
  const binding: Binding = { source: source.name, table: named ?? source.name, fields: fieldSelector(definition.fields) }
  if (source.partitions) binding.partitions = source.partitions
  if (source.collection && endpoint) reportFields(binding, source.collection, { ...at, endpoint })
  return binding
}

function fieldSelector(fields: BindingDefinition['fields']): FieldSelector {
  const include = fields?.include ?? []
  return {
    recommended: fields?.recommended ?? true,
    include: Array.isArray(include) ? include : Object.keys(include),
    exclude: fields?.exclude ?? [],
  }
}

function reportFields(binding: Binding, collection: Collection, at: At & { endpoint: EndpointConfig }): void {
  const { problems } = selectFields(collection, at.resolution.schemas, binding.fields, at.endpoint.kind)
  for (const problem of problems)
    at.resolution.problems.error(at.spot.at('fields').place, `Materialization "${at.name}", table "${binding.table}": ${problem}`)
}

type SharedAt = { endpoint: EndpointConfig; tables: Map<string, Place>; place: Place; name: string; resolution: Resolution }

/** Also across materializations: both would write the rows of the other. Databases may fold case, so tables that differ in nothing else count as one. */
function reportSharedTable(table: string, { endpoint, tables, place, name, resolution }: SharedAt): void {
  if (endpoint.kind === 'webhook') return
  const database = endpoint.kind === 'sqlite' ? endpoint.path : `${endpoint.url} ${endpoint.schema ?? 'public'}`
  const identity = `${database}\0${table.toLowerCase()}`
  const first = tables.get(identity)
  if (first === undefined) tables.set(identity, place)
  else {
    const where = `${basename(first.file)}:${first.line}`
    const message = `Materialization "${name}": the table "${table}" is written by another binding already, at ${where}.`
    resolution.problems.error(place, message, 'Give each binding a table of its own.')
  }
}
