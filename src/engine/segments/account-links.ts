/**
 * Which account each user belongs to, kept up to date: under which accounts and domains a user is found, what the account counts of its
 * users, and whose segments depend on it.
 */
import type { EntityId } from '../../model/profile/entity.ts'
import { newestLink, workDomains } from '../../model/profile/account-link.ts'
import { DOMAIN } from '../../model/profile/identity-rules.ts'
import type { Placed } from '../../model/profile/survivor.ts'
import type { Activity, PartState, Tally } from '../../model/segment/segment.ts'
import { mergeCounted } from '../../model/segment/tally.ts'
import { findAccount } from './evaluation.ts'
import { prefixEnd } from './ordered-keys.ts'
import { changePart, type OpenPart, setPart } from './segment-documents.ts'
import type { SegmentWork } from './segment-work.ts'

/** Users that are looked at in one go. */
const USERS_PAGE = 1_000

/** Looks anew which account the user belongs to. */
export async function relinkUser(work: SegmentWork, user: Placed): Promise<void> {
  const own = await work.documents.part('user', user.id)
  const { account, keys } = await linkOf(work, user)
  setKeys(work, { user: user.id, own, keys })
  const before = own.value?.account
  if (before === account) return
  await moveUser(work, { user, own, from: before, to: account })
}

/** The user is gone, or part of another: it belongs nowhere. */
export async function unlinkUser(work: SegmentWork, user: EntityId): Promise<void> {
  const own = await work.documents.part('user', user)
  setKeys(work, { user, own, keys: [] })
  const from = own.value?.account
  if (own.value === undefined || from === undefined) return
  const { account: _, ...rest } = own.value
  setPart(own, rest)
  await recount(work, from)
}

/** Everybody who may belong to this account, or to whoever has these domains, by pages of `USERS_PAGE`. */
export async function* usersUnder(work: SegmentWork, keys: Iterable<string>): AsyncGenerator<EntityId[]> {
  for (const key of keys) {
    const prefix = `${key}/`
    const until = prefixEnd(prefix)
    for (let after: string | undefined; ;) {
      const page = await work.documents.accountUsers.page(
        after === undefined ? { from: prefix, until } : { after, until },
        USERS_PAGE,
      )
      if (page.length > 0) yield page.map((one) => one.slice(prefix.length))
      after = page.at(-1)
      if (after === undefined || page.length < USERS_PAGE) break
    }
  }
}

export function domainKey(domain: string): string {
  return `@${domain}`
}

type Linked = { account: EntityId | undefined; keys: string[] }

async function linkOf(work: SegmentWork, { entity }: Placed): Promise<Linked> {
  const link = newestLink(entity)
  const domains = [...workDomains(entity, work.identity)]
  const keys = [...(link ? [link.account] : []), ...domains.map(domainKey)]
  if (link && (await findAccount(work, link.account))) return { account: link.account, keys }
  for (const domain of domains) {
    const [owner] = await work.identities.account.openIdentifiers([{ kind: DOMAIN, value: domain }])
    if (owner?.value !== undefined && (await findAccount(work, owner.value))) return { account: owner.value, keys }
  }
  return { account: undefined, keys }
}

function setKeys(work: SegmentWork, { user, own, keys }: { user: EntityId; own: OpenPart; keys: string[] }): void {
  const before = own.value?.accountKeys ?? []
  if (before.length === keys.length && before.every((key, i) => key === keys[i])) return
  for (const key of before) if (!keys.includes(key)) work.documents.accountUsers.remove(`${key}/${user}`)
  for (const key of keys) if (!before.includes(key)) work.documents.accountUsers.add(`${key}/${user}`)
  if (keys.length > 0) return changePart(own, { accountKeys: keys })
  const { accountKeys: _, ...rest } = own.value ?? {}
  setPart(own, rest)
}

type Move = { user: Placed; own: OpenPart; from: EntityId | undefined; to: EntityId | undefined }

async function moveUser(work: SegmentWork, { user, own, from, to }: Move): Promise<void> {
  const { index } = work.documents.registry
  const { account: _, ...rest } = own.value ?? {}
  setPart(own, to === undefined ? rest : { ...rest, account: to })
  const [before, after] = [await findAccount(work, from), await findAccount(work, to)]
  // Of an account that is erased those are told who had it by their domain; linked users are found by their link.
  const gone = from === newestLink(user.entity)?.account ? undefined : from
  work.changes.add('user', user.id, { account: [before?.id ?? gone ?? null, after?.id ?? null] })
  const dependent = [...index.byAccountFact.values(), ...index.byAccountSegment.values()].flat()
  if (dependent.length > 0) work.touched.add('user', user.id, dependent)
  if (from !== undefined) await recount(work, from)
  if (to !== undefined) await addUser(work, to, user)
}

