import { InvalidArgumentError } from 'commander'

/** Reads a list of these values, separated by commas. */
export function listArgument<T extends string>(known: readonly T[]): (text: string) => T[] {
  return (text) =>
    text.split(',').map((part) => {
      const value = known.find((one) => one === part.trim())
      if (value !== undefined) return value
      throw new InvalidArgumentError(`"${part}" is none of ${known.join(', ')}.`)
    })
}

/** Reads a date or an instant, into ISO 8601 in UTC. */
export function instantArgument(text: string): string {
  const millis = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(millis))
    throw new InvalidArgumentError('It must be a date such as 2027-01-31, or an instant such as 2027-01-31T12:00:00Z.')
  return new Date(millis).toISOString()
}
