/**
 * Writes the reference pages in `docs/reference/` from the code: commands, HTTP endpoints, error codes, process configuration,
 * catalog fields. `node tools/reference.ts` after a change; a test checks that they are current.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import * as z from 'zod'
import { ERROR_CODES } from '../src/base/error-codes.ts'
import { catalogFileSchema } from '../src/catalog/catalog-schema.ts'
import { millraceCommand } from '../src/cli/millrace-command.ts'
import { ENDPOINTS, type Endpoint } from '../src/http/endpoints.ts'
import { engineConfigSchema } from '../src/runtime/config.ts'

const FOLDER = new URL('../docs/reference/', import.meta.url)

export function referencePages(): Record<string, string> {
  return {
    'cli.md': `# Commands\n\n${commandPages(millraceCommand(), 'millrace').join('\n')}`,
    'http.md': `# HTTP\n\nErrors are problem details (\`application/problem+json\`) with a code of the [error catalogue](errors.md).\n\n${Object.values<Endpoint>(ENDPOINTS).map(endpointPage).join('\n')}`,
    'errors.md': `# Error codes\n\n| code | meaning |\n|---|---|\n${Object.entries(ERROR_CODES)
      .map(([code, meaning]) => `| \`${code}\` | ${meaning} |\n`)
      .join('')}`,
    'config.md': `# Process configuration\n\nFlags of \`millrace start\`, and the options of \`startEngine\`.\n\n${fieldTable(engineConfigSchema)}`,
    'catalog.md': `# Catalog files\n\nA catalog is a YAML file (or a TypeScript module with \`defineCatalog\`) and the files that it imports.\n\n${fieldTable(catalogFileSchema)}`,
  }
}

function commandPages(command: Command, path: string): string[] {
  const help = command.createHelp()
  const page = `## \`${path}\`\n\n\`\`\`text\n${help.formatHelp(command, help).trimEnd()}\n\`\`\`\n`
  const children = command.commands.filter((child) => child.name() !== 'help')
  return [page, ...children.flatMap((child) => commandPages(child, `${path} ${child.name()}`))]
}

function endpointPage({ methods, path, summary, notes, request, errors }: Endpoint): string {
  const lines = [`## ${methods.join(', ')} \`${path}\``, '', summary, '']
  if (request) lines.push(...Object.entries(request.headers).map(([name, text]) => `- header \`${name}\`: ${text}`))
  if (request)
    lines.push(
      `- body: ${Object.keys(request.bodies)
        .map((type) => `\`${type}\``)
        .join(', ')}`,
    )
  lines.push(...notes.map((note) => `- ${note}`))
  if (errors.length > 0) lines.push(`- errors: ${errors.map((code) => `\`${code}\``).join(', ')}`)
  return `${lines.join('\n')}\n`
}

type JsonSchemaNode = {
  description?: string
  default?: unknown
  properties?: Record<string, JsonSchemaNode>
  additionalProperties?: JsonSchemaNode | boolean
  items?: JsonSchemaNode
  anyOf?: JsonSchemaNode[]
  oneOf?: JsonSchemaNode[]
  $ref?: string
  $defs?: Record<string, JsonSchemaNode>
}

function fieldTable(schema: z.ZodType): string {
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchemaNode
  return `| field | meaning | default |\n|---|---|---|\n${fieldRows(root, root, '', 0).join('')}`
}

/** Deeper than any catalog field; guards against schemas that refer to themselves. */
const FIELD_DEPTH_MAX = 8

function fieldRows(node: JsonSchemaNode, root: JsonSchemaNode, path: string, depth: number): string[] {
  if (depth > FIELD_DEPTH_MAX) return []
  const target = node.$ref ? (root.$defs?.[node.$ref.replace('#/$defs/', '')] ?? {}) : node
  const rows: string[] = []
  for (const [name, child] of Object.entries(target.properties ?? {})) {
    const childPath = path === '' ? name : `${path}.${name}`
    const fallback =
      child.default === undefined || typeof child.default === 'object' ? '' : `\`${JSON.stringify(child.default)}\``
    rows.push(`| \`${childPath}\` | ${(child.description ?? '').replaceAll('|', '\\|').replaceAll('\n', ' ')} | ${fallback} |\n`)
    rows.push(...fieldRows(child, root, childPath, depth + 1))
  }
  for (const branch of [...(target.anyOf ?? []), ...(target.oneOf ?? [])]) rows.push(...fieldRows(branch, root, path, depth + 1))
  if (target.items) rows.push(...fieldRows(target.items, root, `${path}[]`, depth + 1))
  if (typeof target.additionalProperties === 'object')
    rows.push(...fieldRows(target.additionalProperties, root, `${path}.<name>`, depth + 1))
  return [...new Set(rows)]
}

if (import.meta.main) {
  mkdirSync(FOLDER, { recursive: true })
  for (const [name, text] of Object.entries(referencePages())) writeFileSync(new URL(name, FOLDER), text)
}
