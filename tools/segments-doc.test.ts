/** The examples of docs/segments.md are executed: documents are read as a catalog reads them, predicates decide on the values shown. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Json, JsonObject } from '../src/base/json.ts'
import type { TraitType } from '../src/model/profile/trait.ts'
import { compileRule } from '../src/model/segment/evaluate.ts'
import { type ParseContext, parseSegment, segmentKind } from '../src/model/segment/parse-segment.ts'
import type { Subject } from '../src/model/segment/subject.ts'
import { addOccurrence, occurrenceOf, selects } from '../src/model/segment/tally.ts'
import { zoneOf } from '../src/model/segment/zone.ts'

type Predicate = { property: { key: string }; operator: string; options?: { eventName?: string } }
type ShownEvent = { name?: string; at: string; properties?: JsonObject }
type Example = { segments?: Record<string, JsonObject>; predicate?: Predicate; matches?: Json[]; misses?: Json[] }

const NOW = Date.parse('2026-03-31T12:00:00Z')
const TIME_ZONE = 'Europe/Berlin'
const TYPES: Record<string, TraitType> = {
  plan: 'string',
  company: 'string',
  is_paying: 'boolean',
  tags: 'array',
  place: 'geo_point',
}

const page = readFileSync(join(import.meta.dirname, '../docs/segments.md'), 'utf8')
const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) => parse(block) as Example)
const documents = Object.assign({}, ...examples.map(({ segments }) => segments)) as Record<string, JsonObject>

const CONTEXT: ParseContext = {
  typeOf: (_kind, trait) => TYPES[trait],
  knownTraits: () => [],
  knownEvents: [],
  segments: new Map(Object.entries(documents).map(([id, document]) => [id, segmentKind(document)])),
  timeZone: TIME_ZONE,
  isPartial: true,
}

test.each(Object.entries(documents))('the segment %s is taken as it stands there', (id, document) => {
  expect(parseSegment(id, document, CONTEXT).problems).toEqual([])
})

/** Whether a user of whom only this is known is in the segment. */
function holds(predicate: Predicate, shown: Json): boolean {
  const { definition, problems } = parseSegment('example', { type: 'all', predicates: [predicate] }, CONTEXT)
  expect(problems).toEqual([])
  if (definition?.predicate === undefined) throw new Error('refused')
  return compileRule(definition.predicate, definition).evaluate(subjectOf(predicate, shown), NOW).matches
}

function subjectOf({ property, options }: Predicate, shown: Json): Subject {
  const isOfEvents = property.key === 'event'
  // The page shows lists of events there.
  const events = (isOfEvents ? shown : []) as ShownEvent[]
  return {
    zone: zoneOf(TIME_ZONE),
    fact: (_owner, key) => (key === property.key ? shown : null),
    isMember: () => false,
    usersIn: () => 0,
    counted: (tally) =>
      events
        .map(({ name = options?.eventName ?? '', at, properties = {} }) => ({
          name,
          at: Date.parse(at),
          properties,
          context: {},
        }))
        .filter((event) => selects(tally.events, event))
        .reduce(
          (counted, event) => addOccurrence(counted, tally.keeps, occurrenceOf(tally.keeps, event.at, event), NOW),
          undefined as ReturnType<Subject['counted']>,
        ),
  }
}

const shown = examples.flatMap(({ predicate, matches = [], misses = [] }) =>
  predicate === undefined
    ? []
    : [
        ...matches.map((value) => ({ predicate, value, isIn: true })),
        ...misses.map((value) => ({ predicate, value, isIn: false })),
      ],
)

describe('a predicate decides as the page says', () => {
  test.each(shown.map((each) => [each.predicate.property.key, each.predicate.operator, each.value, each] as const))(
    '%s %s: %j',
    (_key, _operator, _value, { predicate, value, isIn }) => {
      expect(holds(predicate, value)).toBe(isIn)
    },
  )
  test('in enough examples', () => {
    expect(shown.length).toBeGreaterThan(60)
  })
})
