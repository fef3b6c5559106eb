import { leavePage, openPage } from './browser-page.ts'
import { host, reportLost, writeKey } from './drive.ts'
import { driveJitsu } from './jitsu-calls.ts'

openPage({ fetch })
const { jitsuAnalytics } = await import('@jitsu/js')
driveJitsu(jitsuAnalytics({ host, writeKey, errorPolicy: reportLost }), leavePage)
