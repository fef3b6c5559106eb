import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_AGAIN_MS = 25
/** Of a wait: SDKs hold back and try again for seconds, and the machine may be busy with other tests. */
const PATIENCE_MS = 60_000

/** Resolves when `isSo`; rejects with what `show` tells when that takes too long. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  show: () => unknown = () => undefined,
): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(LOOK_AGAIN_MS)) if (await isSo()) return
  throw new Error(`Never ${what}: ${JSON.stringify(show(), null, 1)}`)
}
