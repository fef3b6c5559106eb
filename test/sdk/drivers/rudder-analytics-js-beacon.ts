import { FLUSH_MS } from './drive.ts'
import { driveRudder } from './rudder-calls.ts'

await driveRudder({ useBeacon: true, beaconQueueOptions: { flushQueueInterval: FLUSH_MS } })
