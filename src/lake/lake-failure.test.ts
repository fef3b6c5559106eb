import { expect, test } from 'vitest'
import { MillraceError } from '../base/errors.ts'
import { asLakeFailure } from './lake-failure.ts'

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: it failed`), { code })
}

test.each([
  ['ENOSPC', 'disk_full'],
  ['EDQUOT', 'disk_full'],
  ['EACCES', 'lake_unavailable'],
  ['EIO', 'lake_unavailable'],
  ['EXDEV', 'lake_unavailable'],
])('%s of the file system is %s, and passes', (systemCode, code) => {
  expect(asLakeFailure(systemError(systemCode), '/lake')).toMatchObject({ code, retryable: true })
})

test('what is an error of the catalogue already stays as it is', () => {
  const error = new MillraceError('lake_corrupt', 'A fragment is damaged.')
  expect(asLakeFailure(error, '/lake')).toBe(error)
})

test.each([systemError('ERR_INVALID_ARG_TYPE'), new TypeError('x is not a function'), 'text'])('%s is a defect', (error) => {
  expect(asLakeFailure(error, '/lake')).toBeUndefined()
})
