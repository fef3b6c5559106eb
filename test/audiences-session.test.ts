/** The session of the audiences example, run as a reader would; and its webhook, with the comments taken away. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { loadCatalog } from '../src/catalog/load-catalog.ts'
import { ConsoleSession, consoleSteps, outputPattern, ROOT } from './console-session.ts'

const EXAMPLE = join(ROOT, 'examples/audiences')
/** What a reader copies from one output into a later command. */
const KEY = /^(mr_track_\S+)$/m
/** Commands that write; the others may be asked again until what was sent has arrived. */
const WRITING = /^sed | (?:init|create|events|apply|add) /

const session = new ConsoleSession('audiences', { isOnFreePort: true })

afterAll(() => session.close())

test('every command of the session prints what the README says', { timeout: 120_000 }, async () => {
  const steps = consoleSteps(join(EXAMPLE, 'README.md'))
  expect(steps.length).toBeGreaterThan(12)
  for (const { command, output } of steps) {
    const expected = outputPattern(output)
    const actual = command.startsWith('npx millrace start')
      ? await session.start(command)
      : await (WRITING.test(command) ? session.run(command) : session.runUntil(command, expected))
    expect(actual, command).toMatch(expected)
    const [, key] = KEY.exec(actual) ?? []
    if (key !== undefined) session.values.set('key', key)
  }
})

test('what else the README sends its readers to look at is so', async () => {
  expect(await session.run('npx millrace segment explain active mary')).toMatch(
    / is not in "Active buyers"\.[^]* since 2024-04-08 /,
  )
  expect(await session.run('npx millrace segment explain keen-accounts c-engines')).toMatch(/ is in "Keen accounts" since /)
})

test('the webhook that waits in comments is a webhook', async () => {
  const folder = join(session.folder, 'with-webhook')
  cpSync(EXAMPLE, folder, { recursive: true })
  const path = join(folder, 'millrace.yaml')
  const text = readFileSync(path, 'utf8')
  const at = text.indexOf('# notifications:')
  expect(at).toBeGreaterThan(0)
  writeFileSync(path, text.slice(0, at) + text.slice(at).replaceAll(/^# /gm, ''))
  const { catalog, problems } = await loadCatalog(folder, { env: { CRM_WEBHOOK_SECRET: 'whsec_c2VjcmV0' } })
  expect(problems).toEqual([])
  expect(catalog?.notifications).toMatchObject({ crm: { segments: ['call-today', 'best-customers'] } })
})
