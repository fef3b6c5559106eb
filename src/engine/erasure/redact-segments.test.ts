import { expect, test } from 'vitest'
import type { Json } from '../../base/json.ts'
import { decodeBatch, encodeBatch } from '../../model/document-batch.ts'
import { CHANGES, COMMANDS, SYSTEM_SCHEMA_HASH } from '../../model/system-collections.ts'
import { normalize } from './erasure.fixture.ts'
import { redactBatch } from './redact-batch.ts'
import { SubjectMatcher } from './subject-matcher.ts'

const [ANN, ANNS_OLD, BOB, ACME] = ['a'.repeat(24), 'b'.repeat(24), 'c'.repeat(24), 'd'.repeat(24)] as const
const EMAIL = 'ann@example.com'
const matcher = new SubjectMatcher(
  { kind: 'user', parts: [ANN, ANNS_OLD], identifiers: [{ kind: 'email', value: EMAIL }] },
  normalize,
)

/** What is left of one document; undefined when that is all of it. */
function left(collection: string, document: Json): Json | undefined {
  const section = {
    collection,
    schemaHash: SYSTEM_SCHEMA_HASH,
    documents: [JSON.stringify(document)],
    keys: ['key'],
    partitions: [''],
  }
  const redacted = redactBatch(encodeBatch([section]), matcher)
  const [text] = redacted ? decodeBatch(redacted.payload).flatMap((each) => each.documents()) : []
  return text === undefined ? undefined : (JSON.parse(text) as Json)
}

const at = { position: 7, index: 0, at: '2026-03-01T00:00:00.000Z' }
const user = (entity: string, note: { [name: string]: Json }): Json => ({ kind: 'user', entity, ...at, ...note })

test.each<[string, Json, Json | undefined]>([
  [
    'all of what changed about the person',
    user(ANN, { isNew: true, facts: { email: [null, EMAIL] }, entered: ['vip'] }),
    { erased: true },
  ],
  ['also where it names nothing but a part', user(ANNS_OLD, { left: ['vip'], account: [ACME, null] }), { erased: true }],
  [
    'all but that it ended',
    user(ANNS_OLD, { facts: { name: ['Ann', null] }, mergedInto: ANN }),
    user(ANNS_OLD, { mergedInto: ANN }),
  ],
  [
    'all but that it took others in',
    user(ANN, { facts: { name: [null, 'Ann'] }, absorbed: [ANNS_OLD] }),
    user(ANN, { absorbed: [ANNS_OLD] }),
  ],
  ['nothing of its end', user(ANN, { isErased: true }), undefined],
  [
    'a fact of somebody else that names the person',
    user(BOB, { facts: { plan: ['a', 'b'], invited: [null, [`Ann <${EMAIL}>`]] } }),
    user(BOB, { facts: { plan: ['a', 'b'] } }),
  ],
  ['nothing of somebody else', user(BOB, { facts: { email: [null, 'joann@example.com'] } }), undefined],
])('of a change record goes %s', (_what, record, expected) => expect(left(CHANGES, record)).toEqual(expected))

const command = { id: 'e'.repeat(24), at: at.at }
const page = { ...command, kind: 'fill-segment', segment: 'vip', version: 3, from: ANN, to: BOB, total: null }

test.each<[string, Json, Json | undefined]>([
  [
    'what a page of history has counted of the person',
    {
      ...page,
      step: 'history',
      activities: [
        [ANN, { k: [1, 'o-501'] }],
        [ANNS_OLD, { k: 2 }],
        [BOB, { k: 3 }],
      ],
    },
    { ...page, step: 'history', activities: [[BOB, { k: 3 }]] },
  ],
  [
    'what it has counted of somebody else and names the person',
    { ...page, step: 'history', activities: [[BOB, { k: [1, EMAIL, 2, 'x'] }]] },
    { ...page, step: 'history', activities: [[BOB, { k: [1, null, 2, 'x'] }]] },
  ],
  [
    'its place in a page of members',
    { ...page, step: 'members', entities: [ANN, BOB] },
    { ...page, step: 'members', entities: [BOB] },
  ],
  [
    'its place in a list of members',
    { ...command, kind: 'change-members', segment: 'hand', add: [BOB, ANN], remove: [ANNS_OLD] },
    { ...command, kind: 'change-members', segment: 'hand', add: [BOB], remove: [] },
  ],
  ['nothing of a page that only begins and ends at it', { ...page, step: 'members', to: null, entities: [BOB] }, undefined],
  [
    'all of the command that erases it but the identifiers, which others keep',
    {
      ...command,
      kind: 'erase',
      entityKind: 'user',
      parts: [],
      identifiers: [
        { kind: 'email', value: EMAIL },
        { kind: 'external_id', value: `of ${EMAIL}` },
      ],
    },
    { ...command, kind: 'erase', entityKind: 'user', parts: [], identifiers: [{ kind: 'external_id', value: `of ${EMAIL}` }] },
  ],
  ['nothing of the command that erases it', { ...command, kind: 'erase', entityKind: 'user', parts: [ANN, ANNS_OLD] }, undefined],
])('of a command goes %s', (_what, document, expected) => expect(left(COMMANDS, document)).toEqual(expected))

test('what was redacted once is redacted: nothing is found again', () => {
  const page = left(COMMANDS, { ...command, kind: 'change-members', segment: 'hand', add: [BOB, ANN], remove: [] })
  const change = left(CHANGES, user(ANNS_OLD, { facts: { name: ['Ann', null] }, mergedInto: ANN }))
  expect([left(COMMANDS, page ?? null), left(CHANGES, change ?? null), left(CHANGES, { erased: true })]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})
