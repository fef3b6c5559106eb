/** For tests: what fillings ask about everybody, worked out from the profiles and timelines one by one. */
import type { TimelineEvent } from '../../../model/event/timeline-event.ts'
import type { Counted, PastTally } from '../../../model/segment/segment.ts'
import { addOccurrence, emptyCounted, occurrenceOf, selects } from '../../../model/segment/tally.ts'
import { entitiesOf, naiveEvent } from '../naive-memberships.fixture.ts'
import type { SegmentWorld } from '../segments.fixture.ts'
import type { FillSource } from './fill-pages.ts'

/** All that the engine may ask, answered from the timelines and profiles alone; everybody is a candidate. */
export function naiveSource(world: SegmentWorld): FillSource {
  return {
    catchUp: async () => 0,
    async *candidates({ kind }, { after = '', onTotal }) {
      const ids = (await entitiesOf(world.store, kind)).map(({ id }) => id).filter((id) => id > after)
      onTotal(ids.length)
      yield ids
    },
    async *countHistory(tallies, { after = '', now, onTotal }) {
      if (tallies.length === 0) return
      const lines = (await world.timeline()).filter(({ user = '' }) => user > after)
      const parts = [...Map.groupBy(lines, ({ user = '' }) => user)].toSorted(([a], [b]) => (a < b ? -1 : 1))
      onTotal(parts.length)
      yield parts.map(([part, own]) => ({ part, tallies: tallies.map((tally, i) => [i, countedOf(own, tally, now)]) }))
    },
  }
}

function countedOf(lines: readonly TimelineEvent[], { events, keeps, through }: PastTally, now: number): Counted {
  let counted = emptyCounted(keeps)
  for (const line of lines) {
    const facts = naiveEvent(line)
    if (line.position > through || !selects(events, facts)) continue
    counted = addOccurrence(counted, keeps, occurrenceOf(keeps, facts.at, facts), now)
  }
  return counted
}
