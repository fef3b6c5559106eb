// `npm run build` (and `npm pack`): JavaScript and declarations into dist/, for Node without type stripping in node_modules.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureInstalled, environment, root } from './installed.mjs'

ensureInstalled()
rmSync(join(root, 'dist'), { recursive: true, force: true })
const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { cwd: root, env: environment, stdio: 'inherit' })
process.exit(status ?? 1)
