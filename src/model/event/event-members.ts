/** The parts of an event that are objects, and its name: read from an item and what the envelope says for all items. */
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import { isFromDevice } from './client-library.ts'
import type { EventType } from './event.ts'
import type { ItemReading } from './item-reading.ts'
import { quoted } from './item-reading.ts'

export function readObject(item: JsonObject, name: string, reading: ItemReading): JsonObject | undefined {
  const value = item[name]
  if (value === undefined || value === null) return undefined
  if (isObject(value)) return value
  reading.correct(`/${name}`, 'is no object: left out', value)
  return undefined
}

/** Member by member the item's wins. */
export function mergeBelow(envelope: JsonObject | undefined, own: JsonObject | undefined): JsonObject | undefined {
  if (envelope === undefined) return own
  return own === undefined ? envelope : { ...envelope, ...own }
}

/**
 * The context with the address of the connection, where that is the person's and the client gives none. A client that sends an
 * `ip` of its own, be it null or "0.0.0.0", wants that one.
 */
export function withAddress(context: JsonObject | undefined, ip: string | undefined): JsonObject | undefined {
  if (ip === undefined || context === undefined || context['ip'] !== undefined || !isFromDevice(context)) return context
  return { ...context, ip }
}

export type TraitsAndContext = { traits: JsonObject | undefined; context: JsonObject | undefined }

/**
 * identify: traits of the user, from `context.traits` and, winning, `traits`; the context then has none. group: traits of the
 * account; those in the context are the user's and stay there, as they do for all other types.
 */
export function placeTraits(type: EventType, traits: JsonObject | undefined, context: JsonObject | undefined): TraitsAndContext {
  const contextTraits = context?.['traits']
  if (type === 'group' || context === undefined) {
    if (type === 'group' || type === 'identify' || traits === undefined) return { traits, context }
    return { traits: undefined, context: { traits } }
  }
  if (type === 'identify') {
    if (!isObject(contextTraits)) return { traits, context }
    const { traits: _moved, ...rest } = context
    return { traits: mergeBelow(contextTraits, traits), context: rest }
  }
  if (traits === undefined) return { traits, context }
  return { traits: undefined, context: { ...context, traits: { ...(isObject(contextTraits) ? contextTraits : {}), ...traits } } }
}

/** Of a track: `event`. Of a page or screen: `name`, where some apps' libraries say `event`. */
export function readName(item: JsonObject, type: EventType, reading: ItemReading): string | undefined {
  if (type === 'track') {
    const name = nameIn(item['event'])
    if (name === undefined) reading.refuse('event_name_missing', '/event', describeName(item['event']))
    return name
  }
  if (type !== 'page' && type !== 'screen') return undefined
  const properties = item['properties']
  return nameIn(item['name']) ?? nameIn(item['event']) ?? (isObject(properties) ? nameIn(properties['name']) : undefined)
}

function nameIn(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined
}

function describeName(value: Json | undefined): string {
  if (value === undefined || value === null) return 'A track event needs a name, and "event" is missing.'
  return `A track event needs a name, and "event" is ${quoted(value)}.`
}

/** Some libraries send the category of a page beside its properties only. */
export function readProperties(item: JsonObject, type: EventType, reading: ItemReading): JsonObject | undefined {
  const properties = readObject(item, 'properties', reading)
  const category = type === 'page' || type === 'screen' ? nameIn(item['category']) : undefined
  return category === undefined || properties?.['category'] !== undefined ? properties : { ...properties, category }
}
