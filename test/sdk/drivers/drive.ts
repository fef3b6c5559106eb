/**
 * What a driver is: a process with one SDK build in it, as a program of its users would hold it. The test says over IPC which
 * calls to make; the driver answers when the SDK has taken them, and tells what the SDK reports as lost.
 */

/** What the test asks for. */
export type Order = { call: 'six calls' } | { call: 'track'; event: string } | { call: 'close' }
/** What the driver says: an order was carried out or failed, or the SDK reported that it gave something up. */
export type Answer = { did: Order['call'] } | { failed: string } | { lost: string }

/** An SDK with its calls as the test makes them; those that an SDK does not have are missing. */
export type Sdk = {
  identify: () => unknown
  /** Of `SIX_CALLS` without a name. */
  track: (event?: string) => unknown
  page: () => unknown
  screen?: () => unknown
  group: () => unknown
  alias?: () => unknown
  /** Ends the SDK as its documents say; afterwards the process ends by itself. */
  close: () => unknown
}

/** The address that the user is told to point the SDK to, without a slash at the end. */
export const host = required('SDK_HOST')
export const writeKey = required('SDK_WRITE_KEY')
/** In PEM: with it the client `run` asks for tokens. */
export const clientKey = required('SDK_CLIENT_KEY')
/** Makes the persons of this driver its own. */
export const run = required('SDK_RUN')

/** Milliseconds after which an SDK sends what it has gathered. */
export const FLUSH_MS = 100

/** Call it last. Resolves at once; the process then lives until it is told to close. */
export function drive(sdk: Sdk): void {
  process.on('message', (order: Order) => void obey(sdk, order))
}

/** For what an SDK reports through a channel of its own. */
export function reportLost(reason: unknown): void {
  tell({ lost: reason instanceof Error ? reason.message : JSON.stringify(reason) })
}

async function obey(sdk: Sdk, order: Order): Promise<void> {
  try {
    if (order.call === 'track') await sdk.track(order.event)
    else if (order.call === 'six calls') await makeSixCalls(sdk)
    else await sdk.close()
    tell({ did: order.call })
  } catch (error) {
    tell({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
  if (order.call === 'close') process.disconnect()
}

async function makeSixCalls(sdk: Sdk): Promise<void> {
  await sdk.identify()
  await sdk.track()
  await sdk.page()
  await sdk.screen?.()
  await sdk.group()
  await sdk.alias?.()
}

function tell(answer: Answer): void {
  process.send?.(answer)
}

function required(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`A driver needs ${name}: it is started by sdk-process.ts.`)
  return value
}
