import { WebSocket } from 'ws'

/**
 * A WebSocket whose answer to the client's close frame waits for `finish`, so that what was received can be committed and
 * answered first: a client that sees the connection close with 1000 knows that everything is on disk.
 */
export class PatientSocket extends WebSocket {
  /** Called once, when the client has sent its last frame. */
  onClientClose: (() => void) | undefined

  override close(code?: number, reason?: string | Buffer): void {
    const { onClientClose } = this
    if (onClientClose === undefined) return super.close(code, reason)
    this.onClientClose = undefined
    // A broken protocol reports itself as an error in this same turn, which then decides how it ends.
    queueMicrotask(onClientClose)
  }

  /** Sends the close frame after all replies; repeated calls change nothing. */
  finish(code: number, reason: string): void {
    this.onClientClose = undefined
    super.close(code, reason)
  }
}
