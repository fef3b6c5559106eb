import type { StoreReader } from '../store/store.ts'

/**
 * A reader of a store that may be away when the process starts: it is opened by the first call that needs it, and again by a later one
 * when that failed. Calls reject as the opening does.
 */
export function openWhenNeeded(open: () => Promise<StoreReader>): StoreReader {
  let opening: Promise<StoreReader> | undefined
  const opened = (): Promise<StoreReader> => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined
      throw error
    })
    return opening
  }
  return {
    load: async (space, keys) => await (await opened()).load(space, keys),
    scan: async (space, range, limit) => await (await opened()).scan(space, range, limit),
    readOutputs: async (collection, after, maxBytes) => await (await opened()).readOutputs(collection, after, maxBytes),
    checkpoints: async () => await (await opened()).checkpoints(),
    loadCursor: async (name) => await (await opened()).loadCursor(name),
    saveCursor: async (name, value) => await (await opened()).saveCursor(name, value),
    cursorNames: async (prefix) => await (await opened()).cursorNames(prefix),
    scrub: async () => await (await opened()).scrub(),
    close: async () => await (await opening?.catch(() => undefined))?.close(),
  }
}
