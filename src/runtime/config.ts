/** The process's configuration: parsed once at start, passed down, never imported. */
import * as z from 'zod'

const MIB = 1024 * 1024

export const engineConfigSchema = z.object({
  catalog: z.string().describe('Path of the catalog file, or of a directory with a `millrace.yaml`.'),
  data: z.string().default('millrace-data').describe('The data directory: log, store and lake.'),
  host: z.string().default('127.0.0.1').describe('Address to listen on.'),
  port: z.int().min(0).max(65_535).default(8080).describe('Port to listen on; 0 takes a free one.'),
  store: z
    .union([z.literal('sqlite'), z.string().regex(/^postgres(ql)?:\/\//)])
    .default('sqlite')
    .describe('`sqlite` keeps the store in the data directory; `postgres://…` keeps it in that database.'),
  messageDays: z
    .int()
    .min(1)
    .max(365)
    .default(7)
    .describe('Drop repeats of tracked events, known by their message id, for so many days.'),
  lagMaxMs: z
    .int()
    .min(1_000)
    .default(600_000)
    .describe(
      'Answer tracked events with 429 while the oldest one accepted has waited longer than this to be applied, in milliseconds.',
    ),
  stuckAfterMs: z
    .int()
    .min(100)
    .default(60_000)
    .describe('Report a thread as stuck when it has work and has not reacted for this long, in milliseconds.'),
  lake: z
    .object({
      codec: z.enum(['zstd', 'gzip']).default('zstd').describe('Compression of fragments.'),
      fragmentBytes: z
        .int()
        .min(1024)
        .default(64 * MIB)
        .describe('Roll a fragment at this size, in bytes before compression.'),
      flushIntervalMs: z
        .int()
        .min(10)
        .default(300_000)
        .describe('Roll every fragment that is open for this long, in milliseconds.'),
    })
    .prefault({})
    .describe('How documents are filed in the lake.'),
})

export type EngineConfig = z.infer<typeof engineConfigSchema>
export type EngineOptions = z.input<typeof engineConfigSchema>
