import { expect, test } from 'vitest'
import { FakeClock } from '../base/clock.ts'
import { MillraceError } from '../base/errors.ts'
import { supervise } from './supervise.ts'

/** Runs a task whose runs end as listed; `undefined` ends well. Time passes as soon as anybody sleeps. */
async function statesOf(outcomes: (Error | undefined)[]): Promise<string[]> {
  const clock = new FakeClock(0)
  const states: string[] = []
  const sleeping = {
    now: () => clock.now(),
    sleep: (ms: number) => {
      states.push(`pause ${ms}`)
      clock.advance(ms)
      return Promise.resolve()
    },
  }
  await supervise({
    clock: sleeping,
    signal: new AbortController().signal,
    run: () => {
      const outcome = outcomes.shift()
      return outcome === undefined ? Promise.resolve() : Promise.reject(outcome)
    },
    report: (state) => states.push('message' in state ? `${state.state} ${state.code}` : state.state),
  })
  return states
}

const away = new MillraceError('store_unavailable', 'away', { retryable: true })

test('a passing failure is retried with growing pauses', async () => {
  expect(await statesOf([away, away, undefined])).toEqual([
    'running',
    'retrying store_unavailable',
    'pause 100',
    'running',
    'retrying store_unavailable',
    'pause 250',
    'running',
  ])
})

test('any other failure stops the task and says why', async () => {
  expect(await statesOf([new MillraceError('store_fenced', 'taken over')])).toEqual(['running', 'stopped store_fenced'])
  expect(await statesOf([new TypeError('x is not a function')])).toEqual(['running', 'stopped bug'])
})

test('an abort ends it without another run', async () => {
  const abort = new AbortController()
  const run = () => {
    abort.abort()
    return Promise.reject(away)
  }
  await supervise({ clock: new FakeClock(), signal: abort.signal, run, report: () => {} })
  expect(abort.signal.aborted).toBe(true)
})
