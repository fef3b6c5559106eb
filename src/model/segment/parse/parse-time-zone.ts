/** Of calendar days: a zone by name, or the trait that holds each entity's. */
import { isObject } from '../../../base/json.ts'
import type { SegmentDefinition } from '../segment.ts'
import { findZone } from '../zone.ts'
import { readName } from './options.ts'
import { quote, type Written } from './written.ts'

/** `workspace`: the zone where nothing is written. */
export function parseTimeZone(written: Written, workspace: string): SegmentDefinition['timeZone'] {
  if (written.value === undefined) return workspace
  if (!isObject(written.value)) return readZone(written) ?? workspace
  written.onlyKnows(['trait', 'otherwise'], 'A time zone')
  const trait = readName(written.at('trait'), 'The trait that holds the time zone')
  const otherwise = written.at('otherwise')
  return { trait: trait ?? '', otherwise: otherwise.value === undefined ? workspace : (readZone(otherwise) ?? workspace) }
}

/** The zone by its usual name; undefined when there is none (reported). */
export function readZone(written: Written): string | undefined {
  const { value } = written
  if (typeof value !== 'string') return written.error(`A time zone must be a text, not ${quote(value)}.`, NAME_HINT)
  const zone = findZone(value)
  if (zone) return zone.id
  const near = written.nearest(value, Intl.supportedValuesOf('timeZone'))
  return written.error(`There is no time zone ${quote(value)}.`, near === undefined ? NAME_HINT : `Did you mean "${near}"?`)
}

const NAME_HINT = 'Write a name such as "Europe/Berlin" or "UTC".'
