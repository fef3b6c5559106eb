/** Endpoints of materializations: paths made absolute, environment variables filled in. */
import { dirname, resolve } from 'node:path'
import type { EndpointConfig } from '../../model/catalog.ts'
import type { MaterializationDefinition } from '../catalog-schema.ts'
import type { Defined } from '../files/read-definitions.ts'
import type { Path, Spot } from '../files/source-file.ts'
import type { Resolution } from './resolution.ts'

/** Undefined when something about it is wrong (reported). */
export function resolveEndpoint(
  definition: Defined<MaterializationDefinition>,
  resolution: Resolution,
): EndpointConfig | undefined {
  const { sqlite, postgres, webhook } = definition.value.endpoint
  if (sqlite) return { kind: 'sqlite', path: resolve(dirname(definition.spot.file.file), sqlite.path) }
  const title = `Materialization "${definition.name}"`
  const fill = (text: string, ...path: Path) => fillIn(text, { title, spot: definition.spot.at('endpoint', ...path), resolution })
  const isAddress = (url: string, kind: 'postgres' | 'webhook') =>
    requireUrl(url, {
      title: `${title}: the url of its ${kind} endpoint`,
      kind,
      spot: definition.spot.at('endpoint', kind, 'url'),
      resolution,
    })
  if (postgres) {
    const url = fill(postgres.url, 'postgres', 'url')
    return isAddress(url, 'postgres') ? { kind: 'postgres', url, ...(postgres.schema && { schema: postgres.schema }) } : undefined
  }
  if (!webhook) return undefined
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(webhook.headers ?? {})) headers[name] = fill(value, 'webhook', 'headers', name)
  const url = fill(webhook.url, 'webhook', 'url')
  return isAddress(url, 'webhook') ? { kind: 'webhook', url, headers } : undefined
}

/** Replaces each `${NAME}`; a variable that is not set stays as it is and is reported. Values of variables never show in messages. */
export function fillIn(text: string, { title, spot, resolution }: { title: string; spot: Spot; resolution: Resolution }): string {
  return text.replace(/\$\{([^}]*)\}/g, (placeholder, name: string) => {
    const value = resolution.env[name]
    if (value !== undefined) return value
    const report = resolution.missingEnv === 'error' ? 'error' : 'warn'
    const message = `${title}: the environment variable "${name}" is not set.`
    resolution.problems[report](spot.place, message, `Set ${name} before you start Millrace.`)
    return placeholder
  })
}

const PROTOCOLS = { postgres: ['postgres:', 'postgresql:'], webhook: ['http:', 'https:'] } as const

type Address = { /** What should be one. */ title: string; kind: keyof typeof PROTOCOLS; spot: Spot; resolution: Resolution }

/** Reports what is no address of this kind. */
export function requireUrl(url: string, { title, kind, spot, resolution }: Address): boolean {
  const protocols: readonly string[] = PROTOCOLS[kind]
  const isUnfilled = url.includes('${')
  if (isUnfilled || protocols.includes(URL.parse(url)?.protocol ?? '')) return true
  resolution.problems.error(spot.place, `${title} is not one.`, `It starts with ${protocols[0]}//.`)
  return false
}
