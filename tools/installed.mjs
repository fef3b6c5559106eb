// Brings what a fresh clone lacks: the dependencies of package-lock.json, among them Node 24. Runs on any Node from 20.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const bin = join(root, 'node_modules', '.bin')

/** The environment in which `node` is the Node 24 of the project. */
export const environment = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` }

/** Installs when package-lock.json names a package or a version that node_modules lacks. */
export function ensureInstalled() {
  if (isInstalled()) return
  console.log('Installing dependencies (once) …')
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: 'inherit' })
  if (status === 0) return
  console.error('`npm ci` failed; its message stands above. Check the network and the free disk space, then try again.')
  process.exit(status ?? 1)
}

/** npm writes the list of what it has installed last of all, so after an interrupted installation there is none. */
function isInstalled() {
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'))
  if (!installed || !existsSync(join(bin, 'node'))) return false
  return Object.entries(packagesOf(join(root, 'package-lock.json')) ?? {}).every(([path, wanted]) => {
    if (path === '') return true
    // Optional ones may be for another platform.
    return installed[path] ? installed[path].version === wanted.version : wanted.optional || wanted.devOptional
  })
}

function packagesOf(lockPath) {
  try {
    return JSON.parse(readFileSync(lockPath, 'utf8')).packages
  } catch {
    return undefined
  }
}
