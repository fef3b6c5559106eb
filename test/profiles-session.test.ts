/** The session of the profiles example, run as a reader would; what its README claims, asked of the running server; a replay. */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { ProfileReport } from '../src/engine/profiles/reading/profile-report.ts'
import type { EventReport } from '../src/model/event/timeline-event.ts'
import { ConsoleSession, consoleSteps, outputPattern, ROOT } from './console-session.ts'
import { filedEvents, removeAllButLog, storedDocuments } from './stored-state.ts'

const START = 'npx millrace start examples/profiles'
/** What a reader copies from one output into a later command. */
const COPIED: Record<string, RegExp> = { key: /^(mr_track_\S+)$/m, id: /^([0-9a-f]{24}) .* event_name_missing /m }
/** Commands that write; the others may be asked again until what was sent has arrived. */
const WRITING = / (?:create|events|replay) /

const session = new ConsoleSession('profiles', { isOnFreePort: true })
const data = join(session.folder, 'millrace-data')
cpSync(join(ROOT, 'examples/profiles'), join(session.folder, 'examples/profiles'), { recursive: true })

afterAll(() => session.close())

const show = (ref: string) => session.json<ProfileReport>(`npx millrace entity show ${ref}`)
const timelineOf = (ref: string) => session.json<EventReport[]>(`npx millrace entity timeline ${ref} --limit 500`)

async function look(ref: string): Promise<{ profile: ProfileReport; timeline: EventReport[] }> {
  const [profile, timeline] = await Promise.all([show(ref), timelineOf(ref)])
  return { profile, timeline }
}

const valuesOf = ({ traits }: ProfileReport) =>
  Object.fromEntries(Object.entries(traits).map(([name, { value }]) => [name, value]))
const identifiersOf = ({ identifiers }: ProfileReport, kind: string) =>
  identifiers.filter((identifier) => identifier.kind === kind).map(({ value }) => value)
const named = (timeline: EventReport[], name: string) => timeline.filter(({ event }) => event === name)

test('every command of the session prints what the README says', { timeout: 120_000 }, async () => {
  const steps = consoleSteps(join(ROOT, 'examples/profiles/README.md'))
  expect(steps.length).toBeGreaterThan(8)
  for (const { command, output } of steps) {
    const expected = outputPattern(output)
    const actual = command.startsWith('npx millrace start')
      ? await session.start(command)
      : await (WRITING.test(command) ? session.run(command) : session.runUntil(command, expected))
    expect(actual, command).toMatch(expected)
    for (const [name, pattern] of Object.entries(COPIED)) {
      const [, value] = pattern.exec(actual) ?? []
      if (value !== undefined) session.values.set(name, value)
    }
  }
})

