/** The reference pages are current, whole, and true: what they show is executed. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import * as z from 'zod'
import { ERROR_CODES } from '../src/base/error-codes.ts'
import { catalogFileSchema } from '../src/catalog/catalog-schema.ts'
import { millraceCommand } from '../src/cli/millrace-command.ts'
import { ALL_ENDPOINTS } from '../src/http/all-endpoints.ts'
import { ENDPOINTS, type Endpoint } from '../src/http/endpoints.ts'
import { type EngineOptions, engineConfigSchema } from '../src/runtime/config.ts'
import { type Engine, startEngine } from '../src/runtime/engine.ts'
import { CATALOG_EXAMPLE } from './reference/catalog-example.ts'
import { CONVERSATION, EXCHANGES } from './reference/http-examples.ts'
import { REFERENCE_FOLDER, referencePages } from './reference.ts'

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'millrace-reference-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const page = (name: string) => readFileSync(new URL(name, REFERENCE_FOLDER), 'utf8')

describe('pages', () => {
  test.each(Object.entries(referencePages()))('%s is what `node tools/reference.ts` writes', (name, text) => {
    expect(page(name)).toBe(text)
  })

  test('every command, argument and option has a row with its meaning', () => {
    const visit = (command: Command): string[] => [
      ...command.options.map(({ flags, description }) => `| \`${flags}\` | ${description}`),
      ...command.registeredArguments.map((argument) => `${argument.name()} ${argument.description}`),
      ...command.commands.flatMap(visit),
    ]
    const text = page('cli.md').replaceAll(/^\| (`[^`]+`) \| [^|]* \|/gm, '| $1 |')
    const rows = visit(millraceCommand()).filter((row) => row.startsWith('|') && !row.includes('--version'))
    expect(rows.length).toBeGreaterThan(20)
    for (const row of rows) expect(text).toContain(row)
  })

  test('every endpoint has a section, and every error that it answers with a row', () => {
    const sections = page('http.md').split(/^## /m)
    for (const { path, methods, errors } of Object.values<Endpoint>(ALL_ENDPOINTS)) {
      const section =
        sections.find((text) => text.startsWith(`\`${methods.join(', ')} ${path}\``)) ??
        sections.find((text) => text.startsWith(`WebSocket \`${path}\``))
      for (const code of errors) expect(section, `${path} ${code}`).toContain(`\`${code}\``)
    }
  })

  test('every error code has a row', () => {
    for (const code of Object.keys(ERROR_CODES)) expect(page('errors.md')).toMatch(new RegExp(`^\\| \`${code}\` .*`, 'm'))
    expect(page('errors.md').match(/^\| `/gm)).toHaveLength(Object.keys(ERROR_CODES).length)
  })

  test.each<[string, z.ZodType]>([
    ['config.md', engineConfigSchema],
    ['catalog.md', catalogFileSchema],
  ])('%s has a row with a meaning for every field', (name, schema) => {
    const names = new Set(propertiesIn(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })))
    expect(names.size).toBeGreaterThan(5)
    for (const field of names) expect(page(name), field).toMatch(new RegExp(`^\\| \`[^\`]*\\b${field}\``, 'm'))
    expect(page(name)).not.toMatch(/\| *\|$/m)
  })
})

/** Names of all fields in a JSON Schema. */
function propertiesIn(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([key, value]) => [
    ...(key === 'properties' ? Object.keys(value as object) : []),
    ...propertiesIn(value),
  ])
}

function isTest(path: string): boolean {
  return /\.(test|contract|fixture)\.ts$/.test(path)
}

describe('error codes', () => {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
  const read = (paths: string[]) => paths.map((path) => readFileSync(join(root, path), 'utf8')).join('\n')
  const code = read(
    sources.filter((path) => !isTest(path) && basename(path) !== 'error-codes.ts').map((path) => join('src', path)),
  )
  const otherTests = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
  const tests = read([
    ...sources.filter(isTest).map((path) => join('src', path)),
    ...otherTests.map((path) => join('test', path)),
  ])

  test.each(Object.keys(ERROR_CODES))('%s is thrown somewhere, and some test names it', (name) => {
    expect(code.includes(`'${name}'`), 'thrown').toBe(true)
    expect(tests.includes(name), 'tested').toBe(true)
  })
})

function millrace(...args: string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin/millrace.mjs'), ...args], {
    cwd: folder,
    encoding: 'utf8',
  })
  return (stdout + stderr).trim()
}

describe('the catalog of catalog.md', () => {
  test('stands there, has no problem, and passes its test', () => {
    const shop = join(folder, 'shop')
    mkdirSync(shop)
    for (const [name, text] of Object.entries(CATALOG_EXAMPLE)) {
      expect(page('catalog.md')).toContain(text)
      writeFileSync(join(shop, name), text)
    }
    expect(millrace('check', 'shop')).toBe(
      'No problems: 2 sources, 3 traits, 1 segment, 2 collections, 1 derivation, 1 materialization, 1 test',
    )
    expect(millrace('test', 'shop')).toContain('Ran 1 test, 1 passed, 0 failed')
  })
})

describe('the exchanges of http.md', () => {
  let engine: Engine

  beforeAll(async () => {
    cpSync(join(root, 'examples/segment'), join(folder, 'segment'), { recursive: true, filter: (path) => !/\.db/.test(path) })
    const options = { catalog: join(folder, 'segment'), data: join(folder, 'data'), port: 0 } satisfies EngineOptions
    engine = await startEngine(options)
  })
  afterAll(() => engine.stop())

  test('go as they are written', async () => {
    for (const { method, path, headers, body, status, answer } of Object.values(EXCHANGES).flat()) {
      const response = await fetch(new URL(path, engine.url), {
        method,
        ...(headers && { headers }),
        ...(body !== undefined && { body }),
      })
      expect({ status: response.status, answer: await response.json() }).toEqual({ status, answer })
    }
  })

  test('so does the conversation on a WebSocket', async () => {
    const socket = new WebSocket(`${engine.url.replace('http', 'ws')}${CONVERSATION.path}`)
    const replies: unknown[] = []
    const frames = [...CONVERSATION.frames]
    const sendNext = () => {
      const frame = frames.shift()
      if (frame !== undefined) socket.send(frame)
    }
    socket.on('open', sendNext)
    socket.on('message', (bytes: Buffer) => {
      replies.push(JSON.parse(bytes.toString()))
      sendNext()
    })
    const close = await new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
    expect(replies).toEqual(CONVERSATION.replies)
    expect(close).toEqual(CONVERSATION.close)
  })

  test('the status has the fields that are promised', async () => {
    const response = await fetch(new URL('/status', engine.url))
    expect(ENDPOINTS.status.response.safeParse(await response.json()).error).toBeUndefined()
  })
})
