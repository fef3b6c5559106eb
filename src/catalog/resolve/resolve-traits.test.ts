import { expect, test } from 'vitest'
import { append, loadFiles, problemLines, suite } from '../scratch-catalog.fixture.ts'

const NAME_HINT = 'Use up to 200 characters without blanks around them, for example "plan" or "crm/stage".'
const traits = (lines: string) => append(`traits:\n  user:\n${lines.replaceAll(/^ */gm, '    ').trimEnd()}\n`)

suite('traits', [
  {
    name: 'every wrong field is reported at once',
    change: append(`traits:
  users: {}
  user:
    plan: { type: strng, visible: hidden }
  account:
    seats: { order: last, rename: '', forbid: 1 }
`),
    problems: [
      'millrace.yaml:2:3 Unknown field "users". | Did you mean "user"?',
      'millrace.yaml:4:19 User trait "plan": type must be "string" or "number" or "boolean" or "date" or "array" or "geo_point" or "json", not "strng".',
      'millrace.yaml:4:26 User trait "plan": unknown field "visible". | Known: type, visibility, order, rename, forbid.',
      'millrace.yaml:6:21 Account trait "seats": order must be "newest" or "last-received", not "last".',
      'millrace.yaml:6:35 Account trait "seats": rename must not be empty.',
      'millrace.yaml:6:47 Account trait "seats": forbid must be true or false, not 1.',
    ],
  },
  {
    name: 'names are what a client can send and a person can see',
    change: traits(`' plan': {}
      a__proto__: {}
      "a\\u0007b": {}
      ${'x'.repeat(201)}: {}
      crm/stage: {}
      Größe (cm): {}
      old: { rename: 'new ' }
    `),
    problems: [
      `millrace.yaml:3:5 User trait " plan": this is not a name for a trait. | ${NAME_HINT}`,
      `millrace.yaml:4:5 User trait "a__proto__": this is not a name for a trait. | ${NAME_HINT}`,
      `millrace.yaml:5:5 User trait "a\u0007b": this is not a name for a trait. | ${NAME_HINT}`,
      `millrace.yaml:6:5 User trait "${'x'.repeat(201)}": this is not a name for a trait. | ${NAME_HINT}`,
      `millrace.yaml:9:20 User trait "old": "new " is not a name for a trait. | ${NAME_HINT}`,
    ],
  },
  {
    name: 'what is refused or renamed has no rules of its own',
    change: traits(`ssn: { forbid: true, type: string, rename: number }
      fullName: { rename: name, visibility: visible, order: newest }
      fine: { forbid: false, type: string }
    `),
    problems: [
      'millrace.yaml:3:32 User trait "ssn": it is forbidden, so `type` has no effect. | Remove `type`, or `forbid`.',
      'millrace.yaml:3:48 User trait "ssn": it is forbidden, so `rename` has no effect. | Remove `rename`, or `forbid`.',
      'millrace.yaml:4:43 User trait "fullName": it is kept as "name", so `visibility` has no effect. | Say so of "name".',
      'millrace.yaml:4:59 User trait "fullName": it is kept as "name", so `order` has no effect. | Say so of "name".',
    ],
  },
  {
    name: 'a trait is renamed once',
    change: traits(`a: { rename: b }
      b: { rename: c }
      c: { rename: d }
      left: { rename: right }
      right: { rename: left }
      self: { rename: self }
    `),
    problems: [
      'millrace.yaml:3:18 User trait "a": "b" is renamed itself: "a" → "b" → "c" → "d". | Rename it to "d".',
      'millrace.yaml:4:18 User trait "b": "c" is renamed itself: "b" → "c" → "d". | Rename it to "d".',
      'millrace.yaml:6:21 User trait "left": it is renamed in a circle: "left" → "right" → "left". | Decide which name stays, and rename the others to it.',
      'millrace.yaml:7:22 User trait "right": it is renamed in a circle: "right" → "left" → "right". | Decide which name stays, and rename the others to it.',
      'millrace.yaml:8:21 User trait "self": it is renamed to itself. | Remove `rename`.',
    ],
  },
  {
    name: 'a new name keeps values',
    change: traits(`a: { rename: secret }
      secret: { forbid: true }
      b: { rename: score }
      score: { visibility: hidden }
    `),
    problems: [
      'millrace.yaml:3:18 User trait "a": its new name "secret" is forbidden. | Forbid "a" instead, or allow "secret".',
      'millrace.yaml:5:18 User trait "b": its new name "score" is hidden, so nothing would be kept. | Hide "b" instead.',
    ],
  },
  {
    name: 'a dot in a name is a slash',
    change: traits(`crm/stage: {}
      crm.stage: {}
      stage: { rename: crm.old }
      crm/old: { rename: crm.stage }
      crm/self: { rename: crm.self }
    `),
    problems: [
      'millrace.yaml:4:5 User trait "crm.stage": it is the same as "crm/stage" at millrace.yaml:3, since "." in a name is "/". | Remove one.',
      'millrace.yaml:5:22 User trait "stage": "crm.old" is renamed itself: "stage" → "crm/old" → "crm/stage". | Rename it to "crm/stage".',
      'millrace.yaml:7:25 User trait "crm/self": it is renamed to itself. | Remove `rename`.',
    ],
  },
  {
    name: 'users and accounts have traits of their own, across files as well',
    change: append('import: [more.yaml]\ntraits: { user: { plan: {} }, account: { plan: { rename: tier } } }\n'),
    files: { 'more.yaml': 'traits: { user: { tier: { rename: plan }, plan: {} } }\n' },
    problems: [
      'more.yaml:1:43 User trait "plan" is defined twice; the first definition is at millrace.yaml:2. | Rename or remove one.',
    ],
  },
])

test('rules that are left out are the defaults', async () => {
  const text = `traits:
  user:
    plan: { type: string }
    internal_score: { visibility: hidden }
    signup_source: { order: last-received }
    fullName: { rename: person.name }
    ssn: { forbid: true }
  account:
    billing.seats: { type: number, visibility: visible }
`
  const loaded = await loadFiles({ 'millrace.yaml': text })
  expect(problemLines(loaded)).toEqual([])
  const rule = { visibility: 'tracked', order: 'newest', isForbidden: false }
  expect(loaded.catalog?.traits).toEqual({
    user: {
      plan: { ...rule, type: 'string' },
      internal_score: { ...rule, visibility: 'hidden' },
      signup_source: { ...rule, order: 'last-received' },
      fullName: { ...rule, renamedTo: 'person/name' },
      ssn: { ...rule, isForbidden: true },
    },
    account: { 'billing/seats': { ...rule, type: 'number', visibility: 'visible' } },
  })
})
