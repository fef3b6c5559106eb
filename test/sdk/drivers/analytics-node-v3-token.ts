import { Analytics } from '@segment/analytics-node'
import { clientKey, FLUSH_MS, host, run } from './drive.ts'
import { driveSegmentServer } from './segment-server.ts'

// The write key says nothing here: it is the token that lets events in, and that names the source.
driveSegmentServer(
  new Analytics({
    writeKey: 'none',
    host,
    flushInterval: FLUSH_MS,
    oauthSettings: { clientId: run, clientKey, keyId: 'first', authServer: host },
  }),
)
