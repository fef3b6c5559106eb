/** Cuts an input into lines of one event each, bytes as they are; lines without a message id get one that is the same each time. */
import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { MillraceError } from '../../base/errors.ts'
import type { Input } from './input.ts'
import { lookAtLine, withMessageId } from './object-line.ts'

export type EventLine = {
  /** Without line break and white space around it. */
  bytes: Buffer
  line: number
  /** False: it is no event, whatever else it may be. */
  isObject: boolean
}

/** Above what servers take in one request. */
const LINE_BYTES_MAX = 4 * 1024 * 1024
/** Of a hash; enough that no two lines of all files ever share one. */
const DIGEST_CHARACTERS = 32

/**
 * In order; empty lines are left out. A line without a message id is named by `prefix` and its number, or else by the file, its
 * number and its content, so that the same file sent again doubles nothing. Throws `body_invalid`.
 */
export async function* readEventLines(input: Input, prefix: string | undefined): AsyncGenerator<EventLine[]> {
  const cutter = new LineCutter(input, prefix)
  for await (const chunk of input.bytes()) yield cutter.cut(chunk)
  yield cutter.end()
}

const LINE_FEED = 0x0a
const BYTE_ORDER_MARK = Buffer.of(0xef, 0xbb, 0xbf)

class LineCutter {
  readonly #inputName: string
  readonly #origin: string
  readonly #prefix: string | undefined
  #rest: Buffer = Buffer.alloc(0)
  #line = 1

  constructor({ name, isLive }: Input, prefix: string | undefined) {
    this.#inputName = name
    this.#origin = isLive ? name : resolve(name)
    this.#prefix = prefix
  }

  /** The lines that `chunk` completes. */
  cut(chunk: Buffer): EventLine[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const lines: EventLine[] = []
    let start = 0
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      this.#add(lines, bytes.subarray(start, end))
      start = end + 1
    }
    this.#rest = bytes.subarray(start)
    if (this.#rest.length > LINE_BYTES_MAX) throw this.#tooLong()
    return lines
  }

  /** The last line, when no line break ends it. */
  end(): EventLine[] {
    const lines: EventLine[] = []
    this.#add(lines, this.#rest)
    return lines
  }

  #add(lines: EventLine[], raw: Buffer): void {
    const line = this.#line++
    const bytes = trim(line === 1 && raw.subarray(0, 3).equals(BYTE_ORDER_MARK) ? raw.subarray(3) : raw)
    if (bytes.length === 0) return
    if (lines.length === 0 && line === 1 && bytes[0] === OPEN_BRACKET) throw this.#isArray()
    const look = lookAtLine(bytes)
    const named = look === 'unnamed' ? withMessageId(bytes, this.#nameOf(line, bytes)) : bytes
    lines.push({ bytes: named, line, isObject: look !== 'other' })
  }

  #nameOf(line: number, bytes: Buffer): string {
    if (this.#prefix !== undefined) return `${this.#prefix}:${line}`
    const hash = createHash('sha256').update(`${this.#origin}\n${line}\n`).update(bytes)
    return `file-${hash.digest('hex').slice(0, DIGEST_CHARACTERS)}`
  }

  #tooLong(): MillraceError {
    return new MillraceError('body_invalid', `${this.#inputName}:${this.#line} is longer than ${LINE_BYTES_MAX} bytes.`, {
      hint: 'Write one event a line.',
    })
  }

  #isArray(): MillraceError {
    return new MillraceError('body_invalid', `${this.#inputName}:1 begins an array; events are read one a line.`, {
      hint: 'Write one event a line, for example with `jq -c ".[]"`.',
    })
  }
}

const OPEN_BRACKET = 0x5b
const WHITE_SPACE = new Set([0x20, 0x09, 0x0d])

function trim(bytes: Buffer): Buffer {
  let [start, end] = [0, bytes.length]
  while (start < end && WHITE_SPACE.has(bytes[start] ?? 0)) start++
  while (end > start && WHITE_SPACE.has(bytes[end - 1] ?? 0)) end--
  return start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end)
}
