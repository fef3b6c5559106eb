/** Endpoints of segments: defining, looking at who is in them and why, members by hand, and the segments of a catalog as a whole. */
import { z } from 'zod'
import type { EntityKind } from '../../model/profile/entity.ts'
import type { Endpoint } from '../endpoints.ts'
import { KEY_NOTES, READ_ERRORS } from '../profiles/reading-endpoints.ts'
import {
  appliedStep,
  catalogBody,
  CHANGE_ERRORS,
  documentBody,
  explanation,
  member,
  membersBody,
  membership,
  plannedStep,
  preview,
  QUERY_ERRORS,
  segment,
  sent,
  shortProfile,
  TIMELINE_ERRORS,
  warnings,
} from './segment-shapes.ts'

const INVALID_NOTE =
  'A document that is no segment is answered with `segment_invalid`, and `problems` lists all that is wrong, each with pointer, message and hint.'

function membershipsOf(kind: EntityKind) {
  return {
    methods: ['GET'],
    path: `/${kind}s/{ref}/segments`,
    summary: `The segments that ${kind === 'user' ? 'a user' : 'an account'} is in, and since when.`,
    notes: [KEY_NOTES.read],
    response: z.object({ entity: shortProfile, segments: z.array(membership).describe('In the order of the ids.') }),
    errors: [...READ_ERRORS, 'entity_unknown'],
  } as const satisfies Endpoint
}

export const MEMBERSHIP_ENDPOINTS = { user: membershipsOf('user'), account: membershipsOf('account') } as const

