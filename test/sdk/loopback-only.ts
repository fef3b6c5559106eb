/**
 * Preloaded into each driver (`--import`): whatever wants to leave this machine is written down and refused. Names are looked up
 * by nobody but `localhost`, and a connection goes to loopback or nowhere.
 */
import { appendFileSync } from 'node:fs'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import net from 'node:net'

/** The built-in modules as all others see them, to be changed. */
const builtIn = createRequire(import.meta.url)
const dns = builtIn('node:dns') as {
  lookup: (host: string, ...rest: unknown[]) => unknown
  promises: { lookup: (host: string, ...rest: unknown[]) => Promise<unknown> }
}
const attemptsPath = process.env['SDK_ATTEMPTS_PATH'] ?? ''
if (attemptsPath === '') throw new Error('SDK_ATTEMPTS_PATH must name the file for attempts to leave this machine.')

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\]|::ffff:127(?:\.\d{1,3}){3})$/

function refuse(target: string): Error {
  appendFileSync(attemptsPath, `${target}\n`)
  return Object.assign(new Error(`${target} is not on this machine.`), { code: 'EACCES' })
}

type Target = { host?: string; path?: string | null; port?: number }

function targetOf(args: readonly unknown[]): Target {
  // The form that net makes of all arguments before it calls `connect` again.
  const [first, second] = Array.isArray(args[0]) ? (args[0] as unknown[]) : args
  if (typeof first === 'object' && first !== null) return first
  return typeof second === 'string' ? { host: second } : {}
}

const prototype = net.Socket.prototype as { connect: (...args: unknown[]) => unknown }
const connect = prototype.connect
prototype.connect = function (this: typeof prototype, ...args: unknown[]) {
  const target = targetOf(args)
  const { host = 'localhost', path, port } = target
  if (typeof path === 'string' || LOOPBACK.test(host)) return connect.apply(this, args)
  refuse(`${host}:${port}`)
  // A refused connection, as a network would give: at this port nobody can listen.
  return connect.call(this, { ...target, host: '127.0.0.1', port: 0 })
}

const { lookup } = dns
dns.lookup = (host: string, ...rest: unknown[]) => {
  if (LOOPBACK.test(host)) return lookup(host, ...rest)
  const [callback] = rest.slice(-1) as [(error: Error) => void]
  process.nextTick(callback, refuse(host))
  return {}
}
const { lookup: lookupPromise } = dns.promises
dns.promises.lookup = async (host: string, ...rest: unknown[]) => {
  if (LOOPBACK.test(host)) return await lookupPromise(host, ...rest)
  throw refuse(host)
}
// Modules import functions by name too.
syncBuiltinESMExports()
