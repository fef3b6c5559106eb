/** Events that are wrong: those that are set aside, and those that are mended on the way in. */
import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { BadInput, Profile } from './bad-input.ts'

const track = (more: object) => ({ type: 'track', event: 'Paid', ...more })
const SET_ASIDE = 'to the quarantine; the rest of the batch is taken'

type SetAside = { input: string; code: string; pointer: string; why: string; items: unknown[]; becomes?: string; isCut?: true }

function setAside({ input, code, pointer, why, items, becomes = SET_ASIDE, isCut }: SetAside): BadInput {
  const good = track({ userId: 'bystander', messageId: 'good' })
  const answer = `200: 1 accepted, ${items.length} rejected (\`${code}\`)`
  // As text, when it is more than JSON can write.
  const bad = items.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)))
  return {
    input,
    answer,
    becomes,
    why,
    sent: [{ body: `{"batch":[${bad.join(',')},${JSON.stringify(good)}]}` }],
    stored: { events: [{ id: 'good' }], quarantined: items.map(() => ({ code, pointer, ...(isCut && { isCut }) })) },
  }
}

const nested = (levels: number) => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels)

export const REFUSED_EVENTS: BadInput[] = [
  setAside({
    input: 'an item that is no object',
    code: 'event_invalid',
    pointer: '',
    items: [[7], 7, null, '"text"'],
    why: 'it says nothing',
  }),
  setAside({
    input: 'a type that is missing or unknown',
    code: 'type_unknown',
    pointer: '/type',
    items: [{ ...track({ userId: 'u' }), type: 'trak' }, { userId: 'u' }, { type: 7, userId: 'u' }],
    why: 'the message says which type may be meant',
  }),
  setAside({
    input: 'a track without a name',
    code: 'event_name_missing',
    pointer: '/event',
    items: [
      { type: 'track', userId: 'u', event: ' ' },
      { type: 'track', userId: 'u' },
    ],
    why: 'nobody could look for it',
  }),
  setAside({
    input: 'no identifier',
    code: 'identifier_missing',
    pointer: '/userId',
    items: [track({})],
    why: 'it happened to nobody',
  }),
  setAside({
    input: 'identifiers that are all `""`, `null`, `"null"` or `"undefined"`',
    code: 'identifier_missing',
    pointer: '/userId',
    items: ['', null, 'null', 'undefined'].map((userId) => track({ userId, anonymousId: null })),
    why: 'careless code sends these for “none”; all such people would become one',
  }),
  setAside({
    input: 'an id that is a number beyond 2^53',
    code: 'identifier_invalid',
    pointer: '/userId',
    items: ['{"type":"track","event":"Paid","userId":12345678901234567890}'],
    why: 'JSON has rounded it: it may be somebody else’s',
  }),
  setAside({
    input: 'an id of more than 500 characters',
    code: 'identifier_invalid',
    pointer: '/userId',
    items: [track({ userId: 'u'.repeat(501) })],
    why: 'it fits no key of a store',
  }),
  setAside({
    input: 'a group without `groupId`',
    code: 'identifier_missing',
    pointer: '/groupId',
    items: [{ type: 'group', userId: 'u' }],
    why: 'there is nothing to link',
  }),
  setAside({
    input: 'an alias without `previousId`',
    code: 'identifier_missing',
    pointer: '/previousId',
    items: [{ type: 'alias', userId: 'u' }],
    why: 'there is nothing to join',
  }),
  setAside({
    input: 'a trait with a thousand nested levels (more than 32 in the event)',
    code: 'nesting_too_deep',
    pointer: '/traits',
    items: [`{"type":"identify","userId":"deep","traits":${nested(1_000)}}`],
    why: 'whoever follows them down runs out of stack',
  }),
  setAside({
    input: 'a hundred thousand levels',
    code: 'nesting_too_deep',
    pointer: '/properties',
    items: [`{"type":"track","event":"Paid","userId":"u","properties":${nested(100_000)}}`],
    becomes: 'to the quarantine, cut at 65,536 characters',
    isCut: true,
    why: 'the same',
  }),
  setAside({
    input: 'an event above `eventBytes` (32,768)',
    code: 'event_too_large',
    pointer: '',
    items: [track({ userId: 'u', properties: { text: 'x'.repeat(32_768) } })],
    why: 'SDKs hold themselves to 32 KB; a source may allow more',
  }),
  {
    input: 'any of these from a source with `strict: true`',
    answer: '400 `event_invalid`',
    becomes: 'nothing of the request is kept; `rejected` lists what is wrong',
    why: 'developers see their mistakes at once',
    isStrict: true,
    sent: [[track({ userId: 'u' }), track({})]],
  },
]

