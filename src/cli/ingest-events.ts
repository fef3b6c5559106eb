/** `millrace ingest events`: sends tracked events from a file or standard input to a running server. */
import { Command, Option } from 'commander'
import { MillraceError } from '../base/errors.ts'
import { addressOf, keyPrefix, URL_DEFAULT, wholeNumber } from './ingest/arguments.ts'
import { Backlog } from './ingest/backlog.ts'
import { type EventOutcome, runEventIngestion } from './ingest/event-ingestion.ts'
import { type EventLine, readEventLines } from './ingest/event-lines.ts'
import { EventSender } from './ingest/event-sender.ts'
import { openInput } from './ingest/input.ts'
import { paceOf } from './ingest/pace.ts'
import { formatCount, formatRate, showProgress } from './ingest/progress.ts'
import type { IngestSurroundings } from './ingest/surroundings.ts'

type EventOptions = {
  url: string
  writeKey?: string
  batch: number
  rate?: number
  connections: number
  idempotencyPrefix?: string
  skipInvalid?: true
  json?: true
}

/** What a source takes in one request unless the catalog says otherwise, and what the catalog can say at most. */
const BATCH_DEFAULT = 1_000
const BATCH_MAX = 10_000
/** Below a source's usual limit for a body, with room for the envelope. */
const BATCH_BYTES_MAX = 3_900_000
/** While the server works at one request the next is on its way; more only wait for each other. */
const CONNECTIONS_DEFAULT = 2
const CONNECTIONS_MAX = 16
/** A message id has 100 characters; a colon and the number of the line follow the prefix. */
const PREFIX_CHARACTERS_MAX = 80

export function ingestEventsCommand(surroundings: IngestSurroundings): Command {
  return new Command('events')
    .description('Sends tracked events, one a line as SDKs send them, to a running server; also compressed')
    .argument('[file]', 'a file; standard input when it is absent or "-"')
    .option('--url <url>', 'address of the server', URL_DEFAULT)
    .addOption(new Option('--write-key <key>', 'a write key of the source').env('MILLRACE_WRITE_KEY'))
    .option('--batch <n>', 'events a request', wholeNumber(1, BATCH_MAX), BATCH_DEFAULT)
    .option('--rate <n>', 'events a second at most', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option(
      '--connections <n>',
      'requests under way at the same time; with 1 all events arrive in the order of the file',
      wholeNumber(1, CONNECTIONS_MAX),
      CONNECTIONS_DEFAULT,
    )
    .option(
      '--idempotency-prefix <text>',
      'a name for this data: lines without a message id get this name and their number as one, rather than a hash of file, number and content',
      keyPrefix(PREFIX_CHARACTERS_MAX),
    )
    .option('--skip-invalid', 'report events that are refused, and go on')
    .option('--json', 'print the outcome as JSON')
    .action((file: string | undefined, options: EventOptions, command: Command) => {
      refuseMisplacedOptions(command)
      return ingestEvents(file, options, surroundings)
    })
}

async function ingestEvents(file: string | undefined, options: EventOptions, surroundings: IngestSurroundings): Promise<void> {
  const { clock, stdin, stdout, stderr } = surroundings
  const sender = senderOf(options, surroundings)
  const input = await openInput({ file, format: 'json', stdin })
  const pace = paceOf(clock, options.batch, options.rate)
  const backlog = new Backlog<EventLine>({
    itemsMax: pace.itemsMax,
    sizeMax: BATCH_BYTES_MAX,
    sizeOf: ({ bytes }) => bytes.length + 1,
    isLive: input.isLive,
  })
  void backlog.fill(readEventLines(input, options.idempotencyPrefix))
  const progress = showProgress(stderr, input.sizeBytes, 'events')
  const startedAt = clock.now()
  try {
    const outcome = await runEventIngestion({
      inputName: input.name,
      backlog,
      sender,
      connections: options.connections,
      pace: pace.wait,
      ...(options.skipInvalid && { skip: (message: string) => void stderr.write(`skipped ${message}\n`) }),
      advanced: ({ accepted }) =>
        progress.update({ bytes: input.readBytes(), documents: accepted, elapsedMs: clock.now() - startedAt }),
    })
    progress.stop()
    const durationMs = clock.now() - startedAt
    stdout.write(options.json ? `${JSON.stringify({ ...outcome, durationMs })}\n` : summarize(outcome, durationMs))
  } finally {
    progress.stop()
  }
}

/** Options before `events` are those of collections: to take no notice of them would surprise. */
function refuseMisplacedOptions({ parent }: Command): void {
  const [first] = parent?.options.filter((option) => parent.getOptionValueSource(option.attributeName()) === 'cli') ?? []
  if (first === undefined) return
  throw new MillraceError('usage_invalid', `The option ${first.long} stands before "events", where it means a collection’s.`, {
    hint: `Write it behind: millrace ingest events ${first.flags} …`,
  })
}

function senderOf({ url, writeKey }: EventOptions, { fetch, clock }: IngestSurroundings): EventSender {
  if (writeKey === undefined || writeKey === '') {
    throw new MillraceError('usage_invalid', 'Events need a write key, which says what source they come from.', {
      hint: 'Give one with --write-key or MILLRACE_WRITE_KEY; `millrace source key create <source>` makes one.',
    })
  }
  return new EventSender({ url: addressOf('/v1/import', url), writeKey, fetch, clock })
}

function summarize({ accepted, rejected }: EventOutcome, durationMs: number): string {
  const seconds = (durationMs / 1000).toFixed(1)
  const note = rejected > 0 ? `; ${formatCount(rejected)} rejected` : ''
  return `${formatCount(accepted)} events accepted in ${seconds} s (${formatRate(accepted, durationMs)}/s)${note}\n`
}
