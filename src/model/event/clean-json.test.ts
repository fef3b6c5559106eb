import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../base/json.ts'
import { eventOf, normalize, RECEIVED_AT, refusalOf, TRACK } from './normalize-event.fixture.ts'

function nested(levels: number): Json {
  let value: Json = 'core'
  for (let i = 0; i < levels; i++) value = { inner: value }
  return value
}

describe('hostile content', () => {
  test('NULs and lone surrogates are removed everywhere, names included, before anything is decided', () => {
    const event = eventOf({
      type: 'tr\u0000ack',
      event: 'Si\uD800gned Up\u0000',
      userId: '\u0000u1\uDFFF',
      anonymousId: '\u0000',
      messageId: 'm\u00001',
      properties: { 'na\u0000me': ['\uDC00', '😀'], '\u0000': 'x' },
    })
    expect(event).toEqual({
      id: 'm1',
      type: 'track',
      name: 'Signed Up',
      source: 'web',
      userId: 'u1',
      properties: { name: ['', '😀'], '': 'x' },
      occurredAt: RECEIVED_AT,
      receivedAt: RECEIVED_AT,
      corrections: [{ member: '', reason: 'NUL characters and halves of surrogate pairs were removed' }],
    })
  })

  test('the envelope is cleaned as well', () => {
    expect(eventOf(TRACK, { envelope: { context: { 'a\u0000': '\u0000b' } } }).context).toEqual({ a: 'b' })
  })

  test('text that only looks like an escape is left alone', () => {
    const event = eventOf({ ...TRACK, properties: { path: 'C:\\u0000\\ud800', bell: '\u0007' } })
    expect(event.properties).toEqual({ path: 'C:\\u0000\\ud800', bell: '\u0007' })
    expect(event.corrections).toBeUndefined()
  })

  test('names that mean something to JavaScript are removed, and no prototype is touched', () => {
    const event = eventOf(
      JSON.parse(
        '{"type":"track","event":"E","userId":"u1","__proto__":{"anonymousId":"bad"},"context":{"__proto__":{"polluted":1},"x":1},' +
          '"properties":{"constructor":{"prototype":{"polluted":1}},"nested":[{"prototype":1,"y":2}]}}',
      ) as Json,
    )
    expect(event).toMatchObject({ context: { x: 1 }, properties: { nested: [{ y: 2 }] } })
    expect(Object.keys(event.context ?? {})).toEqual(['x'])
    expect(Object.keys(event.properties ?? {})).toEqual(['nested'])
    expect(event.anonymousId).toBeUndefined()
    expect({}).not.toHaveProperty('polluted')
    expect(event.corrections).toEqual([
      { member: '', reason: 'members named "__proto__", "constructor" or "prototype" were removed' },
    ])
  })

  test('a number that no double holds becomes null, with a correction', () => {
    const event = eventOf(
      JSON.parse('{"type":"track","event":"E","userId":"u1","properties":{"list":[1e999],"x":-1e999}}') as Json,
    )
    expect(event.properties).toEqual({ list: [null], x: null })
    expect(event.corrections).toEqual([{ member: '', reason: 'numbers beyond the range of a double became null' }])
  })

  test.each([33, 1_000, 1_000_000])('a trait of %i nested levels is refused with the place', (levels) => {
    const item = { type: 'identify', userId: 'u1', traits: nested(levels) }
    expect(refusalOf(item)).toEqual({
      code: 'nesting_too_deep',
      pointer: '/traits',
      message: '"traits" is nested deeper than 32 levels.',
    })
    expect(
      refusalOf(JSON.parse(`{"type":"track","properties":{"x":${'['.repeat(levels)}${']'.repeat(levels)}}}`) as Json).code,
    ).toBe('nesting_too_deep')
  })

  test('32 levels with the item itself are taken', () => {
    expect(eventOf({ type: 'identify', userId: 'u1', traits: nested(31) }).traits).toEqual(nested(31))
    expect(refusalOf({ type: 'identify', userId: 'u1', traits: nested(32) }).code).toBe('nesting_too_deep')
  })

  test('an envelope that is nested too deep refuses each item of it', () => {
    const envelope = { context: nested(1_000_000) as JsonObject }
    expect(refusalOf(TRACK, { envelope })).toEqual({
      code: 'nesting_too_deep',
      pointer: '',
      message: 'The envelope is nested deeper than 32 levels.',
    })
  })

  test('the size of an event is that of its canonical text in bytes', () => {
    const item = { ...TRACK, properties: { text: 'ü'.repeat(100) }, dropped: 'x'.repeat(10_000) }
    const normalized = normalize(item)
    const bytes = 'text' in normalized ? Buffer.byteLength(normalized.text) : 0
    expect(eventOf(item, { eventBytesMax: bytes }).id).toBe('m1')
    expect(refusalOf(item, { eventBytesMax: bytes - 1 })).toEqual({
      code: 'event_too_large',
      pointer: '',
      message: `The event has ${bytes} bytes as JSON; the limit is ${bytes - 1}.`,
    })
  })

  test('a value in a message is cut and well-formed', () => {
    const { message } = refusalOf({ ...TRACK, type: `${'x'.repeat(59)}😀` })
    expect(message.isWellFormed()).toBe(true)
    expect(message).toContain(`"type" is "${'x'.repeat(59)}`)
    expect(message.length).toBeLessThan(300)
  })
})
