/** The operators of segments, and what is said of documents that are wrong; both from what the parser itself goes by. */
import { TRAIT_TYPES, type TraitType } from '../../src/model/profile/trait.ts'
import {
  AGGREGATE_OPERATORS,
  COMPARISONS,
  COUNT_OPERATORS,
  EVENT_TIME_OPERATORS,
  MEMBER_OPERATORS,
  OPTIONS_OF_TEST,
  SEQUENCE_OPERATORS,
  TIMEFRAMES,
  VALUE_OPERATORS,
  type ValueOperator,
} from '../../src/model/segment/operators.ts'
import { GROUP_DEPTH_MAX, OPTION_VALUES_MAX, PREDICATES_MAX, UNITS, WINDOW_COUNT_MAX } from '../../src/model/segment/predicate.ts'
import { DOUBTFUL_DOCUMENTS, REFUSED_DOCUMENTS } from '../../src/model/segment/refused-documents.fixture.ts'
import type { RefusedDocument } from '../../src/model/segment/refused-predicates.fixture.ts'
import { parse } from '../../src/model/segment/segment-parsing.fixture.ts'
import { tableRow } from './field-table.ts'

const AGO = `one of ${UNITS.map((unit) => `\`${unit}\``).join(', ')}`

export function operatorsPage(): string {
  return `# Operators of segments

What stands in \`operator\` and \`options\` of the predicates of [segments](../segments.md), which says how they are put together and what
they mean exactly. A value is single or a list of up to ${OPTION_VALUES_MAX}: any of them must fit, or none for the operators that begin with
a negation; those hold where there is no value, too.

${traitsText()}
${eventsText()}
## Membership

With the key \`segment\`, or \`account.segment\` for the account of a user; \`value\` lists ids.

${meanings('operator', MEMBER_OPERATORS)}
${refusalsText()}`
}

function traitsText(): string {
  return `## Traits

By the type of the trait: what the [catalog](catalog.md#trait) says, else that of the first value that came. Of an array any element
must fit, by the operators of its elements. Where no type is known yet, each operator is taken, and a word that stands for numbers and for
dates means dates for traits whose names end in \`_at\` or \`_date\`, or with a unit among the options, and numbers otherwise.

${TRAIT_TYPES.map(traitTable).join('\n')}`
}

function eventsText(): string {
  const counts = COUNT_OPERATORS.map(({ word, meaning, bounds }) => {
    const hasCount = bounds !== 'none' && bounds !== 'one'
    return [code(word), meaning, hasCount ? '`count`' : '']
  })
  return `## Events

\`{"property": {"key": "event"}, "operator": …, "options": {"eventName": …, "propsFilters": […], "timeframe": …, …}}\`

How often:

${table(['operator', 'meaning', 'options'], counts)}
The same operators count the \`users\` of an account. In a window that moves \`count\` is ${WINDOW_COUNT_MAX} at most.

A value over them, with the options \`property\`, \`comparison\` and \`value\`; comparisons are
${COMPARISONS.map(code).join(', ')}.

${meanings('operator', AGGREGATE_OPERATORS)}
When first or last, with a timeframe:

${meanings('operator', EVENT_TIME_OPERATORS)}
One after the other, with the options \`then\` (\`eventName\`, \`propsFilters\`) and \`within_<unit>\` (minutes to weeks); a timeframe is that of the
second:

${meanings('operator', SEQUENCE_OPERATORS)}
### Timeframes

Without one, events count whenever they happened.

${table(
  ['timeframe', 'meaning', 'options'],
  TIMEFRAMES.map(({ word, meaning, options }) => [code(word), meaning, shortOptions(options)]),
)}
### Filters of properties

Each of \`propsFilters\`: \`{"section": "property" | "context", "key": …, "operator": …, "value": …}\`; \`section\` is \`property\` where it is left out.
All of them apply to the same event. Days are those of UTC.

${table(
  ['operator', 'meaning'],
  VALUE_OPERATORS.filter(({ isFilter }) => isFilter).map((operator) => [words(operator), operator.meaning]),
)}`
}

function refusalsText(): string {
  return `## What is refused

Each row is a test. Limits: groups ${GROUP_DEPTH_MAX} levels deep, ${PREDICATES_MAX} predicates and filters in a segment, ${OPTION_VALUES_MAX} values in a list. Problems
carry a JSON pointer to the place in the document, in catalog files the line; all of a document are reported at once.

${REFUSED_DOCUMENTS.map(({ title, rows }) => `### ${title}\n\n${problemTable(rows)}`).join('\n')}
### Doubts

These are warnings: the segment is taken, since the trait or the event may come later.

${problemTable(DOUBTFUL_DOCUMENTS)}`
}

function meanings(head: string, entries: readonly { word: string; meaning: string }[]): string {
  return table(
    [head, 'meaning'],
    entries.map(({ word, meaning }) => [code(word), meaning]),
  )
}

function traitTable(type: TraitType): string {
  const operators = VALUE_OPERATORS.filter(({ types }) => types.includes(type))
  const rows = operators.map((operator) => [words(operator), operator.meaning, shortOptions(OPTIONS_OF_TEST[operator.test])])
  return `### ${type}\n\n${table(['operator', 'meaning', 'options'], rows)}`
}

function words({ word, synonyms = [] }: ValueOperator): string {
  return [word, ...synonyms].map(code).join(', ')
}

/** Units are many, and always the same. */
function shortOptions(options: readonly string[]): string {
  const plain = options.filter((name) => !isUnit(name) && !isOfPair(name)).map(code)
  return [
    ...plain,
    ...(options.some(isUnit) ? [AGO] : []),
    ...(options.includes('from') ? ['`from` and `to`'] : []),
    ...(options.some(isBetween) ? ['`min_<unit>` and `max_<unit>`'] : []),
  ].join(', or ')
}

function isUnit(name: string): boolean {
  return UNITS.some((unit) => unit === name)
}

function isBetween(name: string): boolean {
  return /^(?:min|max)_/.test(name)
}

function isOfPair(name: string): boolean {
  return isBetween(name) || name === 'from' || name === 'to'
}

function problemTable(rows: readonly RefusedDocument[]): string {
  return table(
    ['what comes', 'where', 'what is said'],
    rows.flatMap(({ input, document }) =>
      parse(document).problems.map(({ pointer, message, hint }, i) => [
        i === 0 ? input : '',
        code(pointer === '' ? '/' : shortened(pointer, 60)),
        shortened(hint === undefined ? message : `${message} ${hint}`, 300),
      ]),
    ),
  )
}

function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = `|${'---|'.repeat(head.length)}`
  return `${[tableRow(head), rule, ...rows.map(tableRow)].join('\n')}\n`
}

function code(text: string): string {
  return `\`${text}\``
}
