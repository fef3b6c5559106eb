/** SDKs for servers: each call takes one object that says whom it is about. */
import { run, type Sdk } from './drive.ts'
import { ACCOUNT_TRAITS, namesOf, PAGE, SCREEN, TRACKED, TRAITS } from './six-calls.ts'

type Members = Record<string, string | number>

export type ServerSdk = {
  identify(call: { userId: string; traits: Members }): unknown
  track(call: { userId: string; event: string; properties: Members }): unknown
  page(call: { userId: string; name: string; category: string; properties: Members }): unknown
  screen(call: { userId: string; name: string; properties: Members }): unknown
  group(call: { userId: string; groupId: string; traits: Members }): unknown
  alias(call: { userId: string; previousId: string }): unknown
}

/** Calls are not awaited: the SDK gathers them and sends them when it likes. */
export function serverCalls(analytics: ServerSdk): Omit<Sdk, 'close'> {
  const { user, account, newId, oldId } = namesOf(run)
  return {
    identify: () => void analytics.identify({ userId: user, traits: TRAITS }),
    track: (event = TRACKED.event) => void analytics.track({ userId: user, event, properties: TRACKED.properties }),
    page: () => void analytics.page({ userId: user, ...PAGE }),
    screen: () => void analytics.screen({ userId: user, ...SCREEN }),
    group: () => void analytics.group({ userId: user, groupId: account, traits: ACCOUNT_TRAITS }),
    alias: () => void analytics.alias({ userId: newId, previousId: oldId }),
  }
}
