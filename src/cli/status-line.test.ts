import { expect, test } from 'vitest'
import type { EngineStatus } from '../runtime/status.ts'
import { StatusLine, troubleMessages } from './status-line.ts'

const well: EngineStatus = {
  startedAt: '2026-01-01T00:00:00Z',
  log: { head: 9 },
  documents: { accepted: 12_345, applied: 12_340, lagMs: 4 },
  apply: { state: 'running', positions: {}, stopped: [] },
  notifications: {},
  segments: { nextDueAt: null, history: { state: 'idle' } },
  materializations: { 'shop/views': { state: 'running' } },
  lake: { state: 'running' },
  memory: { residentBytes: 1 },
}
const failure = { code: 'x', message: 'It failed.', hint: 'Mend it.' }

function lineOf(status: EngineStatus): string {
  return new StatusLine().text(status, 0)
}

test('an engine that is well shows counts only', () => {
  expect(lineOf(well)).toBe('events in 12,345 · applied 12,340 · lag 4 ms · 0 events/s')
  expect(troubleMessages(well)).toEqual([])
})

test.each<[string, Partial<EngineStatus>, string, string]>([
  ['a stuck thread', { apply: { state: 'stuck', ...failure } }, 'apply stuck', 'apply is stuck: It failed.\n  Mend it.'],
  [
    'a task that retries',
    { materializations: { 'shop/views': { state: 'retrying', ...failure } } },
    'shop/views retrying',
    'shop/views is retrying: It failed.\n  Mend it.',
  ],
  [
    'a task that has stopped',
    { lake: { state: 'stopped', ...failure } },
    'lake stopped',
    'lake has stopped: It failed.\n  Mend it.',
  ],
  [
    'a receiver that refuses',
    { materializations: { 'shop/hook': { state: 'running', retrying: { attempts: 3, message: 'It answered 500.' } } } },
    'shop/hook retrying',
    'shop/hook is retrying: It answered 500.',
  ],
  [
    'a webhook that does not take what it is sent',
    {
      notifications: {
        crm: { state: 'stopped', message: 'It answered 422.', hint: 'Let it go on.' },
      },
    },
    'crm stopped',
    'The webhook "crm" has stopped: It answered 422.\n  Let it go on.',
  ],
  [
    'a webhook that is away',
    {
      notifications: {
        crm: { state: 'retrying', message: 'It is away.' },
      },
    },
    'crm retrying',
    'The webhook "crm" is retrying: It is away.',
  ],
  [
    'a webhook that was told to leave something out',
    { notifications: { crm: { state: 'running', missed: { after: 3, through: 9 } } } },
    'crm behind a gap',
    'The webhook "crm" is behind a gap: It was not told what happened between positions 3 and 9 of the log.\n  The receiver must read anew what it mirrors.',
  ],
  [
    'a segment whose history cannot be looked at',
    { segments: { nextDueAt: null, history: { state: 'retrying', message: 'No space.' } } },
    'segments retrying',
    'History for new segments is retrying: No space.',
  ],
  [
    'a lake that waits',
    { lake: { state: 'running', fragments: 0, documents: 0, positions: {}, waitingFor: 'No space.' } },
    'lake retrying',
    'lake is retrying: No space.',
  ],
  [
    'a derivation that has stopped',
    {
      apply: {
        state: 'running',
        positions: {},
        stopped: [{ derivation: 'a/b', position: 3, message: 'It threw.', hint: undefined }],
      },
    },
    'a/b stopped',
    'The derivation "a/b" has stopped: It threw.',
  ],
])('%s is named in the line and told in full', (_name, part, word, message) => {
  const status = { ...well, ...part }
  expect(lineOf(status)).toBe(`${lineOf(well)} · ${word}`)
  expect(troubleMessages(status)).toEqual([message])
})
