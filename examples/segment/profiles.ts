import { defineDerivation } from 'millrace'
import type { ExamplesSegmentProfiles } from './millrace.types.ts'
import { segmentDetail } from './segment-detail.ts'

export default defineDerivation<ExamplesSegmentProfiles>({
  fromSegmentation: {
    publish: (source) => [{ user: source.user, segments: [segmentDetail(source)] }],
  },
})
