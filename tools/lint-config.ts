/**
 * Writes `.oxlintrc.json`: the house's rules, and one block per folder of `src/` generated from the layer table.
 * `node tools/lint-config.ts` after a change of either; a test checks that the file is current and that a violation is caught.
 */
import { writeFileSync } from 'node:fs'
import { LAYERS, PORTS } from './layers.ts'

const RULES = {
  'max-lines': ['error', { max: 400 }],
  'max-lines-per-function': ['error', { max: 70 }],
  'max-params': ['error', { max: 4 }],
  'typescript/no-explicit-any': 'error',
  'typescript/no-non-null-assertion': 'error',
  'typescript/no-floating-promises': 'error',
  'typescript/no-misused-promises': 'error',
  'typescript/switch-exhaustiveness-check': 'error',
  'import/no-cycle': 'error',
  'import/no-default-export': 'error',
  'no-console': 'error',
  // A name may mean the same thing in an inner scope as in the outer one.
  'no-shadow': 'off',
  // Assertions after a check are the house's way; the comment beside them says why.
  'typescript/no-unsafe-type-assertion': 'off',
  // Lambda modules and workers are loaded in order on purpose.
  'no-await-in-loop': 'off',
  // The compiler knows more of these than the linter: exhaustive switches, named imports of CommonJS, workers, conditions of loops.
  'typescript/consistent-return': 'off',
  'import/no-named-as-default-member': 'off',
  'import/no-named-as-default': 'off',
  'unicorn/require-post-message-target-origin': 'off',
  'no-unmodified-loop-condition': 'off',
  'promise/always-return': 'off',
}

type Layer = keyof typeof LAYERS

/** Folders that a folder of `src/` must not import, and implementations of which it may import only the port. */
function forbidden(layer: Layer): { group: string[]; message: string }[] {
  const allowed: readonly string[] = LAYERS[layer]
  const others = Object.keys(LAYERS).filter((other) => other !== layer && !allowed.includes(other))
  const patterns = others.map((other) => ({
    group: [`**/${other}/**`],
    message: `src/${layer} may import only ${['itself', ...allowed].join(', ')} (tools/layers.ts).`,
  }))
  const mayKnowImplementations = layer === 'runtime' || layer === 'cli'
  for (const [port, file] of Object.entries(PORTS)) {
    if (mayKnowImplementations || port === layer || !allowed.includes(port)) continue
    patterns.push({
      group: [`**/${port}/*/**`, `**/${port}/*`, `!**/${port}/${file}`],
      message: `src/${layer} may import only the port ${port}/${file}; implementations are chosen in src/runtime (tools/layers.ts).`,
    })
  }
  return patterns
}

export function lintConfig(): string {
  const layers = (Object.keys(LAYERS) as Layer[]).map((layer) => ({
    files: [`src/${layer}/**/*.ts`],
    excludeFiles: ['test', 'fixture', 'contract'].map((kind) => `src/${layer}/**/*.${kind}.ts`),
    rules: { 'no-restricted-imports': ['error', { patterns: forbidden(layer) }] },
  }))
  const config = {
    $schema: './node_modules/oxlint/configuration_schema.json',
    plugins: ['typescript', 'import', 'unicorn', 'promise'],
    categories: { correctness: 'error', suspicious: 'error' },
    ignorePatterns: ['dist', 'node_modules', '**/*.types.ts'],
    rules: RULES,
    overrides: [
      { files: ['*.config.ts', 'examples/**'], rules: { 'import/no-default-export': 'off' } },
      {
        files: ['src/cli/**', 'bin/**', 'bench/**', 'tools/**', 'test/crash/main.ts', 'examples/**'],
        rules: { 'no-console': 'off' },
      },
      { files: ['**/*.test.ts', '**/*.contract.ts'], rules: { 'max-lines-per-function': 'off' } },
      ...layers,
    ],
  }
  return `${JSON.stringify(config, null, 2)}\n`
}

if (import.meta.main) writeFileSync(new URL('../.oxlintrc.json', import.meta.url), lintConfig())
