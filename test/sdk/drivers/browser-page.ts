/**
 * A page in a browser, as far as SDKs look: jsdom's window, with its storage and cookies, and its `XMLHttpRequest`, which keeps to
 * CORS as browsers do. The page is of another origin than the address that it sends to.
 */
import { JSDOM } from 'jsdom'

const PAGE_URL = 'http://shop.localhost/pricing'

/** Node has these too, but SDKs must meet those of the page. */
const OF_THE_PAGE = new Set(['navigator', 'localStorage', 'sessionStorage', 'Event', 'EventTarget', 'CustomEvent'])

/** Of Node, whatever the page has. */
const post = fetch

export type PageOptions = {
  /** `undefined`: as in browsers without it, the SDK falls back on `XMLHttpRequest`. */
  fetch: typeof fetch | undefined
}

let tellLeaving = () => {}

/** Makes this process look like a page. To be called before the SDK is loaded, since SDKs look around when they load. */
export function openPage(page: PageOptions): void {
  const { window } = new JSDOM('<!doctype html><title>Pricing</title><body></body>', { url: PAGE_URL, pretendToBeVisual: true })
  for (const name of Object.getOwnPropertyNames(window))
    if (!(name in globalThis) || OF_THE_PAGE.has(name)) define(name, window[name])
  for (const name of ['addEventListener', 'removeEventListener', 'dispatchEvent'] as const)
    define(name, window[name].bind(window))
  Object.assign(window.navigator, { sendBeacon })
  tellLeaving = () => window.dispatchEvent(new Event('pagehide'))
  define('fetch', page.fetch)
  window['fetch'] = page.fetch
}

/** jsdom has none, and an SDK that misses it calls for a script from afar. As in browsers nobody learns what became of it. */
function sendBeacon(url: string, body: Blob): boolean {
  void post(url, { method: 'POST', body }).catch(() => {})
  return true
}

function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
}

/** What an SDK sends when its page goes has this time, in milliseconds, to be on its way. */
const LEAVING_MS = 100

/** As when the tab is closed: the page is told, and then its timers, which go on as long as it is open, end with it. */
export function leavePage(): void {
  tellLeaving()
  setTimeout(() => process.exit(0), LEAVING_MS)
}
