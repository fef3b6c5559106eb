import { expect, test } from 'vitest'
import { append, loadFiles, problemLines, suite } from '../scratch-catalog.fixture.ts'

const EMAIL = '{ type: all, predicates: [{ property: { key: email }, operator: is_set }] }'
const segments = (lines: string) => append(`segments:\n${lines.replaceAll(/^ {6}/gm, '  ').trimEnd()}\n`)

suite('segments', [
  {
    name: 'each form of a document is read, and what Hull adds to one',
    change: segments(`
      with-email: { name: With email, predicate: ${EMAIL} }
      bare: ${EMAIL}
      hull:
        type: accounts_segment
        created_at: 2018-02-12T09:11:42Z
        query: { bool: {} }
        predicate: ${EMAIL}
      testers: { manual: true }`),
    problems: [],
  },
  {
    name: 'all that is wrong is reported where it stands',
    change: segments(`
      big spenders: { predicate: ${EMAIL} }
      trials:
        timeZone: Europe/Belin
        predicate:
          type: all
          predicates:
            - property: { key: plan }
              operator: contians
              options: { value: [pro] }
            - { property: { key: event }, operator: is_at_least, options: { eventName: Order, timeframe: less_than, days: 0 } }
            - type: any
              predicates: []
      nobody: 3`),
    problems: [
      /^millrace.yaml:3:3 Segment "big spenders": "big spenders" is no id for a segment\. \| Use up to 100 letters/,
      'millrace.yaml:5:15 Segment "trials": there is no time zone "Europe/Belin". | Did you mean "Europe/Berlin"?',
      'millrace.yaml:10:21 Segment "trials": operator "contians" does not exist. | Did you mean "contains"?',
      'millrace.yaml:12:71 Segment "trials": "is_at_least" needs a value in the option "count". | For example `"count": 3`.',
      'millrace.yaml:12:119 Segment "trials": 0 days are no time. | Write more than 0.',
      'millrace.yaml:14:23 Segment "trials": the group is empty, so it says nothing of anybody. | Add a predicate, or remove the group.',
      /^millrace.yaml:15:3 Segment "nobody": a segment must be an object, not 3\. \| For example /,
    ],
  },
  {
    name: 'types are those of the catalog, and names that look like one of it are doubted',
    change: append(`traits:
  user:
    seats: { type: number }
    fullName: { rename: name }
    ssn: { forbid: true }
segments:
  doubtful:
    type: all
    predicates:
      - { property: { key: seats }, operator: contains, options: { value: [a] } }
      - { property: { key: saets }, operator: is_set }
      - { property: { key: fullName }, operator: is_set }
      - { property: { key: ssn }, operator: is_set }
      - { property: { key: city }, operator: is_set }
      - { property: { key: event }, operator: at_least_once, options: { eventName: segments changed } }
      - { property: { key: event }, operator: at_least_once, options: { eventName: Signed Up } }
`),
    problems: [
      /^millrace.yaml:10:47 Segment "doubtful": operator "contains" does not fit the trait "seats", which is a number\./,
      'millrace.yaml:11:28 warning: Segment "doubtful": no profile has the trait "saets" yet. | Did you mean "seats"?',
      'millrace.yaml:12:28 warning: Segment "doubtful": no profile has the trait "fullName": its values are kept as "name". | Write "name".',
      'millrace.yaml:13:28 warning: Segment "doubtful": the catalog keeps out the trait "ssn", so no profile has it. | Ask for another.',
      'millrace.yaml:15:84 warning: Segment "doubtful": no event "segments changed" has come yet. | Did you mean "Segments changed"?',
    ],
  },
  {
    name: 'a doubt alone does not hinder',
    change: segments(`
      mixed:
        type: all
        predicates:
          - { property: { key: emial }, operator: is_set }`),
    problems: ['millrace.yaml:6:28 warning: Segment "mixed": no profile has the trait "emial" yet. | Did you mean "email"?'],
  },
  {
    name: 'segments may ask for each other, but not in a circle',
    change: segments(`
      a: { type: all, predicates: [{ property: { key: segment }, operator: is_member, options: { value: [b] } }] }
      b: { type: all, predicates: [{ property: { key: account.segment }, operator: is_not_member, options: { value: [c] } }] }
      c:
        kind: account
        predicate:
          type: all
          predicates:
            - property: { key: users }
              operator: at_least_once
              options:
                predicate:
                  type: any
                  predicates: [{ property: { key: segment }, operator: is_member, options: { value: [a, d] } }]
      d: ${EMAIL}
      e: { type: all, predicates: [{ property: { key: segment }, operator: is_member, options: { value: [e] } }] }`),
    problems: [
      'millrace.yaml:3:101 Segment "a": it asks for its own members: "a" → "b" → "c" → "a" (each asks for those of the next). | Repeat in one of them the predicates that are meant.',
      'millrace.yaml:17:102 Segment "e": segment "e" asks for its own members. | Repeat the predicates that you mean.',
    ],
  },
  {
    name: 'the time zone exists',
    change: append('timeZone: Berlin\n'),
    problems: ['millrace.yaml:1:11 There is no time zone "Berlin". | Write a name such as "Europe/Berlin" or "UTC".'],
  },
  {
    name: 'segments and the time zone of several files are put together',
    change: append(`import: [more.yaml]\ntimeZone: Europe/Berlin\nsegments:\n  a: ${EMAIL}\n`),
    files: { 'more.yaml': `timeZone: Europe/Berlin\nsegments:\n  a: ${EMAIL}\n  b: ${EMAIL}\n` },
    problems: [
      'more.yaml:1:1 Time zone is defined twice; the first definition is at millrace.yaml:2. | Remove one.',
      'more.yaml:3:3 Segment "a" is defined twice; the first definition is at millrace.yaml:4. | Rename or remove one.',
    ],
  },
  {
    name: 'a time zone and a list of segments of another form',
    change: append('timeZone: [UTC]\nsegments: [a]\n'),
    problems: [
      'millrace.yaml:1:11 Time zone: must be text, not a list.',
      'millrace.yaml:2:11 Segments must be a map of fields, not a list.',
    ],
  },
])

