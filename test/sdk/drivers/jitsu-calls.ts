/** Jitsu's SDK has four of the six calls and never tries twice: each call resolves when it is over, well or not. */
import { drive, run, type Sdk } from './drive.ts'
import { ACCOUNT_TRAITS, namesOf, PAGE, TRACKED, TRAITS } from './six-calls.ts'

type Members = Record<string, string | number>

type Jitsu = {
  identify(id: string, traits: Members): Promise<unknown>
  track(event: string, properties: Members): Promise<unknown>
  page(properties: Members): Promise<unknown>
  group(id: string, traits: Members): Promise<unknown>
}

export function driveJitsu(jitsu: Jitsu, close: Sdk['close']): void {
  const { user, account } = namesOf(run)
  drive({
    identify: () => jitsu.identify(user, TRAITS),
    track: (event = TRACKED.event) => jitsu.track(event, { ...TRACKED.properties }),
    page: () => jitsu.page({ ...PAGE.properties, name: PAGE.name, category: PAGE.category }),
    group: () => jitsu.group(account, ACCOUNT_TRAITS),
    close,
  })
}
