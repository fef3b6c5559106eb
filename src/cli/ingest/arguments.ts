/** Arguments that the kinds of `millrace ingest` have in common. */
import { InvalidArgumentError } from 'commander'
import { MillraceError } from '../../base/errors.ts'

export const URL_DEFAULT = 'http://localhost:8080'

/** Throws `usage_invalid`. */
export function addressOf(path: string, url: string): URL {
  try {
    return new URL(path, url)
  } catch (cause) {
    throw new MillraceError('usage_invalid', `"${url}" is not an address.`, { hint: `For example ${URL_DEFAULT}.`, cause })
  }
}

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text.replaceAll('_', ''))
    if (/^[\d_]+$/.test(text) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
  }
}

export function keyPrefix(charactersMax: number): (text: string) => string {
  return (text) => {
    if (/^[\x21-\x7e]+$/.test(text) && text.length <= charactersMax) return text
    throw new InvalidArgumentError(`It must be 1 to ${charactersMax} visible ASCII characters.`)
  }
}
