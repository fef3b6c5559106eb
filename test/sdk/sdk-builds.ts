/** The pinned SDK builds and what their makers built into them: which calls they have, and what they do when a request fails. */
import type { SdkFamily } from '../../src/model/catalog.ts'
import type { Fault } from './fault-proxy.ts'

export const CALLS = ['identify', 'track', 'page', 'screen', 'group', 'alias'] as const
export type Call = (typeof CALLS)[number]

export type SdkBuild = {
  /** File in `drivers/`, without its ending; also the name of the source. */
  driver: string
  sdk: SdkFamily
  /** What it calls itself in `context.library`. */
  library: { name: string; version: string }
  /** Those that it has. */
  calls: readonly Call[]
  /** Pages know a person by an anonymous id too. */
  isBrowser: boolean
  /** An alias arrives with this as the new id. */
  aliasFor: 'newId' | 'user'
  /** After these the event is gone, by design of the SDK: it does not look at the answer, or never tries again. */
  losesAfter: readonly Fault[]
  /** What a server that refuses again and again gets; absent where the first refusal ends it. */
  whenRefused?: { givesUpAfter: number } | { stillThereAfter: number }
}

const NODE = { calls: CALLS, isBrowser: false, aliasFor: 'newId', losesAfter: [] } as const
const BROWSER = { ...NODE, isBrowser: true } as const
/** Without an answer nobody looks whether the event has arrived. */
const NEVER_AGAIN = ['rate limited', 'unavailable', 'cut before'] as const
const SEGMENT_NODE = '@segment/analytics-node'
const WITHOUT_SCREEN = ['identify', 'track', 'page', 'group', 'alias'] as const
const JITSU = { ...NODE, sdk: 'jitsu', calls: ['identify', 'track', 'page', 'group'], losesAfter: NEVER_AGAIN } as const
const RUDDER_JS = { name: 'RudderLabs JavaScript SDK', version: '3.34.1' }

/** Those that take longest come first. */
export const SDK_BUILDS: readonly SdkBuild[] = [
  {
    ...BROWSER,
    driver: 'rudder-analytics-js',
    sdk: 'rudderstack',
    library: RUDDER_JS,
    calls: WITHOUT_SCREEN,
    whenRefused: { stillThereAfter: 2 },
  },
  {
    ...BROWSER,
    driver: 'analytics-next',
    sdk: 'segment',
    library: { name: 'analytics.js', version: 'npm:next-1.84.3' },
    // Once a person is identified, the SDK puts that person in the place of the new id.
    aliasFor: 'user',
    whenRefused: { stillThereAfter: 3 },
  },
  {
    ...BROWSER,
    driver: 'analytics-next-batching',
    sdk: 'segment',
    library: { name: 'analytics.js', version: 'npm:next-1.84.3' },
    aliasFor: 'user',
    whenRefused: { stillThereAfter: 3 },
  },
  {
    ...BROWSER,
    driver: 'cdp-analytics-browser',
    sdk: 'customerio',
    library: { name: 'analytics.js', version: 'npm:next-0.5.11' },
    // It tries again when there is no answer, and takes every answer for a good one.
    losesAfter: ['rate limited', 'unavailable'],
  },
  {
    ...NODE,
    driver: 'analytics-node-v3',
    sdk: 'segment',
    library: { name: SEGMENT_NODE, version: '3.1.0' },
    whenRefused: { stillThereAfter: 5 },
  },
  { ...NODE, driver: 'analytics-node-v3-token', sdk: 'segment', library: { name: SEGMENT_NODE, version: '3.1.0' } },
  {
    ...NODE,
    driver: 'rudder-sdk-node',
    sdk: 'rudderstack',
    // It took over this name with the code of Segment's first SDK.
    library: { name: 'analytics-node', version: '3.0.13' },
    whenRefused: { givesUpAfter: 4 },
  },
  {
    ...NODE,
    driver: 'analytics-node-v2',
    sdk: 'segment',
    library: { name: SEGMENT_NODE, version: '2.3.0' },
    whenRefused: { givesUpAfter: 4 },
  },
  {
    ...NODE,
    driver: 'analytics-node-v1',
    sdk: 'segment',
    library: { name: SEGMENT_NODE, version: '1.3.0' },
    whenRefused: { givesUpAfter: 4 },
  },
  {
    ...NODE,
    driver: 'analytics-node-legacy',
    sdk: 'segment',
    library: { name: 'analytics-node', version: '6.2.0' },
    whenRefused: { givesUpAfter: 4 },
  },
  {
    ...NODE,
    driver: 'cdp-analytics-node',
    sdk: 'customerio',
    // It was never told its version.
    library: { name: '@customerio/cdp-analytics-node', version: '1.0.0-beta.22' },
    whenRefused: { givesUpAfter: 4 },
  },
  {
    ...BROWSER,
    driver: 'rudder-analytics-js-beacon',
    sdk: 'rudderstack',
    library: RUDDER_JS,
    calls: WITHOUT_SCREEN,
    losesAfter: NEVER_AGAIN,
  },
  { ...JITSU, driver: 'jitsu-browser', library: { name: '@jitsu/js', version: '1.11.0' }, isBrowser: true },
  { ...JITSU, driver: 'jitsu-server', library: { name: '@jitsu/js', version: '1.11.0' } },
]
