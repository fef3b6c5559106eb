import { extname } from 'node:path'

/** URL of a worker module beside the one at `base`: `.ts` in a checkout, `.js` in the built package. */
export function siblingModule(base: string, name: string): URL {
  return new URL(`${name}${extname(new URL(base).pathname)}`, base)
}
