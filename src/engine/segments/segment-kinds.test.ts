import { expect, test } from 'vitest'
import type { SegmentDefinition } from '../../model/segment/segment.ts'
import { kindConflict, requireSameKinds } from './segment-kinds.ts'

const USERS: SegmentDefinition = { id: 'a', name: 'A', kind: 'user', timeZone: 'UTC' }
const ACCOUNTS: SegmentDefinition = { ...USERS, kind: 'account' }
const KNOWN = { definition: USERS, owner: 'catalog', version: 1, createdAt: '', updatedAt: '', members: 0 } as const

test('a segment keeps its kind as long as it is there, and has any before', () => {
  expect(kindConflict(ACCOUNTS, undefined)).toBeUndefined()
  expect(kindConflict(USERS, KNOWN)).toBeUndefined()
  const message = 'The segment "a" is one of users, and cannot become one of accounts.'
  expect(kindConflict(ACCOUNTS, KNOWN)).toEqual({ message, hint: 'Delete it first, or give the new one another id.' })
  const hint = 'It is being deleted: wait until it is gone, or give the new one another id.'
  expect(kindConflict(ACCOUNTS, { ...KNOWN, isDeleting: true })).toEqual({ message, hint })
})

test('a catalog that changes a kind is refused', () => {
  expect(() => requireSameKinds({ a: USERS, b: ACCOUNTS }, [KNOWN])).not.toThrow()
  expect(() => requireSameKinds({ a: ACCOUNTS }, [KNOWN])).toThrow(expect.objectContaining({ code: 'segment_kind_changed' }))
})
