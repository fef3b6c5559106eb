/** The canonical form of what the drivers send: what an SDK's calls must have become. */
import { expect } from 'vitest'
import { ACCOUNT_TRAITS, namesOf, PAGE, SCREEN, TRACKED, TRAITS } from './drivers/six-calls.ts'
import type { Call, SdkBuild } from './sdk-builds.ts'

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** By call, those that the SDK has. Members must be equal; only properties of pages may have more, since browsers add where it is. */
export function expectedEvents({ driver, library, calls, isBrowser, aliasFor }: SdkBuild): unknown[] {
  const names = namesOf(driver)
  const user = { userId: names.user }
  const common = {
    source: driver,
    ...(isBrowser && { anonymousId: expect.any(String) as unknown }),
    context: containing({ library: containing(library) }),
    occurredAt: expect.stringMatching(INSTANT) as unknown,
    receivedAt: expect.stringMatching(INSTANT) as unknown,
  }
  const members: Record<Call, object> = {
    identify: { ...user, traits: TRAITS },
    track: { ...user, name: TRACKED.event, properties: TRACKED.properties },
    page: { ...user, name: PAGE.name, properties: containing({ ...PAGE.properties, category: PAGE.category }) },
    screen: { ...user, name: SCREEN.name, properties: containing(SCREEN.properties) },
    group: { ...user, groupId: names.account, traits: ACCOUNT_TRAITS },
    alias: { userId: names[aliasFor], previousId: names.oldId },
  }
  return calls.map((type) => containing({ ...common, type, ...members[type] }))
}

function containing(members: object): unknown {
  return expect.objectContaining(members)
}
