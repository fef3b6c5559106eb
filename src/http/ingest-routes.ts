/** Routes for documents of collections: `POST /ingest`, `POST /ingest/<collection>`, and what a plain GET there is told. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { MillraceError } from '../base/errors.ts'
import type { Ingest } from '../engine/ingest/ingest.ts'
import { type BodyReader, decodeText } from './body.ts'
import { ENDPOINTS, type Endpoint, type ReceiptBody } from './endpoints.ts'
import { type IngestBody, readCollection, readTransaction } from './ingest-body.ts'
import { PROBLEM_TYPE } from './problem.ts'
import type { Route } from './route.ts'

export function ingestRoutes(ingest: Ingest, bodies: BodyReader): Route[] {
  const accept = (request: FastifyRequest, reply: FastifyReply, read: (text: string) => IngestBody) =>
    bodies.use(request.raw, async (bytes) => {
      const body = read(decodeText(bytes))
      if (body.kind === 'accepted') return await append(ingest, body.batches, idempotencyKeyOf(request))
      return await reply.code(body.problem.status).type(PROBLEM_TYPE).send(JSON.stringify(body.problem))
    })
  return [
    {
      endpoint: ENDPOINTS.ingestTransaction,
      handler: async (request, reply) => {
        requireType(request, ENDPOINTS.ingestTransaction)
        return await accept(request, reply, (text) => readTransaction(ingest, text))
      },
    },
    {
      endpoint: ENDPOINTS.ingestCollection,
      handler: async (request, reply) => {
        const type = requireType(request, ENDPOINTS.ingestCollection)
        const { collection } = request.params as { collection: string }
        return await accept(request, reply, (text) => readCollection(ingest, collection, { type, text }))
      },
    },
    {
      endpoint: ENDPOINTS.ingestSocket,
      handler: async (_request, reply) => {
        reply.header('upgrade', 'websocket')
        throw new MillraceError('upgrade_required', 'GET opens a WebSocket here.', {
          hint: 'To send documents in one request, use POST.',
        })
      },
    },
  ]
}

async function append(
  ingest: Ingest,
  batches: Parameters<Ingest['append']>[0],
  idempotencyKey: string | undefined,
): Promise<ReceiptBody> {
  const { position, documents, isRepeat } = await ingest.append(batches, idempotencyKey)
  const offsets = Object.fromEntries(batches.filter(({ count }) => count > 0).map(({ collection }) => [collection, position]))
  return { offsets, documents, isRepeat }
}

function idempotencyKeyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && key.length >= 1 && key.length <= 255) return key
  throw new MillraceError('request_invalid', 'The header Idempotency-Key must have 1 to 255 characters.')
}

/** The media type, without parameters. Throws `content_type_unsupported`. */
function requireType({ headers }: FastifyRequest, { path, request }: Endpoint): string {
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const known = Object.keys(request?.bodies ?? {})
  if (known.includes(type)) return type
  throw new MillraceError('content_type_unsupported', `The content type "${type}" is not supported by ${path}.`, {
    hint: `Send ${known.join(', ')}.`,
  })
}
