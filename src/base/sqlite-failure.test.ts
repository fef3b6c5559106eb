import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'vitest'
import { isBusy, onSqliteFile } from './sqlite-failure.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-failure-'))
afterAll(() => rmSync(directory, { recursive: true }))

const attempt = (work: () => unknown) => onSqliteFile({ role: 'log', path: '/data/log.db', unavailable: 'log_unavailable' }, work)

function open(name: string, sql = ''): DatabaseSync {
  const db = new DatabaseSync(join(directory, name))
  db.exec(sql)
  return db
}

test('a full disk is its own code, and passes', () => {
  const db = open('full.db', 'create table t (x); pragma max_page_count = 2')
  expect(() => attempt(() => db.prepare('insert into t values (?)').run('x'.repeat(10_000)))).toThrow(
    expect.objectContaining({
      code: 'disk_full',
      retryable: true,
      message: 'The log "/data/log.db" has no space left: database or disk is full.',
    }),
  )
  db.close()
})

test('a lock of somebody else passes', () => {
  const [holder, other] = [open('locked.db', 'create table t (x); begin exclusive'), open('locked.db')]
  const write = () => other.exec('insert into t values (1)')
  expect(() => attempt(write)).toThrow(expect.objectContaining({ code: 'log_unavailable', retryable: true }))
  let caught: unknown
  try {
    write()
  } catch (error) {
    caught = error
  }
  expect(isBusy(caught)).toBe(true)
  expect(isBusy(new Error('busy'))).toBe(false)
  holder.close()
  other.close()
})

test('a missing folder may come back', () => {
  expect(() => attempt(() => open('missing/log.db'))).toThrow(
    expect.objectContaining({ code: 'log_unavailable', retryable: true }),
  )
})

test('a file that is no database does not pass by itself', () => {
  writeFileSync(join(directory, 'text.db'), 'This is no database, but long enough to look at.'.repeat(100))
  expect(() => attempt(() => open('text.db', 'select * from sqlite_schema'))).toThrow(
    expect.objectContaining({ code: 'log_unavailable', retryable: false, hint: expect.stringContaining('restore') }),
  )
})

test.each([
  { title: 'wrong SQL', work: () => open('bugs.db', 'selekt'), thrown: 'syntax error' },
  { title: 'an error of no database', work: () => JSON.parse('{'), thrown: 'JSON' },
])('$title comes through as it is', ({ work, thrown }) => {
  expect(() => attempt(work)).toThrow(thrown)
  expect(() => attempt(work)).not.toThrow(expect.objectContaining({ code: 'log_unavailable' }))
})

test('a result comes through', () => {
  expect(attempt(() => 42)).toBe(42)
})
