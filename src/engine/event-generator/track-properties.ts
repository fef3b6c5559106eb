/** What generated users do: names of tracks and pages, with five to eight properties each. */
import type { Random } from '../../base/random.ts'

const PRODUCTS = Array.from({ length: 500 }, (_, i) => {
  const category = ['books', 'garden', 'kitchen', 'music', 'outdoor', 'toys'][i % 6]
  return `"productId":"sku-${1000 + i}","name":"Product ${1000 + i}","category":"${category}","price":${5 + (i % 90)}.9`
})
const FEATURES = ['board', 'calendar', 'dashboard', 'export', 'filter', 'import', 'share', 'timeline'].map(
  (feature) =>
    `"feature":"${feature}","area":"${feature.length % 2 === 0 ? 'workspace' : 'reports'}","version":"4.${feature.length}.1"`,
)
const QUERIES = ['invoice', 'overdue tasks', 'roadmap', 'team capacity', 'weekly report'].map((query) => `"query":"${query}"`)

/** The head of an event up to its properties, and the members of these from a random number. */
type Activity = { head: string; properties: (number: number) => string }

function track(event: string, properties: Activity['properties']): Activity {
  return { head: `"event":"${event}","type":"track","properties":{`, properties }
}

const TRACKS: readonly Activity[] = [
  track('Product Viewed', (n) => `${pick(PRODUCTS, n)},"currency":"EUR","position":${n % 40},"list":"recommended"`),
  track(
    'Product Added',
    (n) => `${pick(PRODUCTS, n)},"currency":"EUR","quantity":${1 + (n % 5)},"cartId":"cart-${n % 1_000_000}"`,
  ),
  track(
    'Order Completed',
    (n) =>
      `"orderId":"order-${n}","total":${n % 500}.25,"tax":${n % 90}.5,"currency":"EUR","items":${1 + (n % 7)},"coupon":"WELCOME","isFirst":${n % 8 === 0}`,
  ),
  track('Feature Used', (n) => `${pick(FEATURES, n)},"durationMs":${n % 60_000},"source":"toolbar","isTrial":${n % 4 === 0}`),
  track(
    'Search Performed',
    (n) =>
      `${pick(QUERIES, n)},"results":${n % 300},"page":${1 + (n % 5)},"sort":"relevance","tookMs":${n % 900},"filters":${n % 4}`,
  ),
  track(
    'Report Exported',
    (n) =>
      `"reportId":"report-${n % 10_000}","format":"csv","rows":${n % 100_000},"columns":${4 + (n % 20)},"isScheduled":${n % 3 === 0}`,
  ),
  track(
    'Invoice Paid',
    (n) =>
      `"invoiceId":"invoice-${n}","amount":${n % 2_000}.75,"currency":"EUR","method":"card","dunning":${n % 3},"isAnnual":${n % 5 === 0}`,
  ),
  track(
    'Task Completed',
    (n) =>
      `"taskId":"task-${n}","project":"project-${n % 500}","priority":"normal","ageDays":${n % 60},"comments":${n % 12},"isLate":${n % 6 === 0}`,
  ),
]

const PAGES: readonly Activity[] = ['Home', 'Pricing', 'Docs', 'Dashboard', 'Settings', 'Blog'].map((name) => {
  const path = name === 'Home' ? '/' : `/${name.toLowerCase()}`
  return {
    head: `"name":"${name}","type":"page","properties":{`,
    properties: (n) =>
      `"name":"${name}","path":"${path}","url":"https://www.shop.example${path}?visit=${n}","title":"${name} | Shop","referrer":"https://search.example/","search":"?visit=${n}"`,
  }
})

/** From the type to the end of the properties, a comma at the end. */
export function trackJson(random: Random): string {
  return activityJson(TRACKS, random.nextUint32())
}

export function pageJson(random: Random): string {
  return activityJson(PAGES, random.nextUint32())
}

function activityJson(activities: readonly Activity[], drawn: number): string {
  const activity = activities[drawn % activities.length]
  return activity === undefined ? '' : `${activity.head}${activity.properties(drawn >>> 4)}},`
}

function pick(texts: readonly string[], number: number): string {
  return texts[number % texts.length] ?? ''
}
