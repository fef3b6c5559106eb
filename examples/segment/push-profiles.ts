import { defineDerivation } from 'millrace'
import type { ExamplesSegmentProfilesPushed } from './push-profiles.millrace.types.ts'
import { segmentDetail } from './segment-detail.ts'

export default defineDerivation<ExamplesSegmentProfilesPushed>({
  fromSegmentation: {
    update: (source) => [[segmentDetail(source)]],
    publish: (source, segments) => [{ user: source.user, segments }],
  },
})
