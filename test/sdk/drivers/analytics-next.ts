import { openPage } from './browser-page.ts'
import { host, reportLost, writeKey } from './drive.ts'
import { driveSegmentBrowser } from './segment-browser.ts'

openPage({ fetch })
const { AnalyticsBrowser } = await import('@segment/analytics-next')
const analytics = AnalyticsBrowser.load({ writeKey, cdnURL: host })
void analytics.on('error', reportLost)
await driveSegmentBrowser(analytics)
