import Analytics from 'analytics-node'
import { drive, FLUSH_MS, host, reportLost, writeKey } from './drive.ts'
import { serverCalls } from './server-calls.ts'

// Without a handler a batch that is given up ends the process: the SDK throws where nobody waits.
const analytics = new Analytics(writeKey, { host, flushInterval: FLUSH_MS, errorHandler: reportLost })
drive({ ...serverCalls(analytics), close: () => analytics.flush() })
