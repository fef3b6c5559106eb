import { Command } from 'commander'

export type TestOptions = { only?: string; exact?: true; json?: true }

/** `millrace test`: runs the tests that stand in a catalog. */
export function testCommand(): Command {
  return new Command('test')
    .description('Runs the tests of a catalog, each on an empty engine of its own')
    .argument('[path]', 'catalog file, or the directory of a millrace.yaml', '.')
    .option('--only <text>', 'only tests whose name contains this text, ignoring case; * stands for any text')
    .option('--exact', 'in every verify, surplus properties and items count as failures')
    .option('--json', 'print the results as JSON')
    .action(async (path: string, options: TestOptions) => {
      const { runTests } = await import('./run-tests.ts')
      if (!(await runTests(path, options))) process.exitCode = 1
    })
}
