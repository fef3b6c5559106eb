/** All routes of a server: what is at a path, whichever group it belongs to. */
import type { Endpoint } from './endpoints.ts'
import type { Route } from './route.ts'

type Place = { pattern: RegExp; methods: Endpoint['methods']; isTracking: boolean }

export class RouteTable {
  readonly #places: readonly Place[]

  constructor(routes: readonly Route[]) {
    this.#places = routes.flatMap(({ endpoint, isTracking }) =>
      pathsOf(endpoint).map((path) => ({
        pattern: patternOf(path),
        methods: endpoint.methods,
        isTracking: isTracking === true,
      })),
    )
  }

  /** The methods that something at `path` takes; none when nothing is there. */
  methodsAt(path: string): string[] {
    return [...new Set(this.#at(path).flatMap(({ methods }) => methods))]
  }

  /** True where pages of other origins may call. */
  isTrackingAt(path: string): boolean {
    return this.#at(path).some(({ isTracking }) => isTracking)
  }

  #at(path: string): Place[] {
    return this.#places.filter(({ pattern }) => pattern.test(path))
  }
}

export function pathsOf({ path, aliases = [] }: Endpoint): string[] {
  return [path, ...aliases]
}

/** The path in the words of the router. */
export function routerPath(path: string): string {
  return path.replace(/\{\w+\.\.\.\}/, '*').replaceAll(/\{(\w+)\}/g, ':$1')
}

/** The name in `{name...}`, if any. */
export function restName(path: string): string | undefined {
  return /\{(\w+)\.\.\.\}/.exec(path)?.[1]
}

function patternOf(path: string): RegExp {
  const source = path
    .split(/(\{\w+(?:\.\.\.)?\})/)
    .map((part) => (part.startsWith('{') ? (part.endsWith('...}') ? '.*' : '[^/]+') : RegExp.escape(part)))
    .join('')
  return new RegExp(`^${source}$`)
}
