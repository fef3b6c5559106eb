/** Every mistake in a document is refused with its place and what would be right; what may be meant so is a warning. */
import { describe, expect, test } from 'vitest'
import { DOUBTFUL_DOCUMENTS, REFUSED_DOCUMENTS } from './refused-documents.fixture.ts'
import type { RefusedDocument } from './refused-predicates.fixture.ts'
import { parse, problemLines } from './segment-parsing.fixture.ts'

function check({ document, problems }: RefusedDocument, isUsable: boolean): void {
  const parsed = parse(document)
  expect(problemLines(parsed)).toEqual(problems.map((line) => (typeof line === 'string' ? line : expect.stringMatching(line))))
  expect(parsed.definition !== undefined).toBe(isUsable)
}

describe.each(REFUSED_DOCUMENTS)('$title', ({ rows }) => {
  test.each(rows)('$input: refused', (row) => check(row, false))
})

describe('what can be used', () => {
  test.each(DOUBTFUL_DOCUMENTS)('$input: a warning', (row) => check(row, true))
})
