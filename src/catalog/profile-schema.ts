/** The form of the catalog's sections about profiles: where events come from, what traits hold, whom identifiers lead to. */
import * as z from 'zod'
import { DEFAULT_SOURCE_LIMITS } from '../model/catalog.ts'
import { RAW_CHARACTERS_MAX } from '../model/event/quarantine.ts'
import { TRAIT_TYPES, TRAIT_VISIBILITIES } from '../model/profile/trait.ts'

/** Below it no event of a real SDK would pass. */
const BYTES_MIN = 1_024
/** What the server takes in one body. */
const BATCH_BYTES_MAX = 16 * 1_024 * 1_024
/** Four times what SDKs send; a request is one entry of the log, and is in memory as a whole. */
const BATCH_EVENTS_MAX = 10_000
/** Far above what one server takes. */
const REQUESTS_PER_SECOND_MAX = 1_000_000
/** More identifiers than that are no person, and all of them are read and written with the profile. */
const IDENTIFIERS_MAX = 1_000
/** Each value of an event is compared with each of them. */
const PATTERNS_MAX = 100
const PATTERN_CHARACTERS_MAX = 200
/** The public list has about as many. */
const FREEMAIL_DOMAINS_MAX = 10_000
/** A domain name has no more (RFC 1035). */
const DOMAIN_CHARACTERS_MAX = 253

const limits = z
  .strictObject({
    eventBytes: z
      .int()
      .min(BYTES_MIN)
      .max(RAW_CHARACTERS_MAX)
      .optional()
      .describe(
        `Bytes of one event as JSON, ${BYTES_MIN} to ${RAW_CHARACTERS_MAX}. Default ${DEFAULT_SOURCE_LIMITS.eventBytesMax}.`,
      ),
    batchBytes: z
      .int()
      .min(BYTES_MIN)
      .max(BATCH_BYTES_MAX)
      .optional()
      .describe(
        `Bytes of one request after decompression, ${BYTES_MIN} to ${BATCH_BYTES_MAX}. Default ${DEFAULT_SOURCE_LIMITS.batchBytesMax}.`,
      ),
    batchEvents: z
      .int()
      .min(1)
      .max(BATCH_EVENTS_MAX)
      .optional()
      .describe(`Events of one request, up to ${BATCH_EVENTS_MAX}. Default ${DEFAULT_SOURCE_LIMITS.batchEventsMax}.`),
    requestsPerSecond: z
      .int()
      .min(1)
      .max(REQUESTS_PER_SECOND_MAX)
      .optional()
      .describe('Requests a second over all connections; above it clients are told to wait. Default: no limit.'),
  })
  .meta({ id: 'SourceLimits', title: 'Source limits', description: 'How much a source may send at once.' })

const oauthClient = z
  .strictObject({
    id: z.string().min(1).max(200).describe('The client’s id; no two clients of the catalog have the same.'),
    publicKey: z
      .string()
      .min(1)
      .describe('The client’s RSA public key of 2048 bits or more in PEM: a file relative to this one, or the text itself.'),
  })
  .meta({
    id: 'OAuthClient',
    title: 'OAuth client',
    description: 'A program that asks for tokens at `/token` with a key of its own.',
  })

export const sourceSchema = z
  .strictObject({
    sdk: z
      .enum(['segment', 'customerio', 'rudderstack', 'jitsu'])
      .optional()
      .describe('Whose settings its browsers get. The calls of all SDKs are taken in any case. Default segment.'),
    strict: z
      .boolean()
      .optional()
      .describe(
        'True: a request with a bad event is answered 400 and none of it is taken. False: the bad event is set aside in the quarantine. Default false.',
      ),
    limits: limits.optional(),
    oauthClients: z.array(oauthClient).optional().describe('Clients that send with tokens instead of a write key.'),
  })
  .meta({ id: 'Source', title: 'Source', description: 'A site, an app or a server that sends events.' })

