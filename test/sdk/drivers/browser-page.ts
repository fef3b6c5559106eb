/**
 * A page in a browser, as far as SDKs look: jsdom's window, with its storage and cookies, and its `XMLHttpRequest`, which keeps to
 * CORS as browsers do. The page is of another origin than the address that it sends to.
 */
import { JSDOM } from 'jsdom'

const PAGE_URL = 'http://shop.localhost/pricing'

/** Node has these too, but SDKs must meet those of the page. */
const OF_THE_PAGE = new Set(['navigator', 'localStorage', 'sessionStorage', 'Event', 'EventTarget', 'CustomEvent'])

export type PageOptions = {
  /** `undefined`: as in browsers without it, the SDK falls back on `XMLHttpRequest`. */
  fetch: typeof fetch | undefined
}

/** Makes this process look like a page. To be called before the SDK is loaded, since SDKs look around when they load. */
export function openPage(page: PageOptions): void {
  const { window } = new JSDOM('<!doctype html><title>Pricing</title><body></body>', { url: PAGE_URL, pretendToBeVisual: true })
  for (const name of Object.getOwnPropertyNames(window))
    if (!(name in globalThis) || OF_THE_PAGE.has(name)) define(name, window[name])
  for (const name of ['addEventListener', 'removeEventListener', 'dispatchEvent'] as const)
    define(name, window[name].bind(window))
  Object.assign(window.navigator, { sendBeacon })
  define('fetch', page.fetch)
  window['fetch'] = page.fetch
}

/** jsdom has none, and an SDK that misses it calls for a script from afar. As in browsers nobody learns what became of it. */
function sendBeacon(url: string, body: Blob): boolean {
  void fetch(url, { method: 'POST', body }).catch(() => {})
  return true
}

function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
}

/** Timers of an SDK go on as long as its page is open: leaving the page ends them all. */
export function leavePage(): void {
  setImmediate(() => process.exit(0))
}
