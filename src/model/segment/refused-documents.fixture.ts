/** What is wrong with documents of segments, each with what is said about it: tests run them, and the reference page shows them. */
import type { JsonObject } from '../../base/json.ts'
import { GROUP_DEPTH_MAX, PREDICATES_MAX } from './predicate.ts'
import { REFUSED_PREDICATES, type RefusedDocument } from './refused-predicates.fixture.ts'
import { about, aboutAccounts, leaf } from './segment-parsing.fixture.ts'

const AT = '/predicates/0'
const TRAIT_AT = `${AT}/property/key`
const ORDERS = { eventName: 'Completed Order' }

function nested(depth: number): JsonObject {
  const inner: JsonObject = { type: 'all', predicates: [leaf('email', 'is_set')] }
  return depth === 1 ? inner : { type: 'all', predicates: [nested(depth - 1)] }
}

const SEGMENTS: RefusedDocument[] = [
  {
    input: 'a segment that does not exist',
    document: about('segment', 'is_member', { value: ['vip'] }),
    problems: [`${AT}/options/value/0 There is no segment "vip". | Did you mean "vips"?`],
  },
  {
    input: 'a segment that Millrace keeps for itself',
    document: about('segment', 'is_member', { value: ['~0123456789abcdef'] }),
    problems: [
      `${AT}/options/value/0 There is no segment "~0123456789abcdef". | Define it first, or name another; segments are named by id.`,
    ],
  },
  {
    input: 'a segment of accounts where users are asked for',
    document: about('segment', 'is_member', { value: ['big-accounts'] }),
    problems: [
      `${AT}/options/value/0 Segment "big-accounts" is one of accounts, and users are asked for. | For segments of the account, write "account.segment".`,
    ],
  },
  {
    input: 'a segment that asks for its own members',
    document: about('segment', 'is_not_member', { value: ['under-test'] }),
    problems: [`${AT}/options/value/0 Segment "under-test" asks for its own members. | Repeat the predicates that you mean.`],
  },
  {
    input: 'the account of an account',
    document: aboutAccounts('account.plan', 'is_set'),
    problems: [
      `/predicate${TRAIT_AT} "account.plan" asks for the account of an account. | In a segment of accounts traits are those of the account: write "plan".`,
    ],
  },
  {
    input: 'the users of a user',
    document: about('users', 'is_at_least', { count: 3 }),
    problems: [
      `${TRAIT_AT} "users" asks for the users of a user. | Only segments of accounts can ask for their users; for a trait of this name, write "traits_users".`,
    ],
  },
]

const GROUPS: RefusedDocument[] = [
  {
    input: 'an empty group',
    document: { type: 'any', predicates: [] },
    problems: ['/predicates The group is empty, so it says nothing of anybody. | Add a predicate, or remove the group.'],
  },
  {
    input: 'a group of an unknown type',
    document: { type: 'and', predicates: [leaf('email', 'is_set')] },
    problems: [
      '/type A group of type "and" does not exist. | Write "all" (each must hold), "any" (one must) or "none" (none may).',
    ],
  },
  {
    input: 'a predicate without a property',
    document: { type: 'all', predicates: [{ operator: 'is_set' }] },
    problems: [
      `${AT}/property A predicate needs the key of a property, not nothing. | For example \`"property": {"key": "email"}\`; events have the key "event".`,
    ],
  },
  {
    input: 'a member that predicates do not have',
    document: { type: 'all', predicates: [{ ...leaf('email', 'is_set'), option: {} }] },
    problems: [`${AT}/option A predicate has no member "option". | Did you mean "options"?`],
  },
  {
    input: 'groups nested more than 10 levels deep',
    document: nested(GROUP_DEPTH_MAX + 1),
    problems: [/\/predicates\/0 Groups are nested more than 10 levels deep\. \| Put predicates of one type into one group\.$/],
  },
  {
    input: 'as many levels in the users of an account',
    document: aboutAccounts('users', 'at_least_once', { predicate: nested(GROUP_DEPTH_MAX) }),
    problems: [/\/predicates\/0 Groups are nested more than 10 levels deep\. \|/],
  },
  {
    input: 'more than 500 filters',
    document: about('event', 'at_least_once', {
      ...ORDERS,
      propsFilters: Array.from({ length: PREDICATES_MAX }, () => ({ key: 'total', operator: 'is_set' })),
    }),
    problems: [
      '/predicates There are more than 500 predicates and filters. | Values of one trait stand in one list: `"value": ["a", "b"]`.',
    ],
  },
  {
    input: 'more than 500 predicates and filters',
    document: { type: 'any', predicates: Array.from({ length: PREDICATES_MAX }, () => leaf('email', 'is_set')) },
    problems: [
      '/predicates/499 There are more than 500 predicates and filters. | Values of one trait stand in one list: `"value": ["a", "b"]`.',
    ],
  },
]

