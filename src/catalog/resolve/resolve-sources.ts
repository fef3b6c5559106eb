/** Sources: names, limits that contradict each other, keys of clients that ask for tokens. */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { DEFAULT_SOURCE_LIMITS, type Source, type SourceLimits } from '../../model/catalog.ts'
import { isFile, nearbyFile, type Defined } from '../files/read-definitions.ts'
import type { Spot } from '../files/source-file.ts'
import type { Place } from '../problem.ts'
import type { SourceDefinition } from '../profile-schema.ts'
import type { Resolution } from './resolution.ts'

/** Names stand in write keys' records, events, labels of metrics and parts of URLs. */
const SOURCE_NAME = /^[a-zA-Z0-9][\w.-]*$/
const NAME_CHARACTERS_MAX = 100
/** What RFC 7518 asks of RS256. */
const KEY_BITS_MIN = 2_048

export type ResolvedSources = {
  sources: Record<string, Source>
  /** Absolute paths of the key files that were read. */ files: string[]
}

export function resolveSources(resolution: Resolution): ResolvedSources {
  const sources: Record<string, Source> = {}
  const clients = new ClientReader(resolution)
  for (const definition of resolution.definitions.sources.values()) {
    const { name, value } = definition
    reportName(definition, resolution)
    sources[name] = {
      name,
      sdk: value.sdk ?? 'segment',
      isStrict: value.strict ?? false,
      limits: resolveLimits(definition, resolution),
      oauthClients: (value.oauthClients ?? []).flatMap(
        (client, i) => clients.read(client, definition.spot.at('oauthClients', i)) ?? [],
      ),
    }
  }
  return { sources, files: clients.files }
}

function reportName({ name, spot }: Defined<unknown>, { problems }: Resolution): void {
  if (SOURCE_NAME.test(name) && name.length <= NAME_CHARACTERS_MAX) return
  const hint = `Use up to ${NAME_CHARACTERS_MAX} letters of a to z, digits, "-", "_" and ".", beginning with a letter or a digit.`
  problems.error(spot.placeOfName, `Source "${name}": this is not a name for a source.`, hint)
}

function resolveLimits({ name, value, spot }: Defined<SourceDefinition>, { problems }: Resolution): SourceLimits {
  const { eventBytes, batchBytes, batchEvents, requestsPerSecond } = value.limits ?? {}
  const limits: SourceLimits = {
    eventBytesMax: eventBytes ?? DEFAULT_SOURCE_LIMITS.eventBytesMax,
    batchBytesMax: batchBytes ?? DEFAULT_SOURCE_LIMITS.batchBytesMax,
    batchEventsMax: batchEvents ?? DEFAULT_SOURCE_LIMITS.batchEventsMax,
    ...(requestsPerSecond !== undefined && { requestsPerSecond }),
  }
  if (limits.batchBytesMax < limits.eventBytesMax) {
    const { place } = spot.at('limits', batchBytes === undefined ? 'eventBytes' : 'batchBytes')
    const message = `Source "${name}": a request of ${limits.batchBytesMax} bytes cannot hold an event of ${limits.eventBytesMax}.`
    problems.error(place, message, 'Make `batchBytes` at least as large as `eventBytes`.')
  }
  return limits
}

type Client = NonNullable<SourceDefinition['oauthClients']>[number]

class ClientReader {
  readonly files: string[] = []
  readonly #seen = new Map<string, Place>()
  readonly #resolution: Resolution

  constructor(resolution: Resolution) {
    this.#resolution = resolution
  }

  /** Undefined when its key cannot be used (reported). */
  read({ id, publicKey }: Client, spot: Spot): Source['oauthClients'][number] | undefined {
    const title = `Source "${String(spot.path[1])}", client "${id}"`
    const { problems } = this.#resolution
    const first = this.#seen.get(id)
    if (first === undefined) this.#seen.set(id, spot.at('id').place)
    else {
      const where = `${basename(first.file)}:${first.line}`
      problems.error(
        spot.at('id').place,
        `${title}: the id is used at ${where} already.`,
        'A client sends to one source; give each an id of its own.',
      )
    }
    const { place } = spot.at('publicKey')
    const pem = this.#pemOf(publicKey, { title, spot: spot.at('publicKey') })
    if (pem === undefined) return undefined
    const key = readKey(pem)
    if (typeof key !== 'string') return { id, publicKey: key.export({ type: 'spki', format: 'pem' }).toString() }
    problems.error(place, `${title}: ${key}.`, KEY_HINT)
    return undefined
  }

  /** The text itself, or that of the file. */
  #pemOf(publicKey: string, { title, spot }: { title: string; spot: Spot }): string | undefined {
    if (publicKey.includes('-----BEGIN')) return publicKey
    const path = resolve(dirname(spot.file.file), publicKey)
    if (isFile(path)) {
      this.files.push(path)
      return readFileSync(path, 'utf8')
    }
    this.#resolution.problems.error(spot.place, `${title}: the key file "${publicKey}" does not exist.`, nearbyFile(path))
    return undefined
  }
}

const KEY_HINT =
  'Make a pair: `openssl genrsa -out private.pem 2048`, then `openssl rsa -in private.pem -pubout -out public.pem`; this is for the second.'

/** The key, or what is wrong with it. Never quotes it: it may be one that should not stand here. */
function readKey(pem: string): KeyObject | string {
  if (pem.includes('PRIVATE KEY')) return 'this is a private key, which only the client may have'
  let key: KeyObject
  try {
    key = createPublicKey(pem)
  } catch {
    return 'its key is no public key in PEM'
  }
  if (key.asymmetricKeyType !== 'rsa') return `its key is of the kind "${key.asymmetricKeyType}"; it must be RSA`
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  return bits < KEY_BITS_MIN ? `its key has ${bits} bits; it must have ${KEY_BITS_MIN} at least` : key
}
