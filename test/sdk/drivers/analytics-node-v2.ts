import { Analytics } from 'analytics-node-2'
import { FLUSH_MS, host, writeKey } from './drive.ts'
import { driveSegmentServer } from './segment-server.ts'

driveSegmentServer(new Analytics({ writeKey, host, flushInterval: FLUSH_MS }))
