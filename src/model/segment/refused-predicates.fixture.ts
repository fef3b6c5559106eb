/** What is wrong with single predicates of segments, each with what is said about it. */
import type { Json } from '../../base/json.ts'
import { WINDOW_COUNT_MAX } from './predicate.ts'
import { about } from './segment-parsing.fixture.ts'

export type RefusedDocument = {
  /** What is wrong, as a row of the page calls it. */
  input: string
  document: Json
  /** As `problemLines` writes them. */
  problems: (string | RegExp)[]
}

const AT = '/predicates/0'
const ORDERS = { eventName: 'Completed Order' }

const OPERATORS: RefusedDocument[] = [
  {
    input: 'an operator that does not exist',
    document: about('plan', 'contians', { value: ['pro'] }),
    problems: [`${AT}/operator Operator "contians" does not exist. | Did you mean "contains"?`],
  },
  {
    input: 'a mistyped operator: only those that fit the type are suggested',
    document: about('seats', 'is_less_then', { value: [3] }),
    problems: [`${AT}/operator Operator "is_less_then" does not exist. | Did you mean "is_less_than"?`],
  },
  {
    input: 'an operator that is no text',
    document: about('plan', ['is_set'] as unknown as string),
    problems: [/^\/predicates\/0\/operator The operator must be a text, not a list\. \| There are: is_set, /],
  },
  {
    input: 'an operator that does not fit the type of the trait',
    document: about('seats', 'contains', { value: ['3'] }),
    problems: [
      `${AT}/operator Operator "contains" does not fit the trait "seats", which is a number. | There are: is_set, is_not_set, equals, does_not_equal, in, not_in, is_greater_than, is_less_than, is_greater_or_equal, is_less_or_equal.`,
    ],
  },
  {
    input: 'an operator of texts for a date',
    document: about('trial_ends_at', 'equals', { value: ['2026-03-01'] }),
    problems: [
      `${AT}/operator Operator "equals" does not fit the trait "trial_ends_at", which is a date. | Use "is_on" for a calendar day.`,
    ],
  },
  {
    input: 'an operator of texts for true or false',
    document: about('is_paying', 'equals', { value: [true] }),
    problems: [
      `${AT}/operator Operator "equals" does not fit the trait "is_paying", which is true or false. | Use "is_true" or "is_false".`,
    ],
  },
  {
    input: 'an operator of traits for events',
    document: about('event', 'contains', { value: ['Order'] }),
    problems: [
      /^\/predicates\/0\/operator Operator "contains" does not fit "event": it is one of traits\. \| There are: zero_times, .*propsFilters/,
    ],
  },
  {
    input: 'an operator of events for a trait',
    document: about('plan', 'at_least_once', ORDERS),
    problems: [/^\/predicates\/0\/operator Operator "at_least_once" is none of traits\. \| There are: is_set, /],
  },
  {
    input: 'no operator',
    document: { type: 'all', predicates: [{ property: { key: 'is_paying' } }] },
    problems: [
      `${AT}/operator The operator for the trait "is_paying" is missing. | There are: is_set, is_not_set, is_true, is_false.`,
    ],
  },
]

