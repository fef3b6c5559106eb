/** Materializations of the segment example: added later, pushed to receivers that are slow or fail, and as the example has them. */
import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, expect, test } from 'vitest'
import type { EngineStatus } from '../../src/runtime/status.ts'
import { digestOf, type Profile } from '../segment-oracle.ts'
import { Receiver } from './receiver.ts'
import { Scene } from './scene.ts'
import { cut, EVENTS, eventsOf, EXAMPLE, expectationOf, segmentFiles } from './segment.ts'

const TOGGLES_WEBHOOK = 'toggles-webhook.millrace.yaml'
const PUSH_PROFILES = 'push-profiles.millrace.yaml'
const PUSHED = 'examples/segment/toggles-webhook'

let scene: Scene
const receivers: Receiver[] = []
afterEach(async () => {
  await scene.close()
  for (const receiver of receivers.splice(0)) await receiver.close()
})

async function receive(...answer: Parameters<typeof Receiver.start>): Promise<Receiver> {
  const receiver = await Receiver.start(...answer)
  receivers.push(receiver)
  return receiver
}

/** The example with toggles pushed to `url`. */
const filesPushingTo = (url: string) => segmentFiles({ 'http://127.0.0.1:9000/': url })

function hasReached(status: EngineStatus['materializations'][string] | undefined, head: number): boolean {
  return status?.bindings?.every(({ position }) => position === head) ?? false
}

test('a materialization that is added later is filled from all of history', async () => {
  const receiver = await receive()
  scene = new Scene(filesPushingTo(receiver.url))
  const events = eventsOf(1_500, 11)
  await scene.start()
  for (const batch of cut(events.slice(0, 1_000), 100)) await scene.accept(EVENTS, batch)
  await scene.settled()
  scene.write({
    'more.millrace.yaml': `import: [${TOGGLES_WEBHOOK}]
materializations:
  more/tables:
    endpoint: { sqlite: { path: more.db } }
    bindings:
      - { source: examples/segment/memberships, table: segment_memberships }
      - { source: ${EVENTS}, table: events }
`,
  })
  await scene.restart({ catalog: scene.path('more.millrace.yaml') })
  for (const batch of cut(events.slice(1_000), 100)) await scene.accept(EVENTS, batch)
  await scene.settled()
  const { memberships, toggles } = expectationOf(events)
  expect(digestOf(scene.documents('more.db', 'segment_memberships'))).toBe(memberships)
  expect(digestOf(scene.documents('examples.db', 'segment_memberships'))).toBe(memberships)
  expect(digestOf(scene.documents('more.db', 'events'))).toBe(digestOf(events))
  expect(receiver.documents).toEqual(toggles)
})

function largest({ taken }: Receiver): number {
  return Math.max(...taken.map(({ body }) => body.length))
}

test('a slow receiver gets fewer and larger bodies, with each document once and in order', async () => {
  const [slow, quick] = [await receive(() => ({ delayMs: 300 })), await receive()]
  const files = filesPushingTo(slow.url)
  const quickOne = (files[TOGGLES_WEBHOOK] ?? '').replaceAll(slow.url, quick.url).replace('toggles-webhook:', 'quick:')
  scene = new Scene({ ...files, 'quick.yaml': quickOne, 'both.yaml': `import: [${TOGGLES_WEBHOOK}, quick.yaml]` })
  const events = eventsOf(3_000, 12)
  await scene.start({ catalog: scene.path('both.yaml') })
  for (const batch of cut(events, 60)) {
    await scene.accept(EVENTS, batch)
    await scene.until('pushed', ({ log, materializations }) => hasReached(materializations['examples/segment/quick'], log.head))
  }
  await scene.settled()
  const { toggles } = expectationOf(events)
  expect(slow.documents).toEqual(toggles)
  expect(quick.documents).toEqual(toggles)
  expect([slow.deliveries.length, quick.deliveries.length]).toEqual([slow.taken.length, quick.taken.length])
  expect(slow.taken.length).toBeLessThan(quick.taken.length / 2)
  expect(largest(slow)).toBeGreaterThan(2 * largest(quick))
})

test('a receiver that fails gets the same body under the same key again, and /status says why', async () => {
  let bodies = 0
  const receiver = await receive((_delivery, earlier) => {
    if (earlier === 0) bodies++
    if (bodies === 2 && earlier < 3) return { status: 500 }
    if (bodies === 3 && earlier < 1) return 'hang up'
    return bodies === 4 && earlier < 2 ? { status: 429 } : {}
  })
  scene = new Scene(filesPushingTo(receiver.url))
  const events = eventsOf(2_000, 13)
  await scene.start({ catalog: scene.path(TOGGLES_WEBHOOK) })
  const told = new Set<string>()
  for (const batch of cut(events, 200)) {
    await scene.accept(EVENTS, batch)
    await scene.until('pushed', ({ log, materializations }) => {
      const message = materializations[PUSHED]?.retrying?.message
      if (message !== undefined) told.add(message)
      return hasReached(materializations[PUSHED], log.head)
    })
  }
  expect([...told].join('\n')).toMatch(/^Webhook http:\S+ answered 500: Such is life\. \(binding "toggles", \d+ documents\)\.$/m)
  const { materializations } = await scene.settled()
  expect(materializations[PUSHED]).toMatchObject({ state: 'running', documentCount: expectationOf(events).toggles.length })
  expect(receiver.documents).toEqual(expectationOf(events).toggles)
  const bodyOf = new Map(receiver.deliveries.map(({ key, body }) => [key, body]))
  for (const { key, body } of receiver.deliveries) expect(body).toBe(bodyOf.get(key))
  expect(receiver.deliveries).toHaveLength(receiver.taken.length + 6)
})

test.each([TOGGLES_WEBHOOK, PUSH_PROFILES])('%s and the demo receiver work together as they are', async (catalog) => {
  const demo = spawn(process.execPath, [join(EXAMPLE, 'demo-webhook-api.ts'), '--port', '0', '--delay-ms', '20'], {
    stdio: 'pipe',
  })
  const lines: string[] = []
  const reader = createInterface(demo.stdout).on('line', (line) => lines.push(line))
  while (lines.length === 0) await once(reader, 'line')
  const url = /http:\S+(?=,)/.exec(lines[0] ?? '')?.[0] ?? ''
  scene = new Scene(filesPushingTo(url))
  const events = eventsOf(1_000, 14)
  await scene.start({ catalog: scene.path(catalog) })
  for (const batch of cut(events, 100)) await scene.accept(EVENTS, batch)
  await scene.settled()
  demo.kill()
  await once(reader, 'close')
  const received = lines.filter((line) => line.startsWith('  ')).map((line) => JSON.parse(line) as unknown)
  expect(lines.some((line) => line.includes(' 0 repeats'))).toBe(true)
  const { toggles, profiles } = expectationOf(events)
  if (catalog === TOGGLES_WEBHOOK) expect(received).toEqual(toggles)
  else expect(digestOf(new Map((received as Profile[]).map((profile) => [profile.user, profile])).values())).toBe(profiles)
})
