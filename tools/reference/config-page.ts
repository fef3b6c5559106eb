import * as z from 'zod'
import { startCommand } from '../../src/cli/start.ts'
import { engineConfigSchema } from '../../src/runtime/config.ts'
import { fieldTable, type SchemaNode } from './field-table.ts'

export function configPage(): string {
  const root = z.toJSONSchema(engineConfigSchema, { io: 'input', unrepresentable: 'any' }) as SchemaNode
  const flags = startCommand().options.map(({ flags }) => `\`${flags}\``)
  return `# Process configuration

What an engine is told when it starts: how it listens and where it keeps what it knows. What it does stands in the
[catalog](catalog.md). From the command line these are flags of [\`millrace start\`](cli.md#millrace-start): ${flags.join(', ')}.

${fieldTable(root)}

The data directory belongs to one engine at a time. It holds the log, the store (unless that is in PostgreSQL) and the lake; copy it, or
delete it, while no engine runs. Variables of the environment are read only where a catalog says \`\${NAME}\`.
`
}
