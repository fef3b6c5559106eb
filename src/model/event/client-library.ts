/** Whether an event comes straight from a person's device, so that the address of the connection is that of the person. */
import { isObject, type JsonObject } from '../../base/json.ts'

/** As the libraries call themselves in `context.library.name`; those of analytics-next and customer.io's browser library say "analytics.js". */
const BROWSER_LIBRARIES = new Set([
  'analytics.js',
  '@segment/analytics-next',
  '@customerio/cdp-analytics-browser',
  'cdp-analytics-js',
  'RudderLabs JavaScript SDK',
  'jitsu-js',
])
/** Runs in both; it says where in `context.library.env`. */
const JITSU = '@jitsu/js'

/** Libraries of apps: analytics-ios, analytics-kotlin, com.rudderstack.android.sdk.core, rudder-ios-library, … */
const APP_LIBRARY = /(?:^|\W|_)(?:ios|swift|android|kotlin|flutter|react-native|xamarin|cordova|unity)(?:$|\W|_)/

/** Servers say `context.direct: true` where they only pass on what a device sends. */
export function isFromDevice(context: JsonObject | undefined): boolean {
  if (context === undefined) return false
  if (context['direct'] === true) return true
  const library = context['library']
  const name = isObject(library) ? library['name'] : undefined
  if (typeof name !== 'string' || !isObject(library)) return false
  return BROWSER_LIBRARIES.has(name) || (name === JITSU && library['env'] !== 'node') || APP_LIBRARY.test(name)
}
