/** What a server holds at most, and how long it waits for whom. */

export type ServerLimits = {
  /** One body before and after decompression, and one WebSocket frame. */
  bodyBytesMax: number
  /** All bodies that are held at once. */
  heldBytesMax: number
  /** WebSocket connections open at once. */
  connectionsMax: number
}

export const DEFAULT_LIMITS: ServerLimits = {
  // A hundred thousand events of the usual size; parsing it keeps other requests waiting for about a tenth of a second.
  bodyBytesMax: 16 * 1024 * 1024,
  // Sixteen full bodies: what a small machine can spare.
  heldBytesMax: 256 * 1024 * 1024,
  // Each may gather a few MiB while the log is busy.
  connectionsMax: 1_000,
}

export type ServerTimeouts = {
  /** To send one request; a client that is slower holds memory for nothing. */
  requestMs: number
  /** To send its headers, and for a new connection to send anything. */
  headersMs: number
  /** Between two requests of one connection. */
  keepAliveMs: number
  /** How often the above are looked at. */
  checkMs: number
}

export const DEFAULT_TIMEOUTS: ServerTimeouts = {
  requestMs: 120_000,
  headersMs: 30_000,
  // Longer than clients and load balancers of the field keep idle connections (60 s), so that it is they who close them: a
  // server that closes first meets requests that are already under way, and SDKs lose them.
  keepAliveMs: 75_000,
  checkMs: 5_000,
}
