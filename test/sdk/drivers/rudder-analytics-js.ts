import { driveRudder } from './rudder-calls.ts'

await driveRudder({})
