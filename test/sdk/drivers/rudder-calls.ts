/** RudderStack's SDK for browsers, with the ways of sending that it offers. */
import { leavePage, openPage } from './browser-page.ts'
import { drive, host, run, writeKey } from './drive.ts'
import { ACCOUNT_TRAITS, namesOf, PAGE, TRACKED, TRAITS } from './six-calls.ts'

export type RudderOptions = { useBeacon?: boolean; beaconQueueOptions?: { flushQueueInterval: number } }

export async function driveRudder(options: RudderOptions): Promise<void> {
  openPage({ fetch })
  // The bundled build: the other fetches its plugins from the maker's servers.
  const { RudderAnalytics } = await import('@rudderstack/analytics-js/bundled')
  const analytics = new RudderAnalytics()
  analytics.load(writeKey, host, { configUrl: host, ...options })
  await new Promise<void>((resolve) => analytics.ready(resolve))
  const { user, account, newId, oldId } = namesOf(run)
  drive({
    identify: () => analytics.identify(user, TRAITS),
    track: (event = TRACKED.event) => analytics.track(event, TRACKED.properties),
    page: () => analytics.page(PAGE.category, PAGE.name, PAGE.properties),
    group: () => analytics.group(account, ACCOUNT_TRAITS),
    alias: () => analytics.alias(newId, oldId),
    close: leavePage,
  })
}
