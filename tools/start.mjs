// `npm start`: install what is missing, then the segment example with generated events. Arguments after `--` go to `millrace start`.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ensureInstalled, environment, root } from './installed.mjs'

ensureInstalled()
const given = process.argv.slice(2)
const args = ['start', 'examples/segment', '--generate', '1000', ...given]
const child = spawn('node', [join(root, 'bin', 'millrace.mjs'), ...args], { cwd: root, env: environment, stdio: 'inherit' })
// The terminal sends Ctrl-C to both; the child ends in order, and this process waits for it.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