const load = (text: string) => loadFiles({ 'millrace.yaml': text })

test('segments follow the time zone of the catalog, unless they have their own', async () => {
  const { catalog } = await load(`timeZone: america/new_york
segments:
  a: ${EMAIL}
  b: { timeZone: UTC, predicate: ${EMAIL} }
  c: { timeZone: { trait: timezone }, predicate: ${EMAIL} }
`)
  expect(catalog).toMatchObject({
    timeZone: 'America/New_York',
    segments: {
      a: { id: 'a', name: 'a', kind: 'user', timeZone: 'America/New_York' },
      b: { timeZone: 'UTC' },
      c: { timeZone: { trait: 'timezone', otherwise: 'America/New_York' } },
    },
  })
})

test('without any, days are those of UTC', async () => {
  const { catalog } = await load('sources: { web: {} }\n')
  expect(catalog).toMatchObject({ timeZone: 'UTC', segments: {} })
})

test('identifiers of the catalog are text', async () => {
  const loaded = await load(`identity: { user: { kinds: { phone: {} } } }
segments:
  a: { type: all, predicates: [{ property: { key: phone }, operator: equals, options: { value: [4711] } }] }
`)
  expect(problemLines(loaded)).toEqual([])
  expect(loaded.catalog?.segments['a']?.predicate?.of).toMatchObject([{ trait: 'phone', test: { values: ['4711'] } }])
})

test('more than 2,000 are refused', async () => {
  const many = Array.from({ length: 2_001 }, (_, i) => `  s${i}: { manual: true }\n`)
  expect(problemLines(await load(`segments:\n${many.join('')}`))).toEqual([
    'millrace.yaml:2002:3 Segment "s2000": there are 2001 segments; 2000 are allowed. | Remove those that nobody asks for.',
  ])
})
