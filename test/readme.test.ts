/** The session of the README, run as a reader would: every `$` line is executed in order, and what it prints is compared. */
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ConsoleSession, consoleSteps, outputPattern, ROOT } from './console-session.ts'

const session = new ConsoleSession('readme')

afterAll(() => session.close())

test('every command of the session prints what the README says', { timeout: 120_000 }, async () => {
  const steps = consoleSteps(join(ROOT, 'README.md'))
  expect(steps.length).toBeGreaterThan(7)
  for (const { command, output } of steps) {
    const expected = outputPattern(output)
    if (command.includes(' start ')) expect(await session.start(command), command).toMatch(expected)
    else if (/query|verify|entity|quarantine|segment (?:explain|list)|notifications/.test(command))
      expect(await session.runUntil(command, expected), command).toMatch(expected)
    else expect(await session.run(command), command).toMatch(expected)
  }
})
