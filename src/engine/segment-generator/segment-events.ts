/**
 * Synthetic segment events: an endless stream in which a few segments and users are hot and many events restate earlier ones.
 * The distributions are those of Estuary Flow's segment example of 2021.
 */
import type { Random } from '../../base/random.ts'
import { halfNormal, zipf } from './skewed-draws.ts'

export type SegmentEvent = {
  event: string
  timestamp: string
  user: string
  segment: Readonly<{ vendor: number; name: string }>
  remove?: true
}

export type SegmentEventOptions = {
  /** Milliseconds since the epoch, asked once an event. Timestamps are whole seconds in UTC. */
  now: () => number
  /** How many users there are to draw from; the lower their number, the hotter they are. */
  users?: number
}

/** Segments 0 … 10 000, both included. */
const SEGMENT_MAX = 10_000
const SEGMENT_SKEW = 1.1
const VENDORS = 10
export const USERS_DEFAULT = 1_000_000
/** So many standard deviations span all users: two thirds of the novel events concern the first tenth of them. */
const USER_DEVIATIONS = 10
const ADD_PROBABILITY = 0.7
const REPEAT_PROBABILITY = 0.4
/** How many past events are kept to be restated; the old ones fade out at random. */
const RESERVOIR_SIZE = 20_000

/** The same random numbers and times yield the same events. The stream never ends. */
export function* segmentEvents(random: Random, options: SegmentEventOptions): Generator<SegmentEvent, never> {
  const users = options.users ?? USERS_DEFAULT
  const drawSegment = zipf(SEGMENT_SKEW, SEGMENT_MAX)
  const timestampAt = secondsFormat()
  const reservoir: Sample[] = []

  const drawNovel = (): Sample => {
    const segment = drawSegment(random)
    const user = Math.floor(users * Math.min(1, halfNormal(random) / USER_DEVIATIONS))
    const isAdd = random.next() < ADD_PROBABILITY
    return { user: userName(user), segment: SEGMENTS[segment] as SegmentEvent['segment'], isAdd }
  }
  const drawRepeat = () => reservoir[drawIndex(random, reservoir.length)] as Sample

  while (true) {
    const isNovel = reservoir.length === 0 || random.next() >= REPEAT_PROBABILITY
    const sample = isNovel ? drawNovel() : drawRepeat()
    if (reservoir.length < RESERVOIR_SIZE) reservoir.push(sample)
    else reservoir[drawIndex(random, RESERVOIR_SIZE)] = sample

    const { user, segment, isAdd } = sample
    const event = drawUuid(random)
    const timestamp = timestampAt(options.now())
    yield isAdd ? { event, timestamp, user, segment } : { event, timestamp, user, segment, remove: true }
  }
}

/** The JSON text of an event, members in the order of the type; several times as fast as `JSON.stringify`. */
export function segmentEventJson({ event, timestamp, user, segment, remove }: SegmentEvent): string {
  const head = `{"event":"${event}","timestamp":"${timestamp}","user":"${user}","segment":{"vendor":${segment.vendor},"name":"${segment.name}"}`
  return remove ? `${head},"remove":true}` : `${head}}`
}

/** What a restatement repeats of an event. */
type Sample = { user: string; segment: SegmentEvent['segment']; isAdd: boolean }

/** Frozen, since events share them. */
const SEGMENTS = Array.from({ length: SEGMENT_MAX + 1 }, (_, k) =>
  Object.freeze({ vendor: 1 + (k % VENDORS), name: `seg-${k.toString(16).toUpperCase()}` }),
)

function userName(user: number): string {
  return `usr-${user.toString(16).padStart(6, '0')}`
}

function drawIndex(random: Random, length: number): number {
  return Math.floor(random.next() * length)
}

/** The four lower-case hex digits of each 16-bit number: ids are put together from eight of them. */
const HEX = Array.from({ length: 0x10000 }, (_, n) => n.toString(16).padStart(4, '0'))

/** A random UUID of version 4 (RFC 9562, section 5.4). */
export function drawUuid(random: Random): string {
  const [a, b, c, d] = [random.nextUint32(), random.nextUint32(), random.nextUint32(), random.nextUint32()]
  const version = ((b & 0x0fff) | 0x4000) >>> 0
  const variant = ((c >>> 16) & 0x3fff) | 0x8000
  return `${HEX[a >>> 16]}${HEX[a & 0xffff]}-${HEX[b >>> 16]}-${HEX[version]}-${HEX[variant]}-${HEX[c & 0xffff]}${HEX[d >>> 16]}${HEX[d & 0xffff]}`
}

/** RFC 3339 in whole seconds; a second that is asked for again is not formatted again. */
function secondsFormat(): (nowMs: number) => string {
  let lastSecond = Number.NaN
  let text = ''
  return (nowMs) => {
    const second = Math.floor(nowMs / 1000)
    if (second !== lastSecond) {
      lastSecond = second
      text = `${new Date(second * 1000).toISOString().slice(0, -5)}Z`
    }
    return text
  }
}
