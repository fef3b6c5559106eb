#!/usr/bin/env node
// The command: the built program where it was packed, the sources in a checkout. Plain JavaScript, so that an older Node can say so.
import { existsSync } from 'node:fs'
import module from 'node:module'

const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  console.error(`Millrace needs Node 24 or newer; this is ${process.version}. In a checkout, \`npm start\` and \`npx millrace\` bring their own.`)
  process.exit(1)
}
// Halves the time that commands need to start.
module.enableCompileCache()
const built = new URL('../dist/cli/main.js', import.meta.url)
const source = new URL('../src/cli/main.ts', import.meta.url)
await import(existsSync(source) ? source.href : built.href)
