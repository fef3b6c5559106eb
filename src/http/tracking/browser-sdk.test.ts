import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { expect, onTestFinished, test } from 'vitest'
import { openSqliteLog } from '../../log/sqlite/open-sqlite-log.ts'
import { findBundles } from './browser-sdk.ts'
import { call, trackingServerOn, sourceOf, WEB_KEY } from './tracking-door.fixture.ts'

const openTrackingServer = trackingServerOn((clock) => openSqliteLog({ path: ':memory:', clock }))

const SCRIPT = `/analytics.js/v1/${WEB_KEY}/analytics.min.js`
const get = { method: 'GET', key: null }

function bundles(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bundles-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'standalone.js'), 'window.started = [window.analytics._writeKey, window.analytics._cdn]')
  writeFileSync(join(folder, 'part.bundle.0a.js'), 'part')
  writeFileSync(join(folder, 'secret.txt'), 'secret')
  return folder
}

/** What the script finds when a page runs it. */
function run(
  script: string,
  { globalName, analytics }: { globalName?: string; analytics?: object } = {},
): Record<string, unknown> {
  const window: Record<string, unknown> = { ...(analytics && { analytics }) }
  const tag = globalName === undefined ? null : { getAttribute: () => globalName }
  runInNewContext(script, { window, document: { querySelector: () => tag } })
  return window
}

test.each([SCRIPT, SCRIPT.replace('/analytics.min.js', '/platform/analytics.min.js')])(
  '%s knows its key and this host',
  async (path) => {
    const server = await openTrackingServer({ bundles: bundles() })
    const { status, headers, text } = await call(server, path, get)
    expect({ status, type: headers.get('content-type') }).toEqual({ status: 200, type: 'text/javascript; charset=utf-8' })
    expect(run(text)['started']).toEqual([WEB_KEY, server.url])
    expect(run(text, { analytics: { _writeKey: 'own', _cdn: 'https://own' } })['started']).toEqual(['own', 'https://own'])
  },
)

test('the global may have another name', async () => {
  const server = await openTrackingServer({ bundles: bundles() })
  const [prelude = ''] = (await call(server, SCRIPT, get)).text.split('\n')
  expect(run(prelude, { globalName: 'tracker' })['tracker']).toMatchObject({ _writeKey: WEB_KEY, _cdn: server.url })
})

test('parts are served, and nothing else', async () => {
  const server = await openTrackingServer({ bundles: bundles() })
  const part = (name: string) => call(server, `/analytics-next/bundles/${name}`, get)
  expect(await part('part.bundle.0a.js')).toMatchObject({ status: 200, text: 'part' })
  for (const name of ['secret.txt', 'other.js', '..%2Fpart.bundle.0a.js', '.js']) {
    expect(await part(name)).toMatchObject({ status: 404, answer: { code: 'path_unknown' } })
  }
})

test('without the package the answer says what to install', async () => {
  const server = await openTrackingServer()
  const { status, answer } = await call(server, SCRIPT, get)
  expect({ status, code: answer['code'] }).toEqual({ status: 404, code: 'path_unknown' })
  expect(answer['hint']).toContain('npm install @segment/analytics-next')
})

test('only for keys that exist', async () => {
  const server = await openTrackingServer({ bundles: bundles(), sources: [sourceOf('web')] })
  expect((await call(server, SCRIPT.replace(WEB_KEY, 'no-such-key'), get)).status).toBe(401)
})

test('the installed package is found, with its bundles', async () => {
  const server = await openTrackingServer({ bundles: findBundles() })
  const { status, text } = await call(server, SCRIPT, get)
  expect({ status, isWhole: text.length > 50_000 }).toEqual({ status: 200, isWhole: true })
})
