/** Writes, replaces and prunes the published documents of a transaction. */
import type { ClientBase } from 'pg'
import { PRUNED_BATCHES_MAX, type Transaction } from '../store.ts'

const INSERT_OUTPUT =
  'insert into millrace.outputs (collection, through, after, appended_at, payload) values ($1, $2, $3, $4, $5)'

const REPLACE_OUTPUT = 'update millrace.outputs set payload = $3 where collection = $1 and through = $2'

/** The oldest few only, so that a commit stays short however much there is to prune. */
const PRUNE_OUTPUTS = `
  delete from millrace.outputs
  where collection = $1 and through = any (array(
    select through from millrace.outputs where collection = $1 and through <= $2 order by through limit ${PRUNED_BATCHES_MAX}
  ))
`

/** In this order, so that a batch may be replaced or pruned by the commit that brings it. */
export async function writeOutputs(client: ClientBase, transaction: Transaction): Promise<void> {
  const { outputs, replacedOutputs = [], prunedOutputs = [] } = transaction
  for (const { collection, through, after, appendedAt, payload } of outputs) {
    await client.query(INSERT_OUTPUT, [collection, through, after, appendedAt, payload])
  }
  for (const { collection, through, payload } of replacedOutputs)
    await client.query(REPLACE_OUTPUT, [collection, through, payload])
  for (const { collection, through } of prunedOutputs) await client.query(PRUNE_OUTPUTS, [collection, through])
}