const VALUES: RefusedDocument[] = [
  {
    input: 'no value',
    document: about('plan', 'equals'),
    problems: [`${AT}/options/value "equals" needs a value in the option "value". | For example \`"value": ["Romain"]\`.`],
  },
  {
    input: 'an empty list of values',
    document: about('plan', 'equals', { value: [] }),
    problems: [
      `${AT}/options/value "equals" needs a value in the option "value"; the list is empty. | For example \`"value": ["Romain"]\`.`,
    ],
  },
  {
    input: 'a value of the wrong type',
    document: about('seats', 'is_greater_than', { value: [3, 'many'] }),
    problems: [`${AT}/options/value/1 A value must be a number, not "many".`],
  },
  {
    input: 'null among the values',
    document: about('tags', 'equals', { value: ['new', null] }),
    problems: [
      `${AT}/options/value/1 A value must be text, a number, true or false, not nothing. | To ask for what is missing, use \`is_not_set\`.`,
    ],
  },
  {
    input: 'a search for nothing',
    document: about('plan', 'contains', { value: [''] }),
    problems: [`${AT}/options/value/0 The text is empty, so it is in every text. | To ask whether there is one, use \`is_set\`.`],
  },
  {
    input: 'options where none are needed',
    document: about('plan', 'is_set', { value: ['pro'] }),
    problems: [`${AT}/options/value "is_set" takes no option "value". | Remove it; no options are needed.`],
  },
  {
    input: 'an unknown option',
    document: about('event', 'is_at_least', { ...ORDERS, cuont: 3 }),
    problems: [
      `${AT}/options/count "is_at_least" needs a value in the option "count". | For example \`"count": 3\`.`,
      `${AT}/options/cuont "is_at_least" takes no option "cuont". | Did you mean "count"?`,
    ],
  },
  {
    input: 'options that are no object',
    document: { type: 'all', predicates: [{ property: { key: 'plan' }, operator: 'equals', options: ['pro'] }] },
    problems: [`${AT}/options The options of "equals" must be an object, not a list. | Write \`"options": {…}\`.`],
  },
  {
    input: 'more than 1,000 values',
    document: about('plan', 'equals', { value: Array.from({ length: 1_001 }, (_, i) => `plan-${i}`) }),
    problems: [
      `${AT}/options/value There are 1001 values; 1000 are allowed. | Split it into several predicates of an \`any\` group.`,
    ],
  },
  {
    input: 'a date that is none',
    document: about('trial_ends_at', 'is_after', { value: ['2026-02-30'] }),
    problems: [
      `${AT}/options/value/0 A value must be a date, not "2026-02-30". | Write a day as "2026-03-01", or an instant as "2026-03-01T08:00:00Z".`,
    ],
  },
]

const TIMES: RefusedDocument[] = [
  {
    input: 'a timeframe that does not exist',
    document: about('event', 'at_least_once', { ...ORDERS, timeframe: 'les_than', days: 30 }),
    problems: [`${AT}/options/timeframe Timeframe "les_than" does not exist. | Did you mean "less_than"?`],
  },
  {
    input: 'days without a timeframe',
    document: about('event', 'at_least_once', { ...ORDERS, days: 30 }),
    problems: [
      `${AT}/options/timeframe "days" needs a timeframe that says what it means. | Write \`"timeframe"\` with "less_than" or "more_than" or "exactly".`,
    ],
  },
  {
    input: 'a timeframe without its days',
    document: about('event', 'at_least_once', { ...ORDERS, timeframe: 'less_than' }),
    problems: [`${AT}/options "less_than" needs a time. | Name it by its unit, for example \`"days": 7\`.`],
  },
  {
    input: 'an option of another timeframe',
    document: about('event', 'at_least_once', { ...ORDERS, timeframe: 'on', date: '2026-03-01', days: 3 }),
    problems: [`${AT}/options/days "days" does not belong to the timeframe "on". | It takes: date.`],
  },
  {
    input: 'two units',
    document: about('event', 'at_least_once', { ...ORDERS, timeframe: 'less_than', days: 30, hours: 3 }),
    problems: [`${AT}/options/days "less_than" takes one unit, not both "hours" and "days". | Keep one of them.`],
  },
  {
    input: 'a window that ends before it begins',
    document: about('event', 'at_least_once', { ...ORDERS, timeframe: 'between', from: '2026-03-02', to: '2026-03-01' }),
    problems: [`${AT}/options/from \`from\` is after \`to\`, so nothing lies between them. | Exchange them.`],
  },
  {
    input: 'a relative window that ends before it begins',
    document: about('event', 'at_least_once', { ...ORDERS, timeframe: 'between_days', min_days: 30, max_days: 7 }),
    problems: [`${AT}/options/min_days From 30 to 7 days ago there is nothing: the first must not be greater. | Exchange them.`],
  },
  {
    input: 'a window of no length',
    document: about('trial_ends_at', 'is_less_than', { days: 0 }),
    problems: [`${AT}/options/days 0 days are no time. | Write more than 0.`],
  },
  {
    input: 'a window in the future',
    document: about('trial_ends_at', 'is_less_than', { days: -7 }),
    problems: [`${AT}/options/days -7 days lie in the future. | Write a number from 0 to 365000.`],
  },
  {
    input: 'a part of a calendar day',
    document: about('trial_ends_at', 'is_exactly', { days: 1.5 }),
    problems: [`${AT}/options/days 1.5 days: only whole days can be counted here. | Write 2.`],
  },
  {
    input: 'a part of a month',
    document: about('trial_ends_at', 'is_less_than', { months: 0.5 }),
    problems: [`${AT}/options/months 0.5 months: only whole months can be counted here. | Write 1.`],
  },
  {
    input: 'a fixed date for a relative window',
    document: about('trial_ends_at', 'is_less_than', { value: ['2026-03-01'] }),
    problems: [
      `${AT}/options/value/0 How long ago must be a number of days, not "2026-03-01". | For a fixed date, use "is_before", "is_after" or "is_on"; of events the timeframes "before", "after" or "on".`,
    ],
  },
  {
    input: 'the same window in two ways',
    document: about('trial_ends_at', 'is_less_than', { value: [7], days: 7 }),
    problems: [`${AT}/options/days "days" and "value" say the same in two ways. | Keep one of them.`],
  },
]

