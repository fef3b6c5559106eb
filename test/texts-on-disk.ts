/** Looks for texts in everything that a data directory holds: as it stands on the disk, and unpacked. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { zstdDecompressSync } from 'node:zlib'
import { decodeBatch } from '../src/model/document-batch.ts'
import { dataDirectory } from '../src/runtime/data-directory.ts'

/** `<where>: <text>` for each text that is found somewhere, whatever its case. */
export function findTexts(data: string, texts: readonly string[]): string[] {
  const places = [...plainFiles(data), ...packedFragments(data), ...packedBatches(data)]
  return places.flatMap(([where, bytes]) => {
    const content = bytes.toString('latin1').toLowerCase()
    return texts.filter((text) => content.includes(text.toLowerCase())).map((text) => `${where}: ${text}`)
  })
}

type Place = [where: string, bytes: Buffer]

function plainFiles(data: string): Place[] {
  const entries = readdirSync(data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return entries.map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name))])
}

function packedFragments(data: string): Place[] {
  return plainFiles(dataDirectory(data).lakePath)
    .filter(([path]) => path.endsWith('.zst'))
    .map(([path, bytes]) => [`${path}, unpacked`, zstdDecompressSync(bytes)])
}

function packedBatches(data: string): Place[] {
  const { logPath, storePath } = dataDirectory(data)
  return [...payloads(logPath, 'entries'), ...payloads(storePath, 'outputs')].map(([where, payload]) => {
    const texts = decodeBatch(payload).flatMap((section) => [...section.documents(), ...section.keys()])
    return [where, Buffer.from(texts.join('\n'))]
  })
}

function payloads(path: string, table: 'entries' | 'outputs'): Place[] {
  const db = new DatabaseSync(path, { readOnly: true })
  const rows = db.prepare(`select payload from ${table}`).all()
  db.close()
  return rows.map(({ payload }, row) => {
    if (!(payload instanceof Uint8Array)) throw new Error(`${path} has no payload in row ${row}.`)
    return [`${path}, row ${row} of ${table}`, Buffer.from(payload)]
  })
}
