/** Segment's SDK for browsers and its fork share their calls: arguments in a row, the person kept by the page. */
import { drive, run } from './drive.ts'
import { leavePage } from './browser-page.ts'
import { ACCOUNT_TRAITS, namesOf, PAGE, SCREEN, TRACKED, TRAITS } from './six-calls.ts'

type SegmentBrowser = {
  /** Resolves when the settings are there and the SDK sends. */
  ready(): Promise<unknown>
  identify(id: string, traits: object): unknown
  track(event: string, properties: object): unknown
  page(category: string, name: string, properties: object): unknown
  screen(category: string, name: string, properties: object): unknown
  group(id: string, traits: object): unknown
  alias(to: string, from: string): unknown
}

/** Calls are not awaited: their promises resolve when the event is delivered, and an event that is refused waits for its turn. */
export async function driveSegmentBrowser(analytics: SegmentBrowser): Promise<void> {
  const { user, account, newId, oldId } = namesOf(run)
  await analytics.ready()
  drive({
    identify: () => void analytics.identify(user, TRAITS),
    track: (event = TRACKED.event) => void analytics.track(event, TRACKED.properties),
    page: () => void analytics.page(PAGE.category, PAGE.name, PAGE.properties),
    screen: () => void analytics.screen('', SCREEN.name, SCREEN.properties),
    group: () => void analytics.group(account, ACCOUNT_TRAITS),
    alias: () => void analytics.alias(newId, oldId),
    close: leavePage,
  })
}
