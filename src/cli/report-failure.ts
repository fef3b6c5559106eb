/** The one place where a command's failure becomes text on stderr and an exit code. */
import { MillraceError } from '../base/errors.ts'

/** 1 for what the user or the world can mend, 70 (EX_SOFTWARE) for a defect, whose stack is shown. */
export function reportFailure(error: unknown): number {
  if (error instanceof MillraceError) {
    process.stderr.write(`${error.message}\n${error.hint === undefined ? '' : `  ${error.hint}\n`}`)
    return 1
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  process.stderr.write('This is a defect of Millrace. Nothing that was accepted is lost.\n')
  return 70
}
