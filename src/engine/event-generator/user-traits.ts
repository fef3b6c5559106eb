/** The traits of generated users: twenty each, as a function of the user's number, and the ten among them that change. */
import type { Random } from '../../base/random.ts'

/** Users of an account. */
const USERS_PER_ACCOUNT = 20

const FIRST_NAMES = [
  'Ada',
  'Alan',
  'Barbara',
  'Dennis',
  'Edsger',
  'Frances',
  'Grace',
  'John',
  'Katherine',
  'Ken',
  'Leslie',
  'Margaret',
]
const LAST_NAMES = [
  'Allen',
  'Backus',
  'Dijkstra',
  'Hamilton',
  'Hopper',
  'Johnson',
  'Lamport',
  'Liskov',
  'Lovelace',
  'Ritchie',
  'Turing',
]
const TITLES = [
  'Analyst',
  'Designer',
  'Engineer',
  'Founder',
  'Head of Growth',
  'Marketing Manager',
  'Product Manager',
  'VP Sales',
]
export const CITIES = [
  'Amsterdam',
  'Austin',
  'Berlin',
  'Chicago',
  'Lisbon',
  'London',
  'Madrid',
  'Nairobi',
  'Osaka',
  'Paris',
  'Toronto',
  'Warsaw',
]
export const COUNTRIES = ['CA', 'DE', 'ES', 'FR', 'GB', 'JP', 'KE', 'NL', 'PL', 'PT', 'US']
export const LANGUAGES = ['de', 'en', 'es', 'fr', 'ja', 'nl', 'pl', 'pt']
export const PLANS = ['free', 'starter', 'team', 'business', 'enterprise']
const CAMPAIGNS = ['autumn-sale', 'onboarding', 'product-tour', 'referral', 'webinar', 'win-back']
export const INDUSTRIES = ['education', 'finance', 'health', 'manufacturing', 'media', 'retail', 'software']

export function accountOf(user: number): number {
  return Math.floor(user / USERS_PER_ACCOUNT)
}

function domainOf(account: number): string {
  return `company-${account}.example`
}

/** JSON of the twenty traits; the same for the same user each time. */
export function firstTraitsJson(user: number): string {
  const account = accountOf(user)
  // Spreads neighbours over the tables (a multiplier of Knuth's).
  const mixed = Math.imul(user + 1, 0x9e3779b1) >>> 0
  const day = 10 + (mixed % 18)
  return (
    `{"email":"user-${user}@${domainOf(account)}","firstName":"${pick(FIRST_NAMES, mixed)}","lastName":"${pick(LAST_NAMES, mixed >>> 3)}",` +
    `"phone":"+1555${1_000_000 + (mixed % 9_000_000)}","company":"Company ${account}","country":"${pick(COUNTRIES, mixed >>> 5)}",` +
    `"language":"${pick(LANGUAGES, mixed >>> 7)}","isAdmin":${user % USERS_PER_ACCOUNT === 0},"signedUpAt":"2026-01-${day}T08:30:00.000Z",` +
    `"trialEndsAt":"2026-02-${day}T08:30:00.000Z",${changeableTraits(mixed)}}`
  )
}

function changeableTraits(number: number): string {
  let text = CHANGES[0]?.(number) ?? ''
  for (let i = 1; i < CHANGES.length; i++) text += `,${CHANGES[i]?.(number + i) ?? ''}`
  return text
}

/** JSON of one to three traits that a user has already, with new values. */
export function changedTraitsJson(random: Random): string {
  const drawn = random.nextUint32()
  const first = drawn % CHANGES.length
  let text = CHANGES[first]?.(drawn >>> 8) ?? ''
  for (let more = (drawn >>> 4) % 3, i = first; more > 0; more--) {
    // Three steps of three do not come back to where they began.
    i = (i + 3) % CHANGES.length
    text += `,${CHANGES[i]?.(drawn >>> (8 + more)) ?? ''}`
  }
  return `{${text}}`
}

/** A member of an object by any whole number; a trait keeps its type. */
const CHANGES: readonly ((number: number) => string)[] = [
  (number) => `"title":"${pick(TITLES, number)}"`,
  (number) => `"city":"${pick(CITIES, number)}"`,
  (number) => `"plan":"${pick(PLANS, number)}"`,
  (number) => `"seats":${1 + (number % 200)}`,
  (number) => `"mrr":${number % 10_000}.5`,
  (number) => `"isSubscribed":${number % 2 === 0}`,
  (number) => `"loginCount":${number % 5_000}`,
  (number) => `"leadScore":${number % 100}`,
  (number) => `"npsScore":${number % 11}`,
  (number) => `"lastCampaign":"${pick(CAMPAIGNS, number)}"`,
]

/** JSON of the traits of an account. */
export function accountTraitsJson(account: number, random: Random): string {
  const drawn = random.nextUint32()
  return (
    `{"name":"Company ${account}","domain":"${domainOf(account)}","industry":"${pick(INDUSTRIES, account)}",` +
    `"employees":${10 + (account % 5_000)},"plan":"${pick(PLANS, drawn)}","openTickets":${(drawn >>> 8) % 12}}`
  )
}

function pick(texts: readonly string[], number: number): string {
  return texts[number % texts.length] ?? ''
}
