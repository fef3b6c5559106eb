import { openPage } from './browser-page.ts'
import { FLUSH_MS, host, reportLost, writeKey } from './drive.ts'
import { driveSegmentBrowser } from './segment-browser.ts'

openPage({ fetch: undefined })
const { AnalyticsBrowser } = await import('@segment/analytics-next')
const batching = { strategy: 'batching', config: { size: 10, timeout: FLUSH_MS } } as const
const analytics = AnalyticsBrowser.load(
  { writeKey, cdnURL: host },
  { integrations: { 'Segment.io': { deliveryStrategy: batching } } },
)
void analytics.on('error', reportLost)
await driveSegmentBrowser(analytics)
