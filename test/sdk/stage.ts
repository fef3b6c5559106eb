/** A Millrace of its own process with a source and a write key for each run of an SDK. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeKeyOf } from '../../src/engine/tracking/write-keys.ts'
import { changeWriteKeys, writeKeyFile } from '../../src/http/tracking/write-key-file.ts'
import type { SdkFamily } from '../../src/model/catalog.ts'
import { ServerProcess } from '../crash/server-process.ts'
import { StoredEvents } from './stored-events.ts'

export type StageSource = {
  name: string
  sdk: SdkFamily
}

/** RSA, the kind of key that clients of the token endpoint sign with. */
const KEY_BITS = 2_048

type StageParts = Pick<Stage, 'events' | 'clientKey'> & { server: ServerProcess }

/** Longer than the tests: until then events stay where they are read. */
const LAKE_FLUSH_MS = 3_600_000

export class Stage {
  /** For what runs leave behind. */
  readonly folder: string
  readonly events: StoredEvents
  /** With it a client named like a source gets tokens for that source. */
  readonly clientKey: string
  readonly #server: ServerProcess

  private constructor(folder: string, { server, events, clientKey }: StageParts) {
    this.folder = folder
    this.#server = server
    this.events = events
    this.clientKey = clientKey
  }

  static async open(sources: readonly StageSource[]): Promise<Stage> {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-sdk-')))
    const data = join(folder, 'data')
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: KEY_BITS })
    const clientKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const catalog = {
      sources: Object.fromEntries(sources.map(({ name, sdk }) => [name, { sdk, oauthClients: [{ id: name, publicKey: pem }] }])),
    }
    // JSON is YAML.
    writeFileSync(join(folder, 'millrace.yaml'), JSON.stringify(catalog))
    const createdAt = new Date().toISOString()
    changeWriteKeys(writeKeyFile(data), () =>
      sources.map(({ name }) => writeKeyOf(keyOf(name), { source: name, scopes: ['track'] }, createdAt)),
    )
    const server = await ServerProcess.start({ catalog: folder, data, lakeFlushMs: LAKE_FLUSH_MS })
    return new Stage(folder, { server, events: await StoredEvents.open(data), clientKey })
  }

  get url(): string {
    return this.#server.url
  }

  /** What the server printed as errors. */
  get errors(): string {
    return this.#server.errors
  }

  async close(): Promise<void> {
    await this.events.close()
    await this.#server.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** In place of one that Millrace made. */
function keyOf(source: string): string {
  return `key-of-${source}`
}

/** What the user of an SDK fills in: the key, and for the one SDK that insists on a second half, anything. */
export function writeKeyFor({ name, sdk }: StageSource): string {
  return sdk === 'jitsu' ? `${keyOf(name)}:anything` : keyOf(name)
}
