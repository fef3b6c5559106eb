import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Lambda modules of catalogs import `millrace`; outside of tests a hook of Node's loader does the same (src/catalog/own-millrace.ts).
  resolve: { alias: { millrace: new URL('src/index.ts', import.meta.url).pathname } },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'tools/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