describe('what the README claims of', () => {
  test('Ada', async () => {
    const { profile, timeline } = await look('user u-1001')
    expect(valuesOf(profile)).toEqual({
      email: 'ada@engines.example',
      name: 'Ada Lovelace',
      plan: 'team',
      first_touch: 'newsletter',
      orders: 2,
      spent: 50,
      last_page: '/business',
      birth_year: 1815,
      newsletter: false,
    })
    expect(profile.parts).toHaveLength(2)
    expect(identifiersOf(profile, 'anonymous_id')).toHaveLength(3)
    expect(named(timeline, 'User merged')).toHaveLength(1)
    expect(named(timeline, 'Order Completed').map(({ properties }) => properties['order_id'])).toEqual(['o-503', 'o-501'])
  })

  test('Charles', async () => {
    const { profile, timeline } = await look('user u-1002')
    expect(valuesOf(profile)).toEqual({
      email: 'charles@engines.example',
      name: 'Charles Babbage',
      plan: 'team',
      title: 'Professor',
    })
    const [refusing] = timeline.filter(({ refused }) => refused !== undefined)
    expect(refusing?.refused?.map(({ trait }) => trait)).toEqual(['card_number', 'birth_year'])
    expect(named(timeline, 'Product Added').map(({ properties }) => properties['product_id'])).toEqual(['coffee-9'])
    expect(profile.account).toMatchObject({ by: 'domain', domain: 'engines.example', externalId: 'c-77' })
  })

  test('Grace', async () => {
    const { profile, timeline } = await look('user u-1003')
    expect(Object.keys(profile.traits)).not.toContain('coupon')
    expect(named(timeline, 'Products Searched')).toHaveLength(1)
    expect(named(timeline, 'Call Answered')).toHaveLength(2)
    expect((await show('user phone:+442079460101')).id).toBe(profile.id)
    expect(profile.account).toBeNull()
  })

  test('A. King', async () => {
    const { profile, timeline } = await look('user u-1004')
    expect(identifiersOf(profile, 'email')).toEqual([])
    expect(timeline.flatMap(({ notes = [] }) => notes)).toMatchObject([{ kind: 'email', code: 'identifier_kept' }])
    expect(identifiersOf(await show('user ada@engines.example'), 'external_id')).toEqual(['u-1001'])
  })

  test('the account', async () => {
    const { profile, timeline } = await look('account engines.example')
    expect(identifiersOf(profile, 'external_id')).toEqual(['c-77'])
    expect(valuesOf(profile)).toMatchObject({ name: 'Analytical Engines', plan: 'business', seats: 10 })
    expect(named(timeline, 'Invoice Paid')).toHaveLength(1)
    expect(named(await timelineOf('user u-1001'), 'Invoice Paid')).toEqual([])
  })

  test('the test robot, who is nobody', async () => {
    expect(await session.run('npx millrace entity show user qa-robot-3')).toMatch(/^There is no user "qa-robot-3"\.\n/)
  })

  test('traits', async () => {
    type Trait = { name: string; type: string | null; refused: number; hidden: number }
    const { user } = await session.json<{ user: Trait[] }>('npx millrace schema traits')
    const ofUser = (name: string) => user.find((trait) => trait.name === name)
    expect(ofUser('birth_year')).toMatchObject({ type: 'number', refused: 1 })
    expect(ofUser('card_number')).toMatchObject({ refused: 1 })
    expect(ofUser('fraud_score')).toMatchObject({ hidden: 1 })
    expect(ofUser('fullName')).toBeUndefined()
  })
})

test('a filter that can match nothing is refused, or says that it matched nothing', async () => {
  const mistyped = await session.run('npx millrace entity timeline user u-1001 --type trak')
  expect(mistyped).toMatch(/'trak' is invalid\. Allowed choices are identify, track, /)
  const filtered = await session.run('npx millrace quarantine list --source backend')
  expect(filtered).toBe('Nothing of that kind is set aside.')
})

test(
  'a replay of the log gives the same profiles, schema, counts and timelines, byte by byte',
  { timeout: 120_000 },
  async () => {
    const refs = ['user u-1001', 'user u-1002', 'user u-1003', 'user u-1004', 'account c-77']
    const timelines = () => Promise.all(refs.map((ref) => timelineOf(ref)))
    const before = await timelines()
    expect(await session.stop()).toBe(0)
    const documents = storedDocuments(data)
    const filed = await filedEvents(data)
    // Robots are nobody, and yet nothing is lost.
    expect(filed.filter((line) => /"name":"Page Checked"/.test(line) && !line.startsWith('{"user"'))).toHaveLength(1)
    expect(new Set(documents.map(({ space }) => space))).toContain('entity/user')

    removeAllButLog(data)
    await session.start(START)
    await session.runUntil('npx millrace status', /40 applied, 1 repeated, 1 set aside/)
    expect(await timelines()).toEqual(before)
    expect(await session.stop()).toBe(0)
    expect(storedDocuments(data)).toEqual(documents)
    expect(await filedEvents(data)).toEqual(filed)
  },
)
