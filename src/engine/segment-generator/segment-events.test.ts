import addFormats from 'ajv-formats'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { seededRandom, type Random } from '../../base/random.ts'
import { segmentEventJson, segmentEvents, type SegmentEvent } from './segment-events.ts'
import { halfNormal, zipf } from './skewed-draws.ts'

const SEED = 42
const NOON = Date.UTC(2026, 0, 1, 12)

function take(count: number, { users, seed = SEED }: { users?: number; seed?: number } = {}): SegmentEvent[] {
  const events = segmentEvents(seededRandom(seed), { now: () => NOON, ...(users === undefined ? {} : { users }) })
  return Array.from({ length: count }, () => events.next().value)
}

/** Pearson's statistic over counts and expected shares. */
function chiSquare(counts: readonly number[], shares: readonly number[]): number {
  const total = counts.reduce((a, b) => a + b)
  return shares.reduce((sum, share, i) => sum + ((counts[i] as number) - share * total) ** 2 / (share * total), 0)
}

/** The value that chi-square exceeds by chance once in 1000 draws (Wilson and Hilferty's approximation). */
function chiSquareLimit(degrees: number): number {
  return degrees * (1 - 2 / (9 * degrees) + 3.09 * Math.sqrt(2 / (9 * degrees))) ** 3
}

/** Of the segments from `start` up to, not including, `end`. */
function weight(start: number, end: number): number {
  let sum = 0
  for (let k = start; k < end; k++) sum += (1 + k) ** -1.1
  return sum
}

function constant(next: number): Random {
  return { next: () => next, nextUint32: () => 0 }
}

describe('the draw of segments', () => {
  const draw = zipf(1.1, 10_000)
  const random = seededRandom(SEED)
  const COUNT = 300_000
  const counts = Array<number>(10_001).fill(0)
  for (let i = 0; i < COUNT; i++) (counts[draw(random)] as number)++
  const share = (from: number, to: number) => counts.slice(from, to + 1).reduce((a, b) => a + b) / COUNT

  test('follows a Zipf law in the head and in the tail', () => {
    const edges = [
      0, 1, 2, 3, 4, 5, 7, 10, 15, 22, 33, 50, 75, 110, 170, 250, 400, 600, 1_000, 1_700, 3_000, 5_000, 7_500, 10_001,
    ]
    const bins = edges.slice(1).map((end, i) => ({ start: edges[i] as number, end }))
    const total = weight(0, 10_001)
    expect(total).toBeCloseTo(6.603436, 5)
    const statistic = chiSquare(
      bins.map(({ start, end }) => share(start, end - 1) * COUNT),
      bins.map(({ start, end }) => weight(start, end) / total),
    )
    expect(statistic).toBeLessThan(chiSquareLimit(bins.length - 1))
  })

  // Four standard errors: 4 · √(p · (1 − p) / 300 000) is at most 0.0037.
  test.each([
    [0, 0, 0.15144],
    [1, 1, 0.07065],
    [0, 9, 0.4059],
    [0, 99, 0.6478],
    [0, 999, 0.8439],
  ])('falls into %i … %i with probability %f', (from, to, probability) => {
    const tolerance = 4 * Math.sqrt((probability * (1 - probability)) / COUNT)
    expect(Math.abs(share(from, to) - probability)).toBeLessThan(tolerance)
  })

  test('has a mean of 668.9', () => {
    const mean = counts.reduce((sum, count, k) => sum + k * count, 0) / COUNT
    // The standard deviation of a draw is about 1,700.
    expect(Math.abs(mean - 668.9)).toBeLessThan((4 * 1_700) / Math.sqrt(COUNT))
  })

  test('reaches both ends', () => {
    expect(draw(constant(0))).toBe(0)
    expect(draw(constant(1 - 2 ** -32))).toBe(10_000)
  })
})

describe('the draw of users', () => {
  const random = seededRandom(SEED)
  const COUNT = 300_000
  const users = Float64Array.from({ length: COUNT }, () => Math.floor(1e6 * Math.min(1, halfNormal(random) / 10))).toSorted()

  test.each([
    [10_000, 0.0797],
    [50_000, 0.3829],
    [100_000, 0.6827],
    [200_000, 0.9545],
    [300_000, 0.9973],
  ])('lies below %i with probability %f', (limit, probability) => {
    const share = users.filter((user) => user < limit).length / COUNT
    expect(Math.abs(share - probability)).toBeLessThan(4 * Math.sqrt((probability * (1 - probability)) / COUNT) + 0.00005)
  })

  test('has a median of 67,449', () => {
    // The median's standard error is 1 / (2 · f(median) · √n) with f = 6.36e-6.
    expect(Math.abs((users[COUNT / 2] as number) - 67_449)).toBeLessThan(4 / (2 * 6.36e-6 * Math.sqrt(COUNT)))
  })

  test('is half-normal everywhere (Kolmogorov and Smirnov)', () => {
    let distance = 0
    users.forEach((user, i) => {
      distance = Math.max(distance, Math.abs(erf((user + 0.5) / 100_000 / Math.SQRT2) - (i + 0.5) / COUNT))
    })
    // 1.95 / √n is exceeded once in 1000 samples.
    expect(distance).toBeLessThan(1.95 / Math.sqrt(COUNT))
  })
})

