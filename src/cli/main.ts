/** The `millrace` command. */
import { millraceCommand } from './millrace-command.ts'
import { reportFailure } from './report-failure.ts'

try {
  await millraceCommand().parseAsync()
} catch (error) {
  process.exitCode = reportFailure(error)
}
