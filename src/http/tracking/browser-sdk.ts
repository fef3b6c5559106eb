/**
 * Segment's open browser SDK, served from this host when the package `@segment/analytics-next` is installed beside Millrace: the
 * snippet of a page then loads it from here, and the page talks to nobody else.
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { MillraceError } from '../../base/errors.ts'
import type { Origin } from './settings.ts'

const PACKAGE = '@segment/analytics-next'

/** The folder with the package's bundles for browsers; undefined when it is not installed. */
export function findBundles(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(PACKAGE)
    const end = entry.lastIndexOf(join('/', PACKAGE, '/')) + PACKAGE.length + 1
    return join(entry.slice(0, end), 'dist', 'umd')
  } catch {
    return undefined
  }
}

export class BrowserSdk {
  readonly #folder: string | undefined

  constructor(folder: string | undefined) {
    this.#folder = folder
  }

  /** The SDK, told its key and that its parts and settings are here; by itself it believes so only of https. Throws `path_unknown`. */
  async script(writeKey: string, { protocol, host }: Origin): Promise<string> {
    const text = await this.#read('standalone.js')
    return `${prelude(writeKey, `${protocol}://${host}`)}\n${text}`
  }

  /** A part that the SDK loads when it needs it. Throws `path_unknown`. */
  async part(name: string): Promise<string> {
    if (!/^[\w-][\w.-]*\.js$/.test(name)) throw unknownPart(name)
    return await this.#read(name)
  }

  async #read(name: string): Promise<string> {
    if (this.#folder === undefined) {
      throw new MillraceError('path_unknown', `The browser SDK is served here once the package ${PACKAGE} is installed.`, {
        hint: `Run \`npm install ${PACKAGE}\` where Millrace is installed, and start it again; or load the SDK from your own bundle.`,
      })
    }
    try {
      return await readFile(join(this.#folder, name), 'utf8')
    } catch {
      throw unknownPart(name)
    }
  }
}

function unknownPart(name: string): MillraceError {
  return new MillraceError('path_unknown', `The browser SDK has no part "${name}".`)
}

/** The global may have another name (`data-global-segment-analytics-key`), and what the page's snippet says stands. */
function prelude(writeKey: string, url: string): string {
  return [
    '(function(){',
    "var e=document.querySelector('script[data-global-segment-analytics-key]');",
    "var k=e&&e.getAttribute('data-global-segment-analytics-key')||'analytics';",
    'var a=window[k]=window[k]||[];',
    `a._writeKey=a._writeKey||${JSON.stringify(writeKey)};`,
    `a._cdn=a._cdn||${JSON.stringify(url)};`,
    '})();',
  ].join('')
}
