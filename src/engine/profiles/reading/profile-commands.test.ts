import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../../base/clock.ts'
import { encodeBatch } from '../../../model/document-batch.ts'
import type { Command } from '../../../model/profile/command.ts'
import { COMMANDS } from '../../../model/system-collections.ts'
import { SystemSection } from '../../tracking/system-section.ts'
import { type EventSketch, event, openProfiles, PLAIN_CATALOG, type Profiles } from '../profiles.fixture.ts'
import { type CommandPort, ProfileCommands } from './profile-commands.ts'
import { ProfileReader } from './profile-reader.ts'

type Known = { profiles: Profiles; reader: ProfileReader; commands: ProfileCommands; sent: Command[]; clock: FakeClock }

async function known(sketches: EventSketch[], port: Partial<CommandPort> = {}): Promise<Known> {
  const profiles = await openProfiles()
  for (const sketch of sketches) await profiles.send(event(sketch))
  await profiles.settle()
  const reader = new ProfileReader(profiles.store, PLAIN_CATALOG)
  const clock = new FakeClock()
  const sent: Command[] = []
  const append = async (command: Command) => {
    sent.push(command)
    const section = new SystemSection(COMMANDS)
    section.add(command.id, JSON.stringify(command))
    return (await profiles.log.append({ payload: encodeBatch([section]) })).position
  }
  const commands = new ProfileCommands(reader, {
    append,
    applied: () => profiles.settle(),
    newId: () => 'c'.repeat(24),
    clock,
    ...port,
  })
  return { profiles, reader, commands, sent, clock }
}

const TWO: EventSketch[] = [
  { id: 'm1', at: 0, type: 'identify', anonymousId: 'phone', traits: { plan: 'trial', city: 'Oslo', same: 1, older: 'phone' } },
  { id: 'm2', at: 1, type: 'identify', userId: '42', traits: { plan: 'paid', name: 'Ada', same: 1 } },
  { id: 'm3', at: 2, type: 'identify', anonymousId: 'phone', traits: { plan: 'enterprise' } },
]

function valuesOf(traits: Record<string, { value: unknown }>): [string, unknown][] {
  return Object.entries(traits).map(([name, { value }]) => [name, value])
}

describe('a merge by hand', () => {
  test('is previewed: who lives on, and which value of which trait counts', async () => {
    const { commands, reader, sent } = await known(TWO)
    const [ada, phone] = [await reader.read('user', '42'), await reader.read('user', 'phone')]
    const { preview, ...rest } = await commands.merge('user', ['phone', 'external_id:42'], true)
    expect(rest).toEqual({ isDryRun: true, isApplied: false, position: null, profile: null })
    expect(preview).toMatchObject({ survivor: ada.id, loser: phone.id, reason: 'external_id', conflicts: ['plan'] })
    expect(preview.identifiers.map(({ value }) => value)).toEqual(['42', 'phone'])
    expect(preview.traits).toMatchObject({
      city: { value: 'Oslo', loser: 'Oslo', isConflict: false, event: 'm1' },
      name: { value: 'Ada', survivor: 'Ada', isConflict: false, event: 'm2' },
      plan: { value: 'enterprise', survivor: 'paid', loser: 'enterprise', isConflict: true, event: 'm3' },
      same: { value: 1, survivor: 1, loser: 1, isConflict: false },
    })
    expect(preview.traits['name']).not.toHaveProperty('loser')
    expect(sent).toEqual([])
    expect((await reader.read('user', 'phone')).id).toBe(phone.id)
  })

  test('comes to what the preview said', async () => {
    const { commands, reader, sent } = await known(TWO)
    const { preview } = await commands.merge('user', ['42', 'phone'], true)
    const done = await commands.merge('user', ['42', 'phone'], false)
    expect(done).toMatchObject({ isDryRun: false, isApplied: true, position: 4, preview })
    expect(sent).toEqual([
      {
        id: 'c'.repeat(24),
        at: '2026-01-01T00:00:00.000Z',
        kind: 'merge',
        entityKind: 'user',
        survivor: preview.survivor,
        loser: preview.loser,
      },
    ])
    const merged = await reader.read('user', 'phone')
    expect(done.profile).toEqual(merged)
    expect(merged.id).toBe(preview.survivor)
    expect(merged.identifiers).toEqual(preview.identifiers)
    expect(valuesOf(merged.traits)).toEqual(valuesOf(preview.traits))
    expect(merged.merges).toMatchObject([{ evidence: null, cause: { source: 'millrace', event: 'c'.repeat(24) } }])
  })

  test('of two with an external id is refused, and nothing is written', async () => {
    const { commands, sent } = await known([...TWO, { type: 'identify', userId: '43' }])
    for (const isDryRun of [true, false]) {
      await expect(commands.merge('user', ['42', '43'], isDryRun)).rejects.toMatchObject({
        code: 'merge_refused',
        message: expect.stringMatching(/^The users \w+ and \w+ both have an external id: "42" and "43"\.$/) as string,
      })
    }
    expect(sent).toEqual([])
  })

  test('of one with itself, or with nobody, is refused', async () => {
    const { commands } = await known(TWO)
    await expect(commands.merge('user', ['42', 'id:42'], false)).rejects.toMatchObject({ code: 'entity_unknown' })
    await expect(commands.merge('user', ['42', 'external_id:42'], false)).rejects.toMatchObject({ code: 'merge_refused' })
  })

  test('that is not applied within ten seconds is answered as such', async () => {
    const { commands, clock, sent } = await known(TWO, { applied: () => new Promise(() => {}) })
    const answer = commands.merge('user', ['42', 'phone'], false)
    while (clock.sleeping === 0) await setImmediate()
    clock.advance(10_000)
    expect(await answer).toMatchObject({ isDryRun: false, isApplied: false, position: 4, profile: null })
    expect(sent).toHaveLength(1)
  })
})

describe('a split by hand', () => {
  test('undoes a merge: both are what they were, and it was previewed so', async () => {
    const { commands, reader } = await known(TWO)
    const [ada, phone] = [await reader.read('user', '42'), await reader.read('user', 'phone')]
    await commands.merge('user', ['42', 'phone'], false)
    const { preview } = await commands.split('user', { part: 'anonymous_id:phone', isDryRun: true })
    expect((await reader.read('user', 'phone')).id).toBe(ada.id)
    const done = await commands.split('user', { part: phone.id, isDryRun: false })
    expect(done).toMatchObject({ isApplied: true, preview })
    const after = [await reader.read('user', '42'), await reader.read('user', 'phone')]
    expect(done.profiles).toEqual(after)
    expect(after).toEqual([
      { ...ada, apart: [phone.id] },
      { ...phone, apart: [ada.id] },
    ])
    const { account: _ada, ...rest } = after[0] ?? {}
    const { account: _phone, ...detached } = after[1] ?? {}
    expect(preview).toEqual({ rest, detached })
  })

  test('is refused where nothing was merged, and for the one that the others were merged into', async () => {
    const { commands, reader } = await known(TWO)
    await expect(commands.split('user', { part: 'phone', isDryRun: true })).rejects.toMatchObject({
      code: 'split_refused',
      message: expect.stringContaining('has never been merged') as string,
    })
    const phone = await reader.read('user', 'phone')
    await commands.merge('user', ['42', 'phone'], false)
    await expect(commands.split('user', { part: '42', isDryRun: false })).rejects.toMatchObject({
      code: 'split_refused',
      hint: `These can: ${phone.id}.`,
    })
  })
})
