/** Lets modules of a catalog write `import … from 'millrace'` wherever they stand, without installing anything. */
import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

/** The running Millrace's own entry: `src/index.ts` in a checkout, `dist/index.js` when installed. */
export function ownEntryUrl(): string {
  const source = new URL('../index.ts', import.meta.url)
  return existsSync(fileURLToPath(source)) ? source.href : new URL('../index.js', import.meta.url).href
}

let isRegistered = false

/**
 * From now on, in this thread, the specifier `millrace` means the running Millrace. May be called any number of times; each
 * worker thread calls it for itself. A copy that the catalog's own folder has installed is passed over, so that there is one.
 */
export function useOwnMillrace(): void {
  if (isRegistered) return
  isRegistered = true
  const url = ownEntryUrl()
  registerHooks({
    resolve: (specifier, context, nextResolve) => nextResolve(specifier === 'millrace' ? url : specifier, context),
  })
}
