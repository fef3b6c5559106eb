import { defineDerivation } from 'millrace'
import type { ExamplesSegmentMemberships } from './millrace.types.ts'
import { segmentDetail } from './segment-detail.ts'

export default defineDerivation<ExamplesSegmentMemberships>({
  fromSegmentation: {
    publish: (source) => [{ user: source.user, ...segmentDetail(source) }],
  },
})
