/**
 * Connections over which nothing was asked yet: browsers and clients open them ahead. Node takes them for busy, so a server that closes
 * would wait for them for ever.
 */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

export class SilentConnections {
  readonly #sockets = new Set<Duplex>()
  #isClosed = false

  constructor(server: Server) {
    const hasAsked = (socket: Duplex) => this.#sockets.delete(socket)
    server.on('connection', (socket: Socket) => {
      if (this.#isClosed) return void socket.destroy()
      this.#sockets.add(socket)
      socket.once('close', () => hasAsked(socket))
    })
    server.on('request', ({ socket }) => hasAsked(socket))
    server.on('upgrade', (_request, socket) => hasAsked(socket))
  }

  /** Ends them, and those that still come. Whoever has asked something is answered. */
  close(): void {
    this.#isClosed = true
    for (const socket of this.#sockets) socket.destroy()
  }
}
