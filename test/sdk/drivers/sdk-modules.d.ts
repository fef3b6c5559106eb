/** Packages that bring no types: what of them is used here. */
declare module 'jsdom' {
  export class JSDOM {
    constructor(html: string, options: { url: string; pretendToBeVisual: boolean })
    readonly window: Record<string, unknown> & {
      navigator: object
      addEventListener(): void
      removeEventListener(): void
      dispatchEvent(event: Event): void
    }
  }
}

declare module 'analytics-node' {
  class Analytics {
    constructor(writeKey: string, options: { host: string; flushInterval: number; errorHandler: (error: unknown) => void })
    identify(call: object): this
    track(call: object): this
    page(call: object): this
    screen(call: object): this
    group(call: object): this
    alias(call: object): this
    flush(): Promise<unknown>
  }
  export = Analytics
}