const EVENTS: RefusedDocument[] = [
  {
    input: 'an event without a name',
    document: about('event', 'at_least_once', {}),
    problems: [
      `${AT}/options/eventName "at_least_once" needs a value in the option "eventName". | For example \`"eventName": "Completed Order"\`.`,
    ],
  },
  {
    input: 'a count that is none',
    document: about('event', 'is_at_least', { ...ORDERS, count: -1 }),
    problems: [`${AT}/options/count "count" must be an integer from 0 to 1000000000, not -1.`],
  },
  {
    input: 'a count above 1,000 in a window that moves',
    document: about('event', 'is_at_least', { ...ORDERS, count: WINDOW_COUNT_MAX + 1, timeframe: 'less_than', days: 30 }),
    problems: [`${AT}/options/count "count" in such a timeframe must be an integer from 0 to 1000, not 1001.`],
  },
  {
    input: 'the same in the calendar of each user',
    document: {
      timeZone: { trait: 'timezone' },
      predicate: about('event', 'is_at_least', { ...ORDERS, count: WINDOW_COUNT_MAX + 1, timeframe: 'on', date: '2026-03-01' }),
    },
    problems: [`/predicate${AT}/options/count "count" in such a timeframe must be an integer from 0 to 1000, not 1001.`],
  },
  {
    input: 'a filter that cannot be used',
    document: about('event', 'at_least_once', {
      ...ORDERS,
      propsFilters: [
        { section: 'props', key: 'total', operator: 'grater', vlaue: 1 },
        { key: 'total', operator: 'gt' },
      ],
    }),
    problems: [
      `${AT}/options/propsFilters/0/vlaue A filter has no member "vlaue". | Did you mean "value"?`,
      `${AT}/options/propsFilters/0/section Section "props" does not exist. | There are: property, context.`,
      /^\/predicates\/0\/options\/propsFilters\/0\/operator Operator "grater" does not exist\. \| There are: is_set, .*gt, /,
      `${AT}/options/propsFilters/1/value "is_greater_than" needs a value in the option "value". | For example \`"value": [100]\`.`,
    ],
  },
  {
    input: 'an option that no operator has, though it is empty',
    document: about('event', 'at_least_once', { ...ORDERS, props_filters: [] }),
    problems: [`${AT}/options/props_filters "at_least_once" takes no option "props_filters". | Did you mean "propsFilters"?`],
  },
  {
    input: 'a relative window in a filter',
    document: about('event', 'at_least_once', { ...ORDERS, propsFilters: [{ key: 'day', operator: 'is_exactly', value: 3 }] }),
    problems: [
      /^\/predicates\/0\/options\/propsFilters\/0\/operator Operator "is_exactly" is none of filters\. \| There are: is_set, /,
    ],
  },
  {
    input: 'an aggregate that is compared with nothing',
    document: about('event', 'sum', { ...ORDERS, property: 'total' }),
    problems: [
      `${AT}/options/comparison "sum" needs a value in the option "comparison". | For example \`"comparison": "is_greater_than"\`.`,
    ],
  },
  {
    input: 'a first time without a timeframe',
    document: about('event', 'first_time', ORDERS),
    problems: [`${AT}/options/timeframe "first_time" needs a timeframe. | To ask whether it ever happened, use "at_least_once".`],
  },
  {
    input: 'a sequence without a second event and a time',
    document: about('event', 'followed_by', ORDERS),
    problems: [
      `${AT}/options "followed_by" needs the time that may lie between. | Name it by its unit, for example \`"within_days": 3\`.`,
      `${AT}/options/then "followed_by" needs a value in the option "then". | For example \`"then": {"eventName": "Completed Order"}\`.`,
    ],
  },
  {
    input: 'a second event that is only named',
    // oxlint-disable-next-line unicorn/no-thenable -- documents have this word; nobody awaits them
    document: about('event', 'followed_by', { ...ORDERS, then: 'Viewed Page', within_days: 3 }),
    problems: [
      `${AT}/options/then The options of "then" must be an object, not "Viewed Page". | Write \`"then": {"eventName": "Completed Order"}\`.`,
    ],
  },
]