const WHOLE: RefusedDocument[] = [
  {
    input: 'no predicate',
    document: { name: 'Everybody' },
    problems: [
      '/predicate The predicate is missing. | For example `{"name": "With email", "predicate": {"type": "all", "predicates": […]}}`. For members that are added by hand, write `"manual": true`.',
    ],
  },
  {
    input: 'a manual segment with a predicate',
    document: { manual: true, predicate: about('email', 'is_set') },
    problems: [
      '/manual The members of a manual segment are added by hand, so it has no predicate. | Remove `predicate` or `manual`.',
    ],
  },
  {
    input: 'a time zone that does not exist',
    document: { timeZone: 'Europe/Belin', predicate: about('email', 'is_set') },
    problems: ['/timeZone There is no time zone "Europe/Belin". | Did you mean "Europe/Berlin"?'],
  },
  {
    input: 'a time zone that is no text',
    document: { timeZone: ['UTC'], predicate: about('email', 'is_set') },
    problems: ['/timeZone A time zone must be a text, not a list. | Write a name such as "Europe/Berlin" or "UTC".'],
  },
  {
    input: 'a name that is too long',
    document: { name: 'x'.repeat(201), predicate: about('email', 'is_set') },
    problems: [/^\/name "x+…" is no name for a segment\. \| Write a text of up to 200 characters in one line\.$/],
  },
  {
    input: 'a member that segments do not have',
    document: { timezone: 'UTC', predicate: about('email', 'is_set') },
    problems: ['/timezone A segment has no member "timezone". | Did you mean "timeZone"?'],
  },
  {
    input: 'several mistakes at once',
    document: {
      type: 'all',
      predicates: [leaf('plan', 'equals'), { type: 'or', predicates: [leaf('seats', 'is_true')] }],
    },
    problems: [
      `${AT}/options/value "equals" needs a value in the option "value". | For example \`"value": ["Romain"]\`.`,
      '/predicates/1/type A group of type "or" does not exist. | Write "all" (each must hold), "any" (one must) or "none" (none may).',
      /^\/predicates\/1\/predicates\/0\/operator Operator "is_true" does not fit the trait "seats", which is a number\./,
    ],
  },
]

const WARNINGS: RefusedDocument[] = [
  {
    input: 'a trait that nobody has',
    document: about('plna', 'equals', { value: 'pro' }),
    problems: [`${TRAIT_AT} warning: No profile has the trait "plna" yet. | Did you mean "plan"?`],
  },
  {
    input: 'a trait that is like none',
    document: about('favourite_colour', 'equals', { value: 'red' }),
    problems: [`${TRAIT_AT} warning: No profile has the trait "favourite_colour" yet. | It matches as soon as profiles have it.`],
  },
  {
    input: 'an event that has never come',
    document: about('event', 'at_least_once', { eventName: 'Completed order' }),
    problems: [`${AT}/options/eventName warning: No event "Completed order" has come yet. | Did you mean "Completed Order"?`],
  },
  {
    input: 'an email in capital letters',
    document: about('email', 'equals', { value: 'Ada@example.org' }),
    problems: [
      `${AT}/options/value warning: No email equals "Ada@example.org": they are kept in small letters. | Write "ada@example.org".`,
    ],
  },
  {
    input: 'a count that is always reached',
    document: about('event', 'is_at_least', { ...ORDERS, count: 0 }),
    problems: [`${AT}/options/count warning: "count" 0 or more is always so. | Use "at_least_once", or a greater number.`],
  },
  {
    input: 'a time of day where only the day counts',
    document: about('trial_ends_at', 'is_on', { value: '2026-03-01T18:00:00+02:00' }),
    problems: [`${AT}/options/value warning: Of "2026-03-01T18:00:00+02:00" only the day counts here. | Write "2026-03-01".`],
  },
  {
    input: 'a window of a single instant',
    document: about('trial_ends_at', 'is_between', { value: [7, 7] }),
    problems: [
      `${AT}/options/value warning: From 7 to 7 days ago is a single instant. | For the calendar day 7 days ago, use "exactly".`,
    ],
  },
]

export const REFUSED_DOCUMENTS: { title: string; rows: RefusedDocument[] }[] = [
  ...REFUSED_PREDICATES,
  { title: 'Segments and accounts', rows: SEGMENTS },
  { title: 'Groups', rows: GROUPS },
  { title: 'The whole document', rows: WHOLE },
]
/** The segment can be used. */
export const DOUBTFUL_DOCUMENTS: RefusedDocument[] = WARNINGS
