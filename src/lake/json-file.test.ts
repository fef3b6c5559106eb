import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { JsonFile, RecordFolder } from './json-file.ts'

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-json-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

test('a file holds what was written last, for its owner only, and can go', async () => {
  const path = join(await newFolder(), 'deep', 'file.json')
  const file = new JsonFile(path)
  expect(await file.read()).toBe(undefined)
  await file.write({ a: 1 })
  await file.write({ a: 'ä' })
  expect(await new JsonFile(path).read()).toEqual({ a: 'ä' })
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  await file.remove()
  await file.remove()
  expect(await file.read()).toBe(undefined)
})

test('what a crash has left of a write is neither read nor kept', async () => {
  const folder = await newFolder()
  const file = new JsonFile(join(folder, 'file.json'))
  await file.write(1)
  await writeFile(join(folder, 'file.json.new'), '{"half":', { mode: 0o644 })
  expect(await file.read()).toBe(1)
  await file.write(2)
  expect((await stat(join(folder, 'file.json'))).mode & 0o777).toBe(0o600)
  await writeFile(join(folder, 'file.json.new'), '{"half":')
  await file.remove()
  expect(await readdir(folder)).toEqual([])
})

test('records lie in files of their own, and other files beside them are left alone', async () => {
  const folder = join(await newFolder(), 'records')
  const records = new RecordFolder<{ id: string; n: number }>(folder)
  expect(await records.list()).toEqual([])
  for (const n of [2, 1]) await records.save({ id: `r${n}`, n })
  await mkdir(join(folder, 'orders'))
  await writeFile(join(folder, 'r3.json.new'), '{')
  expect(await records.list()).toEqual([
    { id: 'r1', n: 1 },
    { id: 'r2', n: 2 },
  ])
  await records.remove('r1')
  expect([await records.find('r1'), await records.find('r2')]).toEqual([undefined, { id: 'r2', n: 2 }])
})