const AREAS: RefusedDocument[] = [
  {
    input: 'no area',
    document: about('place', 'is_within', {}),
    problems: [/^\/predicates\/0\/options An area is missing\. \| Write it as `"box": /],
  },
  {
    input: 'a point that is not on earth',
    document: about('place', 'is_within', { circle: { lat: 91, lon: 2, metres: 100 } }),
    problems: [`${AT}/options/circle/lat The latitude must be a number from -90 to 90, not 91.`],
  },
  {
    input: 'a point with a height',
    document: about('place', 'is_within', {
      polygon: { points: [[0, 0, 35], { lat: 0, lon: 1, height: 35 }, { lat: 1, latitude: 2, lon: 1 }] },
    }),
    problems: [
      `${AT}/options/polygon/points/0 A point has a latitude and a longitude, not 3 numbers. | Write \`{"lat": 48.85, "lon": 2.35}\`.`,
      `${AT}/options/polygon/points/1/height A point has no member "height". | There are: lat, latitude, lon, lng, longitude.`,
      `${AT}/options/polygon/points/2/latitude "latitude" and "lat" say the same in two ways. | Keep one of them.`,
    ],
  },
  {
    input: 'a circle with two radii and two centers',
    document: about('place', 'is_within', { circle: { center: [48, 2], lat: 48, lon: 2, metres: 5, radius: 7 } }),
    problems: [
      `${AT}/options/circle/lat "lat" and "center" say the same in two ways. | Keep one of them.`,
      `${AT}/options/circle/lon "lon" and "center" say the same in two ways. | Keep one of them.`,
      `${AT}/options/circle/radius "radius" and "metres" say the same in two ways. | Keep one of them.`,
    ],
  },
  {
    input: 'a polygon that is a list of points',
    document: about('place', 'is_within', {
      polygon: [
        [0, 0],
        [0, 1],
        [1, 1],
      ],
    }),
    problems: [0, 1, 2].map(
      (i) =>
        `${AT}/options/polygon/${i} A polygon must be an object, not a list. | Write \`{"points": [[48, 2], [49, 2], [49, 3]]}\`: latitude before longitude.`,
    ),
  },
  {
    input: 'a box upside down',
    document: about('place', 'is_within', { box: { north: 1, south: 2, west: 0, east: 1 } }),
    problems: [
      `${AT}/options/box The area is wrong: south 2 is north of north 1. | North is above south; west and east may cross the antimeridian.`,
    ],
  },
  {
    input: 'a polygon whose edges cross',
    document: about('place', 'is_within', {
      polygon: {
        points: [
          [0, 0],
          [10, 10],
          [0, 10],
          [10, 0],
        ],
      },
    }),
    problems: [/^\/predicates\/0\/options\/polygon The area is wrong: .*\. \| Write `\{"points": /],
  },
]

export const REFUSED_PREDICATES: { title: string; rows: RefusedDocument[] }[] = [
  { title: 'Operators', rows: OPERATORS },
  { title: 'Values', rows: VALUES },
  { title: 'Times', rows: TIMES },
  { title: 'Events', rows: EVENTS },
  { title: 'Areas', rows: AREAS },
]
