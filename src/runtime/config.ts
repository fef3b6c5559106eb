/** The process's configuration: parsed once at start, passed down, never imported. */
import * as z from 'zod'
import { MillraceError } from '../base/errors.ts'

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
  notificationHours: z
    .int()
    .min(1)
    .max(720)
    .default(24)
    .describe('Keep notifications for so many hours, for readers that lag or are away.'),
  fillPageEntities: z
    .int()
    .min(1)
    .max(100_000)
    .default(1_000)
    .describe('Look at so many users or accounts at once when a segment looks at the past; events wait meanwhile.'),
  lagMaxMs: z
    .int()
    .min(1_000)
    .default(600_000)
    .describe(
      'Answer tracked events with 429 while the oldest one accepted has waited longer than this to be applied, in milliseconds.',
    ),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .exactOptional()
    .describe('Address under which SDKs reach this server, for their settings and for tokens; else what each request says.'),
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

/** Throws `usage_invalid` with all problems. */
export function parseConfig(options: EngineOptions): EngineConfig {
  const parsed = engineConfigSchema.safeParse(options)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  throw new MillraceError('usage_invalid', `The configuration cannot be used: ${problems.join('; ')}.`, {
    hint: '`millrace help start` lists the options.',
  })
}

export type EngineConfig = z.infer<typeof engineConfigSchema>
export type EngineOptions = z.input<typeof engineConfigSchema>
