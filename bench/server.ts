/** A Millrace of its own process on the segment example, for benchmarks that load it from outside. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ServerProcess } from '../test/crash/server-process.ts'

export type BenchServer = { server: ServerProcess; tables: string; close: () => Promise<void> }

export async function startBenchServer(): Promise<BenchServer> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const catalog = join(folder, 'segment')
  cpSync('examples/segment', catalog, { recursive: true, filter: (path) => !/\.db/.test(path) })
  const server = await ServerProcess.start({ catalog, data: join(folder, 'data'), lakeFlushMs: 300_000 })
  const close = async () => {
    await server.stop()
    rmSync(folder, { recursive: true })
  }
  return { server, tables: join(catalog, 'examples.db'), close }
}

type Bound = { bindings?: { position: number }[] }

/** Lowest position that the tables of the example have reached. */
export async function tablesPosition(server: ServerProcess): Promise<{ head: number; position: number }> {
  const status = (await server.status()) as { log: { head: number }; materializations: Record<string, Bound> }
  const positions = Object.values(status.materializations).flatMap(
    ({ bindings }) => bindings?.map(({ position }) => position) ?? [0],
  )
  return { head: status.log.head, position: Math.min(...positions) }
}

/** Resolves when the tables hold everything that was accepted. */
export async function untilTablesFollow(server: ServerProcess): Promise<void> {
  for (;;) {
    const { head, position } = await tablesPosition(server)
    if (position >= head) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
