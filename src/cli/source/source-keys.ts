/** What the commands of `millrace source` do, on the catalog and on the file of write keys. */
import { randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import { MillraceError } from '../../base/errors.ts'
import { suggest } from '../../base/suggest.ts'
import { loadCatalog } from '../../catalog/load-catalog.ts'
import { formatProblem } from '../../catalog/problem.ts'
import {
  generateWriteKey,
  KEY_BYTES,
  standingOf,
  withKey,
  withoutKey,
  type WriteKey,
  type WriteKeyTerms,
  writeKeyOf,
} from '../../engine/tracking/write-keys.ts'
import { changeWriteKeys, readWriteKeys, writeKeyFile } from '../../http/tracking/write-key-file.ts'
import type { Source } from '../../model/catalog.ts'
import { dataDirectory } from '../../runtime/data-directory.ts'
import type { DataFlags, KeyFlags, SourceFlags } from '../source.ts'
import { textTable } from '../text-table.ts'

export async function listSources({ data, catalog, json }: SourceFlags): Promise<void> {
  const keys = readWriteKeys(keyFile(data))
  const sources = Object.values(await loadSources(catalog)).map(({ name, sdk, isStrict, limits }) => ({
    name,
    sdk,
    isStrict,
    limits,
    validKeys: keys.filter((key) => key.source === name && standingOf(key, Date.now()) === 'valid').length,
  }))
  if (json) return console.log(JSON.stringify(sources, null, 2))
  if (sources.length === 0) return console.log('The catalog has no sources.')
  console.log(
    textTable(
      sources.map(({ name, sdk, isStrict, validKeys }) => ({
        source: name,
        sdk,
        strict: isStrict ? 'yes' : 'no',
        keys: validKeys,
      })),
    ),
  )
}

export async function createKey(source: string | undefined, flags: KeyFlags): Promise<void> {
  const key = generateWriteKey(flags.scope, randomBytes(KEY_BYTES))
  const record = await addKey(key, source, flags)
  if (flags.json) return console.log(JSON.stringify({ key, ...shown(record) }, null, 2))
  console.log(key)
  process.stderr.write(`${describe(record)} It is shown only now; only its hash is kept.\n`)
}

export async function importKey(
  source: string,
  text: string | undefined,
  { flags, stdin }: { flags: KeyFlags; stdin: Readable },
): Promise<void> {
  const key = text === undefined || text === '-' ? await readKey(stdin) : text
  const record = await addKey(key, source, flags)
  if (flags.json) return console.log(JSON.stringify(shown(record), null, 2))
  console.log(describe(record))
}

export async function listKeys(source: string | undefined, { data, catalog, json }: SourceFlags): Promise<void> {
  if (source !== undefined) await requireSource(catalog, source)
  const keys = readWriteKeys(keyFile(data)).filter((key) => source === undefined || key.source === source)
  if (json) return console.log(JSON.stringify(keys.map(shown), null, 2))
  console.log(
    keys.length === 0 ? 'There are no keys yet: `millrace source key create <source>` makes one.' : textTable(keys.map(keyRow)),
  )
}

export async function revokeKey(id: string, { data, json }: DataFlags): Promise<void> {
  const path = keyFile(data)
  changeWriteKeys(path, (keys) => withoutKey(keys, id, new Date().toISOString()))
  const key = readWriteKeys(path).find((one) => one.id === id)
  if (json) return console.log(JSON.stringify(key && shown(key), null, 2))
  console.log(`The key ${id} is revoked; a running server refuses it within a second.`)
}

async function addKey(
  key: string,
  source: string | undefined,
  { data, catalog, scope, types, expires }: KeyFlags,
): Promise<WriteKey> {
  if (source !== undefined) await requireSource(catalog, source)
  const terms: WriteKeyTerms = {
    scopes: scope,
    ...(source !== undefined && { source }),
    ...(types !== undefined && { types }),
    ...(expires !== undefined && { expiresAt: expires }),
  }
  const record = writeKeyOf(key, terms, new Date().toISOString())
  changeWriteKeys(keyFile(data), (keys) => withKey(keys, record))
  return record
}

async function requireSource(catalog: string, name: string): Promise<void> {
  const known = Object.keys(await loadSources(catalog))
  if (known.includes(name)) return
  const close = suggest(name, known)
  throw new MillraceError('source_unknown', `The catalog has no source "${name}".`, {
    hint: close === undefined ? `Its sources: ${known.join(', ') || 'none'}.` : `Did you mean "${close}"?`,
  })
}

/** Modules of lambdas may be missing here, and variables of the environment that only a running engine has. */
async function loadSources(path: string): Promise<Record<string, Source>> {
  const { declared, problems } = await loadCatalog(path, { env: process.env, missingEnv: 'warning' })
  if (declared) return declared.sources
  const errors = problems.filter(({ severity }) => severity === 'error')
  throw new MillraceError('catalog_invalid', errors.map(formatProblem).join('\n'), {
    hint: 'Name the catalog with --catalog; `millrace check` shows these problems again.',
  })
}

/** So that the key stands in no history of a shell. */
async function readKey(stdin: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stdin) text += String(chunk)
  return text.trim()
}

function keyFile(data: string): string {
  return writeKeyFile(dataDirectory(data).path)
}

/** Without the hash: nobody needs it to name the key. */
function shown({ hash: _hash, ...key }: WriteKey): Omit<WriteKey, 'hash'> & { standing: string } {
  return { ...key, standing: standingOf({ hash: _hash, ...key }, Date.now()) }
}

function keyRow(key: WriteKey): Record<string, unknown> {
  const { id, prefix, source = '', scopes, types, createdAt, expiresAt } = key
  return {
    id,
    key: `${prefix}…`,
    source,
    scopes: scopes.join(', '),
    types: types?.join(', ') ?? 'all',
    created: createdAt.slice(0, 10),
    expires: expiresAt?.slice(0, 16).replace('T', ' ') ?? 'never',
    standing: standingOf(key, Date.now()),
  }
}

function describe({ id, source, scopes }: WriteKey): string {
  return `Key ${id}${source === undefined ? '' : ` of the source "${source}"`}, for ${scopes.join(', ')}.`
}
