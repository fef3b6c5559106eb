/** Reads published documents, as many batches as fit. */
import type { Pool } from 'pg'
import type { Position } from '../../log/log.ts'
import type { OutputBatch } from '../store.ts'

/** Sizes are summed up before any payload is fetched. */
const SELECT_OUTPUTS = `
  with sized as (
    select through, sum(octet_length(payload)) over (order by through) as total_bytes, row_number() over (order by through) as number
    from (
      select through, payload from millrace.outputs where collection = $1 and through > $2 order by through limit $4
    ) as next
  )
  select outputs.through::float8, outputs.after::float8, outputs.appended_at::float8, outputs.payload
  from sized join millrace.outputs on outputs.collection = $1 and outputs.through = sized.through
  where sized.total_bytes <= $3 or sized.number = 1
  order by outputs.through
`

/** Of one read, however small they are. */
const BATCHES_MAX = 1_000

type OutputRow = { through: number; after: number; appended_at: number; payload: Buffer }

export async function readOutputs(
  pool: Pool,
  collection: string,
  limits: { after: Position; maxBytes: number },
): Promise<OutputBatch[]> {
  const { rows } = await pool.query<OutputRow>(SELECT_OUTPUTS, [collection, limits.after, limits.maxBytes, BATCHES_MAX])
  return rows.map(({ through, after, appended_at, payload }) => ({
    collection,
    after,
    through,
    appendedAt: appended_at,
    payload,
  }))
}
