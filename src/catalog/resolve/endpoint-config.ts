/** Endpoints of materializations: paths made absolute, environment variables filled in. */
import { dirname, resolve } from 'node:path'
import type { EndpointConfig } from '../../model/catalog.ts'
import type { MaterializationDefinition } from '../catalog-schema.ts'
import type { Defined } from '../files/read-definitions.ts'
import type { Path } from '../files/source-file.ts'
import type { Resolution } from './resolution.ts'

/** Undefined when something about it is wrong (reported). */
export function resolveEndpoint(
  definition: Defined<MaterializationDefinition>,
  resolution: Resolution,
): EndpointConfig | undefined {
  const { sqlite, postgres, webhook } = definition.value.endpoint
  if (sqlite) return { kind: 'sqlite', path: resolve(dirname(definition.spot.file.file), sqlite.path) }
  const fill = (text: string, ...path: Path) => fillIn(text, { definition, path: ['endpoint', ...path], resolution })
  if (postgres) {
    const url = fill(postgres.url, 'postgres', 'url')
    const isUrl = requireUrl(url, { definition, kind: 'postgres', resolution })
    return isUrl ? { kind: 'postgres', url, ...(postgres.schema && { schema: postgres.schema }) } : undefined
  }
  if (!webhook) return undefined
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(webhook.headers ?? {})) headers[name] = fill(value, 'webhook', 'headers', name)
  const url = fill(webhook.url, 'webhook', 'url')
  return requireUrl(url, { definition, kind: 'webhook', resolution }) ? { kind: 'webhook', url, headers } : undefined
}

/** Replaces each `${NAME}`; a variable that is not set stays as it is and is reported. Values of variables never show in messages. */
function fillIn(text: string, at: { definition: Defined<unknown>; path: Path; resolution: Resolution }): string {
  const { definition, path, resolution } = at
  return text.replace(/\$\{([^}]*)\}/g, (placeholder, name: string) => {
    const value = resolution.env[name]
    if (value !== undefined) return value
    const report = resolution.missingEnv === 'error' ? 'error' : 'warn'
    const message = `Materialization "${definition.name}": the environment variable "${name}" is not set.`
    resolution.problems[report](definition.spot.at(...path).place, message, `Set ${name} before you start Millrace.`)
    return placeholder
  })
}

const PROTOCOLS = { postgres: ['postgres:', 'postgresql:'], webhook: ['http:', 'https:'] } as const

function requireUrl(
  url: string,
  { definition, kind, resolution }: { definition: Defined<unknown>; kind: 'postgres' | 'webhook'; resolution: Resolution },
): boolean {
  const protocols: readonly string[] = PROTOCOLS[kind]
  const isUnfilled = url.includes('${')
  if (isUnfilled || protocols.includes(URL.parse(url)?.protocol ?? '')) return true
  const message = `Materialization "${definition.name}": the url of its ${kind} endpoint is not one.`
  resolution.problems.error(definition.spot.at('endpoint', kind, 'url').place, message, `It starts with ${protocols[0]}//.`)
  return false
}