export const SEGMENT_ENDPOINTS = {
  segments: {
    methods: ['GET'],
    path: '/segments',
    summary: 'All segments, with how many members they have and whether history is still looked at.',
    notes: [KEY_NOTES.read],
    response: z.object({ segments: z.array(segment).describe('In the order of the ids.') }),
    errors: READ_ERRORS,
  },
  segment: {
    methods: ['GET'],
    path: '/segments/{id}',
    summary: 'One segment.',
    notes: [KEY_NOTES.read],
    response: segment,
    errors: [...READ_ERRORS, 'segment_unknown'],
  },
  defineSegment: {
    methods: ['POST', 'PUT'],
    path: '/segments/{id}',
    summary: 'Defines a segment, or changes it.',
    notes: [
      'The answer comes when it is applied; then history is looked at in the background, and `GET` shows how far it is.',
      'What is there already, just so, is left alone: the request may be repeated.',
      INVALID_NOTE,
      KEY_NOTES.admin,
    ],
    request: { headers: {}, bodies: { 'application/json': documentBody } },
    response: z.object({
      change: z.enum(['created', 'changed', 'unchanged']).describe('What was done.'),
      segment: segment.nullable().describe('As it is now; null when it is not applied yet.'),
      warnings,
      ...sent,
    }),
    errors: [...CHANGE_ERRORS, 'segment_of_catalog', 'segment_limit', 'segment_invalid'],
  },
  deleteSegment: {
    methods: ['DELETE'],
    path: '/segments/{id}',
    summary: 'Deletes a segment; its members leave it.',
    notes: ['It is gone when the last member has left.', KEY_NOTES.admin],
    response: z.object(sent),
    errors: [...CHANGE_ERRORS, 'segment_unknown', 'segment_in_use', 'segment_of_catalog'],
  },
  segmentMembers: {
    methods: ['GET'],
    path: '/segments/{id}/members',
    summary: 'The members of a segment, page by page.',
    notes: [
      '`limit` is 50 unless said otherwise, 1,000 at most; `cursor` takes the `nextCursor` of the page before. A page may hold fewer and yet not be the last.',
      'Whoever entered a moment ago may be missing.',
      KEY_NOTES.read,
    ],
    response: z.object({
      members: z.array(member).describe('In the order of the ids.'),
      nextCursor: z.string().nullable().describe('Where the next page begins; null on the last.'),
    }),
    errors: [...READ_ERRORS, 'segment_unknown', ...QUERY_ERRORS],
  },
  changeMembers: {
    methods: ['POST'],
    path: '/segments/{id}/members',
    summary: 'Adds members to a manual segment, and removes them.',
    notes: [
      'Those that are in it already, or are not, stay as they are: the request may be repeated.',
      'Who is not known is reported and left out; the others are done.',
      KEY_NOTES.admin,
    ],
    request: { headers: {}, bodies: { 'application/json': membersBody } },
    response: z.object({
      added: z.int().describe('How many were named to be added, each once, members or not.'),
      removed: z.int().describe('Likewise to be removed.'),
      unknown: z
        .array(
          z.object({
            list: z.enum(['add', 'remove']).describe('In which list.'),
            index: z.int().describe('Its place therein, from 0.'),
            ref: z.string().describe('As it was named.'),
          }),
        )
        .describe('What leads to nobody.'),
      ...sent,
    }),
    errors: [...CHANGE_ERRORS, 'segment_unknown', 'segment_not_manual'],
  },
  explainSegment: {
    methods: ['GET'],
    path: '/segments/{id}/explanation',
    summary: 'Why somebody is in a segment, or is not, since when, and until when if nothing happens.',
    notes: [
      '`entity` names the user or account like `ref` elsewhere: `?entity=email:ada@example.com`.',
      'Events come from the timeline, the newest 500 of a name; where there are more, `since` is not known.',
      KEY_NOTES.read,
    ],
    response: explanation,
    errors: [...READ_ERRORS, 'segment_unknown', 'entity_unknown', ...TIMELINE_ERRORS],
  },
  previewSegment: {
    methods: ['POST'],
    path: '/segments/preview',
    summary: 'What a segment would hold, without saving it: how many, some of them, and what each condition leaves.',
    notes: [INVALID_NOTE, KEY_NOTES.read],
    request: { headers: {}, bodies: { 'application/json': documentBody } },
    response: preview,
    errors: [...READ_ERRORS, 'body_invalid', 'body_too_large', 'segment_invalid', ...QUERY_ERRORS],
  },
  planCatalog: {
    methods: ['POST'],
    path: '/plan',
    summary: 'What the segments of a catalog would change: who would enter and leave each, without doing it.',
    notes: [
      'Segments of the catalog that it no longer has are deleted; those of the API stay, unless the catalog has one of the same id.',
      'What is planned together is counted as if it had been done: where a rule asks for members of a segment that changes, that one’s rule decides.',
      'Segments of the API that follow, since they ask for one that changes, are listed as well; nothing is done to them.',
      'Counting ends after half a minute; what is left, and what takes too long by itself, says `isUncounted`.',
      INVALID_NOTE,
      KEY_NOTES.read,
    ],
    request: { headers: {}, bodies: { 'application/json': catalogBody } },
    response: z.object({
      segments: z.array(plannedStep).describe('Those of the catalog, those to be deleted, and those of the API that follow.'),
    }),
    errors: [...READ_ERRORS, 'body_invalid', 'body_too_large', 'segment_invalid', ...QUERY_ERRORS],
  },
  applyCatalog: {
    methods: ['POST'],
    path: '/apply',
    summary: 'Makes the segments those of a catalog, as the plan says.',
    notes: [
      'The answer comes when it is applied; then history is looked at in the background.',
      'What is so already is left alone: the request may be repeated.',
      INVALID_NOTE,
      KEY_NOTES.admin,
    ],
    request: { headers: {}, bodies: { 'application/json': catalogBody } },
    response: z.object({ segments: z.array(appliedStep).describe('What was done.'), ...sent }),
    errors: [...CHANGE_ERRORS, 'segment_invalid', 'segment_in_use'],
  },
  userSegments: MEMBERSHIP_ENDPOINTS.user,
  accountSegments: MEMBERSHIP_ENDPOINTS.account,
} as const satisfies Record<string, Endpoint>
