import { expect, test } from 'vitest'
import { valueText } from './profile-text.ts'

test.each([
  ['gold', 'gold'],
  ['2026-03-01', '2026-03-01'],
  ['2026-03-01T08:00:00.000Z', '2026-03-01T08:00:00.000Z'],
  ['2026-03', '"2026-03"'],
  ['0150', '"0150"'],
  ['true', '"true"'],
  ['', '""'],
  [150, '150'],
  [null, 'null'],
])('%j is shown as %s', (value, text) => {
  expect(valueText(value)).toBe(text)
})
