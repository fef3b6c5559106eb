import { jitsuAnalytics } from '@jitsu/js'
import { host, reportLost, writeKey } from './drive.ts'
import { driveJitsu } from './jitsu-calls.ts'

driveJitsu(jitsuAnalytics({ host, writeKey, s2s: true, errorPolicy: reportLost }), () => {})