type Mended = {
  input: string
  item: object | string
  user: string
  member: string
  becomes: string
  why: string
  event?: object
  profile?: Profile
}

function mended({ input, item, user, member, becomes, why, event = {}, profile }: Mended): BadInput {
  const body = `{"batch":[${typeof item === 'string' ? item : JSON.stringify(item)}]}`
  return {
    input,
    answer: '200: 1 accepted',
    becomes,
    why,
    user,
    sent: [{ body }],
    stored: { events: [{ ...event, corrections: [expect.objectContaining({ member }) as object] }], ...(profile && { profile }) },
  }
}

const known = (id: string, traits: Record<string, unknown> = {}): Profile => ({ identifiers: [`external_id=${id}`], traits })
const long = 'm'.repeat(101)

export const MENDED_EVENTS: BadInput[] = [
  {
    input: 'ids that are numbers',
    answer: '200: 1 accepted',
    becomes: 'they become text: `4711` and `"4711"` are the same user',
    why: 'old libraries send them',
    user: '4711',
    sent: [[track({ userId: 4711, messageId: 17 })]],
    stored: { events: [{ id: '17', userId: '4711' }], profile: known('4711') },
  },
  mended({
    input: '`"undefined"` beside an id that is good',
    item: track({ userId: 'undefined', anonymousId: 'visitor-7' }),
    user: 'anonymous_id:visitor-7',
    member: '/userId',
    becomes: 'it counts as absent',
    why: 'the event is still somebody’s',
    profile: { identifiers: ['anonymous_id=visitor-7'], traits: {} },
  }),
  mended({
    input: 'NUL characters',
    item: { type: 'identify', userId: 'nul', traits: { name: 'A\u0000da' } },
    user: 'nul',
    member: '',
    becomes: 'they are removed',
    why: 'databases refuse them',
    profile: known('nul', { name: 'Ada' }),
  }),
  mended({
    input: 'halves of surrogate pairs',
    item: { type: 'identify', userId: 'surrogate', traits: { name: 'Ada\ud83d' } },
    user: 'surrogate',
    member: '',
    becomes: 'they are removed',
    why: 'the same; SDKs cut texts in the middle of an emoji',
    profile: known('surrogate', { name: 'Ada' }),
  }),
  mended({
    input: 'members named `__proto__`, `constructor`, `prototype`',
    item: '{"type":"identify","userId":"proto","traits":{"__proto__":{"admin":true},"plan":"team"}}',
    user: 'proto',
    member: '',
    becomes: 'they are removed',
    why: 'they harm programs that read them',
    profile: known('proto', { plan: 'team' }),
  }),
  mended({
    input: 'a number beyond the range of a double: `1e999`',
    item: '{"type":"identify","userId":"huge","traits":{"spent":1e999,"plan":"team"}}',
    user: 'huge',
    member: '',
    becomes: 'it becomes null',
    why: 'nobody knows which number it was',
    profile: known('huge', { plan: 'team' }),
  }),
  {
    input: 'a message id of 100 characters',
    answer: '200: 1 accepted',
    becomes: 'it is kept as it is',
    why: 'the limit of the field',
    sent: [[track({ userId: 'u', messageId: 'm'.repeat(100) })]],
    stored: { events: [{ id: 'm'.repeat(100) }] },
  },
  mended({
    input: 'a message id of 101 characters',
    item: track({ userId: 'message-id', messageId: long }),
    user: 'message-id',
    member: '/messageId',
    becomes: 'its SHA-256 stands for it',
    why: 'others drop the event; repeats are still known by the hash',
    event: { id: `sha256:${createHash('sha256').update(long).digest('hex')}` },
  }),
  mended({
    input: 'a message id that is neither text nor a number',
    item: track({ userId: 'message-id', messageId: {} }),
    user: 'message-id',
    member: '/messageId',
    becomes: 'a new one is made',
    why: 'different events must not become one; a repeat of this one is not known',
    event: { id: expect.stringMatching(/^millrace-[0-9a-f]{24}$/) as string },
  }),
  {
    input: 'the same message id again',
    answer: '200: 1 accepted',
    becomes: 'the repeat is dropped, and counted in `/status`',
    why: 'SDKs send again what was not answered in time',
    sent: [[track({ userId: 'u', messageId: 'again' })], [track({ userId: 'u', messageId: 'again' })]],
    stored: { events: [{ id: 'again' }] },
  },
  {
    input: 'a member that stands there twice',
    answer: '200: 1 accepted',
    becomes: 'the last one counts',
    why: 'that is how JSON is read everywhere',
    sent: [{ body: '{"batch":[{"type":"track","event":"Paid","event":"Opened","userId":"u"}]}' }],
    stored: { events: [{ name: 'Opened' }] },
  },
]
