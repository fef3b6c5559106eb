/** Talks to a running server as all commands do: one address, one key, and its refusals as errors with code and hint. */
import { type Command, Option } from 'commander'
import { isErrorCode } from '../base/error-codes.ts'
import { MillraceError } from '../base/errors.ts'
import { isObject } from '../base/json.ts'

export type ServerFlags = { url: string; key?: string; json?: true }

/** The options that every command has which asks a server. */
export function withServerOptions(command: Command): Command {
  return command
    .option('--url <url>', 'address of the server', 'http://localhost:8080')
    .addOption(
      new Option(
        '--key <key>',
        'a key with the scope "read", or "admin" for changes, when the server listens beyond this machine',
      ).env('MILLRACE_KEY'),
    )
    .option('--json', 'print the answer as JSON')
}

/** Values of a parameter; several are sent one after the other, none at all is not sent. */
export type Query = Record<string, string | number | readonly string[] | undefined>

/** Longer than the server itself waits for anything. */
const ANSWER_TIMEOUT_MS = 60_000

export class ServerClient {
  readonly #flags: Pick<ServerFlags, 'url' | 'key'>
  readonly #fetch: typeof fetch

  constructor(flags: Pick<ServerFlags, 'url' | 'key'>, fetch: typeof globalThis.fetch = globalThis.fetch) {
    this.#flags = flags
    this.#fetch = fetch
  }

  /** Rejects with `server_unreachable`, and with what the server refuses with. The caller knows what the endpoint answers. */
  async get<Answer>(path: string, query: Query = {}): Promise<Answer> {
    return (await this.#ask('GET', this.#address(path, query))) as Answer
  }

  async post<Answer>(path: string, body: unknown): Promise<Answer> {
    return (await this.#ask('POST', this.#address(path), body)) as Answer
  }

  async put<Answer>(path: string, body: unknown): Promise<Answer> {
    return (await this.#ask('PUT', this.#address(path), body)) as Answer
  }

  async delete<Answer>(path: string): Promise<Answer> {
    return (await this.#ask('DELETE', this.#address(path))) as Answer
  }

  async #ask(method: string, address: URL, body?: unknown): Promise<unknown> {
    const { key } = this.#flags
    const response = await this.#fetch(address, {
      method,
      headers: {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    }).catch((cause: unknown) => {
      throw this.#unreachable(cause)
    })
    const answer: unknown = await response.json().catch((cause: unknown) => {
      throw this.#unreachable(cause)
    })
    if (response.ok) return answer
    throw refusalIn(answer) ?? this.#unreachable(new Error(`it answered ${response.status}`))
  }

  #address(path: string, query: Query = {}): URL {
    const { url } = this.#flags
    try {
      const address = new URL(path, url)
      for (const [name, values] of Object.entries(query)) {
        for (const value of values === undefined ? [] : [values].flat()) address.searchParams.append(name, String(value))
      }
      return address
    } catch (cause) {
      throw new MillraceError('usage_invalid', `"${url}" is not an address.`, {
        hint: 'For example http://localhost:8080.',
        cause,
      })
    }
  }

  #unreachable(cause: unknown): MillraceError {
    return new MillraceError('server_unreachable', `No Millrace answers at ${this.#flags.url}.`, {
      hint: 'Start one with `millrace start`, or name its address with --url.',
      cause,
    })
  }
}

/** Problem details, or a refusal of one item (`{ refusal }`); undefined when no Millrace has answered. */
function refusalIn(answer: unknown): MillraceError | undefined {
  if (!isObject(answer)) return undefined
  const { code, detail, hint } = answer
  if (typeof code !== 'string' || !isErrorCode(code) || typeof detail !== 'string') return refusedItem(answer['refusal'])
  const advice = typeof hint === 'string' ? hint : HINTS[code]
  return new MillraceError(code, detail, advice === undefined ? {} : { hint: advice })
}

function refusedItem(refusal: unknown): MillraceError | undefined {
  if (!isObject(refusal)) return undefined
  const { code, message } = refusal
  return typeof code === 'string' && isErrorCode(code) && typeof message === 'string'
    ? new MillraceError(code, message)
    : undefined
}

const HINTS: Partial<Record<string, string>> = {
  write_key_unknown: 'Name a key with --key, or in the environment as MILLRACE_KEY.',
  access_denied: 'Name a key with the scope that is needed.',
}
