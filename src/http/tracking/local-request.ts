/** Whether a request comes from a program or a page of this machine itself, as far as its headers can tell. */
import type { IncomingHttpHeaders } from 'node:http'

/** Set by proxies: then it is the proxy that is on this machine, not who asks. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'] as const

/**
 * The host that was asked for tells pages that reached us through a name of their own (DNS rebinding), and `Origin` and
 * `Sec-Fetch-Site` tell pages of other sites.
 */
export function isLocalRequest(headers: IncomingHttpHeaders): boolean {
  const { host, origin } = headers
  if (host === undefined || !isLoopback(hostnameOf(host))) return false
  if (origin !== undefined && origin.replace(/^https?:\/\//, '') !== host) return false
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  return FORWARDED.every((name) => headers[name] === undefined)
}

/** True for names and addresses that only this machine can reach, such as `127.0.0.1`, `::1` and `localhost`. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '::1' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}

/** Without the port. */
function hostnameOf(host: string): string {
  return host.startsWith('[') ? host.replace(/\]:\d+$/, ']') : host.replace(/:\d+$/, '')
}