export const traitSchema = z
  .strictObject({
    type: z
      .enum(TRAIT_TYPES)
      .optional()
      .describe('Values that do not fit without loss are refused. Default: that of the first value.'),
    visibility: z
      .enum(TRAIT_VISIBILITIES)
      .optional()
      .describe(
        '`tracked`: kept, and its changes are events on the timeline; `visible`: kept; `hidden`: ignored on the way in. Default tracked.',
      ),
    order: z
      .enum(['newest', 'last-received'])
      .optional()
      .describe(
        'Which value stays: `newest`, the one that was true last, whenever it comes; `last-received`, the one that came last. Default newest.',
      ),
    rename: z.string().min(1).optional().describe('Values that come under this name are kept under that one.'),
    forbid: z.boolean().optional().describe('Values are refused, and the event says so. Default false.'),
  })
  .meta({ id: 'Trait', title: 'Trait', description: 'What is known of a trait beforehand.' })

const identifierLimit = z.int().min(1).max(IDENTIFIERS_MAX)

const identifierKind = z
  .strictObject({
    limit: identifierLimit
      .optional()
      .describe(`Identifiers of this kind that one entity may have, up to ${IDENTIFIERS_MAX}. Default 5.`),
    before: z
      .string()
      .min(1)
      .optional()
      .describe(
        'The kind that it goes before: of several identifiers that are known, the first kind decides. Default anonymous_id.',
      ),
  })
  .meta({ id: 'IdentifierKind', title: 'Identifier kind', description: 'A kind of identifier beside the built-in ones.' })

const entityIdentity = z
  .strictObject({
    kinds: z.record(z.string().min(1), identifierKind).optional().describe('Further kinds by name, as in `context.externalIds`.'),
    limits: z
      .record(z.string().min(1), identifierLimit)
      .optional()
      .describe(`By built-in kind, how many identifiers of it one entity may have, up to ${IDENTIFIERS_MAX}.`),
  })
  .meta({ id: 'EntityIdentity', title: 'Entity identity', description: 'The identifiers of users, or of accounts.' })

export const identitySchema = z
  .strictObject({
    user: entityIdentity
      .optional()
      .describe('Of users. Built in, in this order: `external_id` (1), `email` (5), `anonymous_id` (100).'),
    account: entityIdentity
      .optional()
      .describe('Of accounts. Built in, in this order: `external_id` (1), `domain` (5), `anonymous_id` (100).'),
    externalId: z
      .strictObject({
        pattern: z
          .string()
          .min(1)
          .max(PATTERN_CHARACTERS_MAX)
          .describe('Regular expression that a whole external id of a user matches; case counts.'),
        otherwise: z
          .enum(['anonymous_id', 'ignore'])
          .describe('What becomes of another value: it is taken as an anonymous id, or not at all. The event says so.'),
      })
      .optional()
      .describe('What external ids of users look like. Default: anything.'),
    blocked: z
      .array(z.string().min(1).max(PATTERN_CHARACTERS_MAX))
      .max(PATTERNS_MAX)
      .optional()
      .describe('Values that identify nobody, beside the built-in ones: regular expressions for the whole value, in any case.'),
    blockedDefaults: z
      .boolean()
      .optional()
      .describe('Whether the built-in values are blocked as well: `null`, `undefined`, `0…0` and the like. Default true.'),
    freemail: z
      .array(z.string().min(1).max(DOMAIN_CHARACTERS_MAX))
      .max(FREEMAIL_DOMAINS_MAX)
      .optional()
      .describe('Domains of free mail beside those of the public list: no account has one, and none is found by one.'),
  })
  .meta({
    id: 'Identity',
    title: 'Identity',
    description: 'How identifiers lead to users and accounts. It stands in one file only.',
  })

export type SourceDefinition = z.infer<typeof sourceSchema>
export type TraitDefinition = z.infer<typeof traitSchema>
export type IdentityDefinition = z.infer<typeof identitySchema>
export type EntityIdentityDefinition = z.infer<typeof entityIdentity>
