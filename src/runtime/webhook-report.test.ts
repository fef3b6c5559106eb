import { expect, test } from 'vitest'
import type { WebhookStatus } from '../engine/notifications/webhook-delivery.ts'
import { AppendTimes } from './append-times.ts'
import { reportWebhook, type WebhookFacts } from './webhook-report.ts'

const NOW = Date.UTC(2026, 2, 1, 8)
const running: WebhookStatus = { state: 'running', position: 7, lag: 0, notifications: 3 }
const lastError = { at: '2026-03-01T07:59:00.000Z', message: 'It answered 500.', attempts: 4 }

function report(facts: Partial<WebhookFacts>) {
  const thread = { state: { state: 'running' }, since: NOW - 90_000 } as const
  return reportWebhook({ thread, status: running, applied: 7, behindSince: undefined, now: NOW, ...facts })
}

test('a webhook that runs says how far it is', () => {
  expect(report({})).toEqual({ state: 'running', position: 7, lag: 0, lagMs: 0, notifications: 3 })
})

test('a webhook whose receiver is away says why and since when, and how far behind it is by what is applied now', () => {
  const status = { ...running, state: 'retrying', lag: 1, lastError } as const
  expect(report({ status, applied: 12, behindSince: NOW - 60_000 })).toEqual({
    state: 'retrying',
    message: 'It answered 500.',
    position: 7,
    lag: 5,
    lagMs: 60_000,
    notifications: 3,
    lastError,
  })
})

test('a webhook that has stopped says what it needs', () => {
  const stopped = { code: 'webhook_refused', hint: 'Let it go on.' } as const
  const status = { ...running, state: 'stopped', lastError, stopped, missed: { after: 1, through: 4 } } as const
  expect(report({ status })).toMatchObject({
    state: 'stopped',
    code: 'webhook_refused',
    message: 'It answered 500.',
    hint: 'Let it go on.',
    missed: { after: 1, through: 4 },
  })
})

test.each(['stuck', 'retrying', 'stopped'] as const)(
  'a webhook whose thread is %s does not run, whatever it said last, and falls behind',
  (state) => {
    const thread = {
      state: { state, code: 'thread_x', message: 'It does not react.', hint: 'Look for a disk.' },
      since: NOW - 90_000,
    }
    expect(report({ thread, applied: 9, behindSince: NOW - 80_000 })).toEqual({
      state,
      code: 'thread_x',
      message: 'It does not react.',
      hint: 'Look for a disk.',
      lastError: { at: '2026-03-01T07:58:30.000Z', message: 'It does not react.', attempts: 0 },
      position: 7,
      lag: 2,
      lagMs: 80_000,
      notifications: 3,
    })
  },
)

test('a webhook that has said nothing yet is as its thread is', () => {
  expect(report({ status: undefined })).toEqual({ state: 'running' })
})

test('since when somebody is behind is looked up once, and forgotten with the position', async () => {
  const reads: number[] = []
  const times = new AppendTimes({
    read: (after) => {
      reads.push(after)
      return Promise.resolve(after < 9 ? [{ position: after + 1, appendedAt: NOW + after, payload: new Uint8Array() }] : [])
    },
  })
  await times.look([3, 9])
  await times.look([3, 5])
  expect(reads).toEqual([3, 9, 5])
  expect([times.behind(3), times.behind(5), times.behind(9)]).toEqual([NOW + 3, NOW + 5, undefined])
  await times.look([])
  expect(times.behind(3)).toBeUndefined()
})