/** Abramowitz and Stegun 7.1.26, exact to 1.5e-7. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * x)
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  return 1 - series * Math.exp(-x * x)
}

function nameOf({ user, segment, remove }: SegmentEvent): string {
  return `${user} ${segment.name} ${remove}`
}

describe('the stream', () => {
  // So many users that two novel events hardly ever agree in user and segment: what agrees is a repeat.
  const events = take(150_000, { users: 2 ** 40 })
  const novel: SegmentEvent[] = []
  const seen = new Set<string>()
  for (const event of events) {
    if (!seen.has(nameOf(event))) novel.push(event)
    seen.add(nameOf(event))
  }

  test('restates an earlier event four times in ten', () => {
    const repeats = 1 - novel.length / events.length
    expect(Math.abs(repeats - 0.4)).toBeLessThan(4 * Math.sqrt((0.4 * 0.6) / events.length))
  })

  test('removes in three of ten novel events', () => {
    const removes = novel.filter((event) => event.remove).length / novel.length
    expect(Math.abs(removes - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / novel.length))
  })

  test.each([
    [0.01, 0.0797],
    [0.1, 0.6827],
    [0.3, 0.9973],
  ])('draws novel events from the first %f of the users with probability %f', (part, probability) => {
    const share = novel.filter(({ user }) => Number.parseInt(user.slice(4), 16) < part * 2 ** 40).length / novel.length
    expect(Math.abs(share - probability)).toBeLessThan(4 * Math.sqrt((probability * (1 - probability)) / novel.length) + 0.00005)
  })

  test('keeps the share of removes among the repeats, within the greater variance of repeating repeats', () => {
    const removes = events.filter((event) => event.remove).length / events.length
    expect(Math.abs(removes - 0.3)).toBeLessThan(0.015)
  })

  test('spreads novel events over the vendors as the segments do', () => {
    const shares = [0.2166, 0.1341, 0.1072, 0.0937, 0.0853, 0.0796, 0.0753, 0.072, 0.0693, 0.067]
    const counts = Array<number>(10).fill(0)
    for (const { segment } of novel) (counts[segment.vendor - 1] as number)++
    expect(chiSquare(counts, shares)).toBeLessThan(chiSquareLimit(9))
  })

  test('restates from the latest events mostly: the reservoir forgets at random', () => {
    const lastAt = new Map<string, number>()
    let old = 0
    let repeats = 0
    events.forEach((event, i) => {
      const before = lastAt.get(nameOf(event))
      lastAt.set(nameOf(event), i)
      if (before === undefined || i < 100_000) return
      repeats++
      if (i - before > 20_000) old++
    })
    // A slot survives n overwrites with e^(-n / 20 000), so of the picks e^-1 = 37 % are older than the reservoir's size;
    // those whose sample was emitted again in between do not count as old here.
    expect(old / repeats).toBeGreaterThan(0.15)
    expect(old / repeats).toBeLessThan(0.37)
  })
})

describe('an event', () => {
  const events = take(5_000)

  test('is valid by the schema of the example, with an id of version 4', () => {
    const ajv = new Ajv2020({ strict: false })
    addFormats.default(ajv)
    const isValid = ajv.compile({
      type: 'object',
      required: ['event', 'timestamp', 'user', 'segment'],
      additionalProperties: false,
      properties: {
        event: {
          type: 'string',
          format: 'uuid',
          pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
        },
        timestamp: { type: 'string', format: 'date-time', const: '2026-01-01T12:00:00Z' },
        user: { type: 'string', pattern: '^usr-[0-9a-f]{6}$' },
        segment: {
          type: 'object',
          required: ['vendor', 'name'],
          properties: {
            vendor: { type: 'integer', minimum: 1, maximum: 10 },
            name: { type: 'string', pattern: '^seg-[0-9A-F]{1,4}$' },
          },
        },
        remove: { const: true },
      },
    })
    for (const event of events) expect(isValid(event), `${JSON.stringify(event)}: ${ajv.errorsText(isValid.errors)}`).toBe(true)
  })

  test('has an id of its own', () => {
    expect(new Set(events.map(({ event }) => event)).size).toBe(events.length)
  })

  test('belongs to the vendor that its segment belongs to', () => {
    for (const { segment } of events) expect(segment.vendor).toBe(1 + (Number.parseInt(segment.name.slice(4), 16) % 10))
  })

  test('is written as JSON with its members in the order of the type', () => {
    for (const event of events) expect(segmentEventJson(event)).toBe(JSON.stringify(event))
    expect(Object.keys(events.find(({ remove }) => remove) ?? {})).toEqual(['event', 'timestamp', 'user', 'segment', 'remove'])
  })

  test('carries the second in which it was drawn', () => {
    let now = NOON - 1
    const stream = segmentEvents(seededRandom(SEED), { now: () => now++ })
    const timestamps = Array.from({ length: 1_002 }, () => stream.next().value.timestamp)
    expect([timestamps[0], timestamps[1], timestamps[1_000], timestamps[1_001]]).toEqual([
      '2026-01-01T11:59:59Z',
      '2026-01-01T12:00:00Z',
      '2026-01-01T12:00:00Z',
      '2026-01-01T12:00:01Z',
    ])
  })
})

test('one seed gives one stream, another seed another', () => {
  expect(take(1_000)).toEqual(take(1_000))
  expect(take(1_000, { seed: 43 })).not.toEqual(take(1_000))
})

test('users are drawn from as many as asked for', () => {
  const users = take(5_000, { users: 16 }).map(({ user }) => Number.parseInt(user.slice(4), 16))
  expect(Math.max(...users)).toBeLessThan(16)
  expect(new Set(users).size).toBeGreaterThan(4)
})