/** What the account counts of its users, with one more. */
async function addUser(work: SegmentWork, account: EntityId, user: Placed): Promise<void> {
  const { documents } = work
  const asking = documents.registry.index.overUsers
  if (asking.length === 0) return
  const state = await documents.part('account', account)
  const counts = new AccountCounts(state.value?.users)
  for (const { tally } of accountTallies(work)) {
    const { name } = tally.events
    counts.begin(name, (await documents.activity('account', account, name)).value)
  }
  await counts.include(work, user)
  await counts.write(work, account)
  work.touched.add('account', account, asking)
}

/** Anew from all its users: what somebody took along cannot be subtracted. */
export async function recount(work: SegmentWork, account: EntityId): Promise<void> {
  const { documents, identities } = work
  const asking = documents.registry.index.overUsers
  // What nobody asks for any more is of those as well who took part in it and have left.
  await documents.keepOnly(new Set(accountTallies(work).map(({ tally }) => tally.events.name)), 'account', account)
  if (asking.length === 0) return
  const placed = await findAccount(work, account)
  const domains = (placed?.entity.parts ?? []).flatMap(({ identifiers }) =>
    identifiers.flatMap(({ kind, value }) => (kind === DOMAIN ? [domainKey(value)] : [])),
  )
  const counts = new AccountCounts()
  for (const { tally } of accountTallies(work)) counts.begin(tally.events.name, undefined)
  const seen = new Set<EntityId>()
  for await (const page of usersUnder(work, [account, ...domains])) {
    await identities.user.load(page)
    for (const id of page) {
      const user = identities.user.find(id)
      const state = (await documents.part('user', id)).value
      if (user?.id !== id || state?.account !== account || seen.has(id)) continue
      seen.add(id)
      await counts.include(work, user)
    }
  }
  await counts.write(work, account)
  if (placed) work.touched.add('account', account, asking)
}

type AccountTally = { key: string; tally: Tally; twin: string }

/** With the keys under which the same is counted for users. */
function accountTallies({ documents }: SegmentWork): AccountTally[] {
  const { tallies } = documents.registry
  return tallies.list().flatMap((state) => {
    const twin = state.tally.kind === 'account' ? tallies.twinOf(state) : undefined
    return twin === undefined ? [] : [{ key: state.key, tally: state.tally, twin: twin.key }]
  })
}

/** What an account counts over its users. */
class AccountCounts {
  /** By name of the event. */
  readonly #activities = new Map<string, Activity>()
  readonly #users: Record<string, number>

  constructor(users: PartState['users'] = {}) {
    this.#users = { ...users }
  }

  /** Counting of events of this name goes on from there. */
  begin(event: string, activity: Activity | undefined): void {
    if (!this.#activities.has(event)) this.#activities.set(event, { ...activity })
  }

  async include(work: SegmentWork, user: Placed): Promise<void> {
    const { documents, place } = work
    const parts = user.entity.parts.map(({ id }) => id)
    const counted = await documents.activitiesOf('user', parts, new Set(this.#activities.keys()))
    for (const { key, tally, twin } of accountTallies(work)) {
      const activity = this.#activities.get(tally.events.name) ?? {}
      for (const own of counted.get(tally.events.name) ?? []) {
        const sum = mergeCounted(activity[key], own[twin], tally.keeps, place.at)
        if (sum !== undefined) activity[key] = sum
      }
    }
    const membership = (await documents.membership('user', user.id)).value
    for (const id of documents.registry.index.byUsers.keys()) {
      if (membership?.has(id)) this.#users[id] = (this.#users[id] ?? 0) + 1
    }
  }

  async write({ documents }: SegmentWork, account: EntityId): Promise<void> {
    for (const [event, activity] of this.#activities) {
      const isKnown = (await documents.activity('account', account, event)).value !== undefined
      if (isKnown || Object.keys(activity).length > 0)
        await documents.putActivity({ kind: 'account', part: account, event }, activity)
    }
    const state = await documents.part('account', account)
    const { users: _, ...rest } = state.value ?? {}
    setPart(state, Object.keys(this.#users).length > 0 ? { ...rest, users: this.#users } : rest)
  }
}
