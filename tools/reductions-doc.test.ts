/** The examples of docs/reductions.md are executed, in every grouping of their documents. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Json, JsonObject } from '../src/base/json.ts'
import { parseAnnotation } from '../src/model/reduce/annotation.ts'
import { check, checkFails, compileTestSchema } from '../src/model/reduce/reduction-check.fixture.ts'

type Example = { schema: JsonObject; documents: Json[]; result?: Json; fails?: string }

const page = readFileSync(join(import.meta.dirname, '../docs/reductions.md'), 'utf8')

/** Sections by their titles, with the examples in them. */
const sections = page.split(/^## /m).map((text) => ({
  title: text.split('\n', 1)[0] ?? '',
  examples: [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) => parse(block) as Example),
}))

const examples = sections.flatMap(({ title, examples }) =>
  examples.map((example, i) => ({ name: `${title} ${i + 1}`, ...example })),
)

test.each(examples)('$name: comes to what the page says', ({ schema, documents, result, fails }) => {
  const compiled = compileTestSchema(schema)
  for (const document of documents) expect(compiled.validate(document)).toBeUndefined()
  if (fails === undefined) check(schema, documents, result)
  else checkFails(schema, documents, new RegExp(RegExp.escape(fails)))
})

test('every strategy has a section with an example', () => {
  const parsed = parseAnnotation({ strategy: '' })
  const [, list = ''] = 'faults' in parsed ? (/there are (.*)/.exec(parsed.faults[0]?.message ?? '') ?? []) : []
  const strategies = list.split(', ')
  expect(strategies).toHaveLength(9)
  for (const strategy of strategies) {
    const section = sections.find(({ title }) => title.split(/,? and | /).includes(strategy))
    expect(section?.examples.length, strategy).toBeGreaterThan(0)
  }
})
