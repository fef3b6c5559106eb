/** Endpoints of the schema that Millrace keeps by itself: which traits and events come, of which types, how often, from where. */
import { z } from 'zod'
import type { Endpoint } from '../endpoints.ts'
import { KEY_NOTES, READ_ERRORS } from './reading-endpoints.ts'

const seen = {
  count: z.int().describe('How often it came.'),
  firstSeenAt: z.iso.datetime().describe('When it came first.'),
  lastSeenAt: z.iso.datetime().describe('When it came last.'),
}

const sources = {
  sources: z.record(z.string(), z.int()).describe('By source, how often it came from there.'),
  otherSources: z.int().describe('How often from sources that are not listed.'),
}

const unkept = z.int().describe('How often names came that are not kept: too many, too long, not allowed.')

const trait = z.object({
  name: z.string().describe('Of the trait, with its group.'),
  type: z.string().nullable().describe('Frozen by the first value, or declared in the catalog; null while none was taken.'),
  ...seen,
  ...sources,
  refused: z.int().describe('Values that were not taken.'),
  lastRefusal: z
    .object({
      code: z.string().describe('Why: a code of the error catalogue.'),
      source: z.string().describe('Who sent it.'),
      at: z.iso.datetime().describe('When it came.'),
    })
    .nullable()
    .describe('The last of them; null when there is none.'),
  hidden: z.int().describe('Values that were ignored, since the catalog hides the trait.'),
})

const event = z.object({
  type: z.string().describe('`track`, `page`, ….'),
  name: z.string().nullable().describe('Of a track; null for types without names.'),
  ...seen,
  ...sources,
  properties: z
    .array(
      z.object({
        name: z.string().describe('Of the property.'),
        ...seen,
        types: z.record(z.string(), z.int()).describe('By type, how often it had that.'),
      }),
    )
    .describe('By name.'),
  otherProperties: z.int().describe('Values of properties that are not listed.'),
})

export const SCHEMA_ENDPOINTS = {
  traitSchema: {
    methods: ['GET'],
    path: '/schema/traits',
    summary: 'The traits that came, with their types, counts and sources.',
    notes: [KEY_NOTES.read],
    response: z.object({
      user: z.array(trait).describe('Of users, by name.'),
      account: z.array(trait).describe('Of accounts, by name.'),
      unkept: z.object({ user: unkept, account: unkept }).describe('What is not listed.'),
    }),
    errors: READ_ERRORS,
  },
  eventSchema: {
    methods: ['GET'],
    path: '/schema/events',
    summary: 'The events that came, with their properties, counts and sources.',
    notes: [KEY_NOTES.read],
    response: z.object({ events: z.array(event).describe('By type and name.'), unkept }),
    errors: READ_ERRORS,
  },
} as const satisfies Record<string, Endpoint>
