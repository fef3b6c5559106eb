import { defineDerivation } from 'millrace'
import type { ExamplesSegmentToggles } from './millrace.types.ts'

export default defineDerivation<ExamplesSegmentToggles>({
  fromSegmentation: {
    update: (source) => [source.remove ? { event: source } : { event: source, firstAdd: true }],

    // Only a user who was added once can toggle: the first addition, and removals before it, are no news.
    publish: (source, _register, { event: last, firstAdd }) =>
      firstAdd && last && last.remove !== source.remove ? [{ ...source, previous: last }] : [],
  },
})
