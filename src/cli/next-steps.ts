/** What a newcomer can paste into another terminal, made from the catalog at hand. */
import { relative } from 'node:path'
import type { Binding, Materialization } from '../model/catalog.ts'
import type { Engine } from '../runtime/engine.ts'
import type { EngineOptions } from '../runtime/config.ts'

export function nextSteps(engine: Engine, { catalog, data = 'millrace-data' }: EngineOptions): string[] {
  const { collections, materializations, segments, sources } = engine.catalog
  const captured = Object.values(collections).find(({ derivation }) => derivation === undefined)
  return [
    ...Object.values(materializations).flatMap(tableQueries),
    ...Object.keys(sources)
      .slice(0, 1)
      .map((source) => `npx millrace source key create ${source} --catalog ${catalog} --data ${data}`),
    ...(Object.keys(segments).length > 0 ? [`npx millrace segment list --url ${engine.url}`] : []),
    `npx millrace status --url ${engine.url}`,
    `npx millrace lake list --data ${data}`,
    ...(captured?.name === 'examples/segment/events'
      ? [`npx millrace generate segment-events --count 100000 | npx millrace ingest ${captured.name} --url ${engine.url}`]
      : captured
        ? [`npx millrace ingest ${captured.name} documents.ndjson --url ${engine.url}`]
        : []),
  ]
}

function tableQueries({ endpoint, bindings }: Materialization): string[] {
  if (endpoint.kind !== 'sqlite') return []
  const path = relative(process.cwd(), endpoint.path)
  return bindings.map(({ table }: Binding) => `npx millrace query ${path} 'select * from "${table}" limit 5'`)
}
