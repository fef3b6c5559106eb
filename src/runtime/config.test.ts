import { expect, test } from 'vitest'
import { parseConfig } from './config.ts'

test('everything that is wrong with a configuration is told at once', () => {
  const options = { catalog: '.', publicUrl: 'nonsense', messageDays: 0, store: 'mysql://x' }
  expect(() => parseConfig(options)).toThrow(
    expect.objectContaining({
      code: 'usage_invalid',
      message: expect.stringMatching(/^The configuration cannot be used: (?=.*store: )(?=.*messageDays: )(?=.*publicUrl: )/),
    }),
  )
})

test('what is not said has its default', () => {
  expect(parseConfig({ catalog: '.' })).toMatchObject({ port: 8080, messageDays: 7, lagMaxMs: 600_000, lake: { codec: 'zstd' } })
})
