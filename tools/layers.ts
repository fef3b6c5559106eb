/**
 * The layer table: which folder of `src/` may import which. The linter's rules are generated from it; types count as imports.
 * `base` has no domain words; `model` is meaning without mechanism; ports and their implementations stand beside each other;
 * deciding code (`engine`, `lake`) knows ports only; `runtime` puts everything together; `cli` is what people call.
 */
export const LAYERS = {
  base: [],
  model: ['base'],
  log: ['base', 'model'],
  store: ['base', 'model', 'log'],
  endpoint: ['base', 'model', 'log'],
  catalog: ['base', 'model'],
  engine: ['base', 'model', 'log', 'store', 'endpoint'],
  lake: ['base', 'model', 'log', 'store'],
  http: ['base', 'model', 'log', 'engine'],
  runtime: ['base', 'model', 'log', 'store', 'endpoint', 'catalog', 'engine', 'lake', 'http'],
  cli: ['base', 'model', 'log', 'store', 'endpoint', 'catalog', 'engine', 'lake', 'http', 'runtime'],
} as const satisfies Record<string, readonly string[]>

/** Folders that hold a port and implementations: whoever stands above may import the port, only `runtime` and `cli` the rest. */
export const PORTS = {
  log: 'log.ts',
  store: 'store.ts',
  endpoint: 'endpoint.ts',
} as const
