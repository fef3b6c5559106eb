/**
 * A look at one line of events without parsing it: 1 ns a byte, where `JSON.parse` takes 5. It tells that a line begins and ends
 * one object, so that lines can be put together to an array without one running into the next, and whether the object names
 * its message. What else may be wrong the server finds.
 */

/** `other`: the line is not one object, so it is no event. */
export type ObjectLine = 'other' | 'named' | 'unnamed'

const [QUOTE, BACKSLASH, COLON, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [
  0x22, 0x5c, 0x3a, 0x7b, 0x7d, 0x5b, 0x5d,
] as const
const [ZERO, NINE, SPACE, TAB] = [0x30, 0x39, 0x20, 0x09] as const
const MESSAGE_ID = Buffer.from('"messageId"')

/** Of a line without white space around it. */
export function lookAtLine(line: Buffer): ObjectLine {
  if (line[0] !== OPEN_BRACE || line.at(-1) !== CLOSE_BRACE) return 'other'
  let nameAt = line.indexOf(MESSAGE_ID)
  let isNamed = false
  let depth = 0
  const end = line.length
  for (let at = 0; at < end; at++) {
    const byte = line[at]
    if (byte === QUOTE) {
      const start = at
      at = endOfString(line, at)
      if (at >= end) return 'other'
      while (nameAt >= 0 && nameAt < start) nameAt = line.indexOf(MESSAGE_ID, nameAt + 1)
      // A later member of the same name wins, as in JSON.parse.
      if (depth === 1 && start === nameAt && isMember(line, at + 1)) isNamed = hasValue(line, at + 1)
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++
    else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 0 && at < end - 1) return 'other'
  }
  return depth !== 0 ? 'other' : isNamed ? 'named' : 'unnamed'
}

/** Place of the closing quote; beyond the line when there is none. */
function endOfString(line: Buffer, start: number): number {
  let at = start + 1
  for (let byte = line[at]; byte !== QUOTE && byte !== undefined; byte = line[at]) at += byte === BACKSLASH ? 2 : 1
  return at
}

function isMember(line: Buffer, at: number): boolean {
  return line[skipSpace(line, at)] === COLON
}

/** Texts that are not empty, and numbers, name a message. */
function hasValue(line: Buffer, afterName: number): boolean {
  const at = skipSpace(line, skipSpace(line, afterName) + 1)
  const byte = line[at] ?? 0
  return byte === QUOTE ? line[at + 1] !== QUOTE : byte >= ZERO && byte <= NINE
}

function skipSpace(line: Buffer, start: number): number {
  let at = start
  while (line[at] === SPACE || line[at] === TAB) at++
  return at
}

/** The object with a message id as its last member, which counts where there is one already. */
export function withMessageId(line: Buffer, messageId: string): Buffer {
  let end = line.length - 1
  while (line[end - 1] === SPACE || line[end - 1] === TAB) end--
  const comma = line[end - 1] === OPEN_BRACE ? '' : ','
  return Buffer.concat([line.subarray(0, end), Buffer.from(`${comma}"messageId":${JSON.stringify(messageId)}}`)])
}
