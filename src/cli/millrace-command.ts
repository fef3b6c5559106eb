/** The tree of commands. Each loads its parts only when it runs, so that all start fast. */
import { Command } from 'commander'
import { applyCommand } from './apply.ts'
import { checkCommand } from './check.ts'
import { entityCommand } from './entity.ts'
import { generateCommand } from './generate.ts'
import { ingestCommand } from './ingest.ts'
import { initCommand } from './init.ts'
import { lakeCommand } from './lake.ts'
import { notificationsCommand } from './notifications.ts'
import { planCommand } from './plan.ts'
import { quarantineCommand } from './quarantine.ts'
import { queryCommand } from './query.ts'
import { schemaCommand } from './schema.ts'
import { segmentCommand } from './segment.ts'
import { sourceCommand } from './source.ts'
import { startCommand } from './start.ts'
import { statusCommand } from './status.ts'
import { tailCommand } from './tail.ts'
import { testCommand } from './test.ts'
import { version } from '../base/version.ts'

export function millraceCommand(): Command {
  return (
    new Command('millrace')
      .description('Open customer data engine: events and tables in, live customer profiles and segments out.')
      .version(version())
      .showHelpAfterError('(`millrace help <command>` lists the options)')
      // An option belongs to the command behind which it stands: `ingest` has some, and `ingest events` others of the same names.
      .enablePositionalOptions()
      .addCommand(startCommand())
      .addCommand(initCommand())
      .addCommand(checkCommand())
      .addCommand(testCommand())
      .addCommand(ingestCommand())
      .addCommand(generateCommand())
      .addCommand(statusCommand())
      .addCommand(sourceCommand())
      .addCommand(tailCommand())
      .addCommand(entityCommand())
      .addCommand(segmentCommand())
      .addCommand(planCommand())
      .addCommand(applyCommand())
      .addCommand(notificationsCommand())
      .addCommand(quarantineCommand())
      .addCommand(schemaCommand())
      .addCommand(queryCommand())
      .addCommand(lakeCommand())
  )
}
