/** `millrace ingest`: sends a file or standard input to a running server. */
import { Command, Option } from 'commander'
import { ingestEventsCommand } from './ingest-events.ts'
import { addressOf, keyPrefix, URL_DEFAULT, wholeNumber } from './ingest/arguments.ts'
import { Backlog } from './ingest/backlog.ts'
import { type Format, FORMATS, openInput } from './ingest/input.ts'
import { type Outcome, runIngestion } from './ingest/ingestion.ts'
import { type Item, mediaTypeOf, readItems } from './ingest/items.ts'
import { paceOf } from './ingest/pace.ts'
import { formatCount, formatRate, showProgress } from './ingest/progress.ts'
import { Sender } from './ingest/sender.ts'
import { type IngestSurroundings, processSurroundings } from './ingest/surroundings.ts'

type IngestOptions = {
  url: string
  format?: Format
  batch: number
  rate?: number
  idempotencyPrefix?: string
  skipInvalid?: true
  json?: true
}

const BATCH_DEFAULT = 5_000
/** What the server takes in one request. */
const BATCH_MAX = 65_536
/** Well below the server's limit for a body, at any number of bytes a character. */
const BATCH_CHARACTERS_MAX = 4 * 1024 * 1024
/** A key of the server has 255 characters; the number of the batch follows the prefix. */
const PREFIX_CHARACTERS_MAX = 240

export function ingestCommand(surroundings: IngestSurroundings = processSurroundings()): Command {
  return (
    new Command('ingest')
      .description(
        'Sends documents to a collection of a running server: JSON (one a line, or an array), CSV or TSV, also compressed',
      )
      .addCommand(ingestEventsCommand(surroundings))
      // Options that both have belong to the one behind which they stand, and a collection may be called "help".
      .enablePositionalOptions()
      .helpCommand(false)
      .argument('<collection>', 'a captured collection of the catalog; "events" stands for tracked events')
      .argument('[file]', 'a file; standard input when it is absent or "-"')
      .option('--url <url>', 'address of the server', URL_DEFAULT)
      .addOption(new Option('--format <format>', 'instead of what the file name says').choices(FORMATS))
      .option('--batch <n>', 'documents a request', wholeNumber(1, BATCH_MAX), BATCH_DEFAULT)
      .option('--rate <n>', 'documents a second at most', wholeNumber(1, Number.MAX_SAFE_INTEGER))
      .option(
        '--idempotency-prefix <text>',
        'a name for this data: sending it again under this name, in batches of the same size, writes nothing twice',
        keyPrefix(PREFIX_CHARACTERS_MAX),
      )
      .option('--skip-invalid', 'report documents that are refused, and go on without them')
      .option('--json', 'print the outcome as JSON')
      .action(async (collection: string, file: string | undefined, options: IngestOptions) => {
        await ingest(collection, file, { options, surroundings })
      })
  )
}

type Run = { options: IngestOptions; surroundings: IngestSurroundings }

async function ingest(collection: string, file: string | undefined, { options, surroundings }: Run): Promise<void> {
  const { clock, stdin, stdout, stderr } = surroundings
  const { rate, skipInvalid, format } = options
  const input = await openInput({ file, format, stdin })
  const pace = paceOf(clock, options.batch, rate)
  // Batches that are to be repeatable must not depend on when their documents came.
  const isLive = input.isLive && options.idempotencyPrefix === undefined
  const backlog = new Backlog<Item>({
    itemsMax: pace.itemsMax,
    sizeMax: BATCH_CHARACTERS_MAX,
    sizeOf: ({ text }) => text.length + 1,
    isLive,
  })
  void backlog.fill(readItems(input))
  const progress = showProgress(stderr, input.sizeBytes)
  const startedAt = clock.now()
  try {
    const outcome = await runIngestion({
      inputName: input.name,
      hasHeader: input.format !== 'json',
      backlog,
      sender: new Sender({
        url: collectionUrl(options.url, collection),
        mediaType: mediaTypeOf(input),
        fetch: surroundings.fetch,
        clock,
      }),
      idempotencyPrefix: options.idempotencyPrefix ?? surroundings.uniqueId(),
      pace: pace.wait,
      ...(skipInvalid && { skip: (message: string) => void stderr.write(`skipped ${message}\n`) }),
      advanced: ({ documents }) => progress.update({ bytes: input.readBytes(), documents, elapsedMs: clock.now() - startedAt }),
    })
    progress.stop()
    const durationMs = clock.now() - startedAt
    stdout.write(
      options.json ? `${JSON.stringify({ collection, ...outcome, durationMs })}\n` : summarize(collection, outcome, durationMs),
    )
  } finally {
    progress.stop()
  }
}

function summarize(collection: string, { documents, skipped, repeatedBatches, position }: Outcome, durationMs: number): string {
  const seconds = (durationMs / 1000).toFixed(1)
  const notes = [
    ...(skipped > 0 ? [`${formatCount(skipped)} skipped`] : []),
    ...(repeatedBatches > 0 ? [`${formatCount(repeatedBatches)} batches were there already`] : []),
    `log position ${position}`,
  ]
  return `${formatCount(documents)} documents into ${collection} in ${seconds} s (${formatRate(documents, durationMs)}/s); ${notes.join(', ')}\n`
}

function collectionUrl(url: string, collection: string): URL {
  return addressOf(`/ingest/${collection.split('/').map(encodeURIComponent).join('/')}`, url)
}
