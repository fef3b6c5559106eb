/** The thread that applies the log: derivations, registers, the transaction. */
import { systemClock } from '../../base/clock.ts'
import { Apply, type ApplyStatus } from '../../engine/apply/apply.ts'
import { planDerivations } from '../../engine/apply/plan.ts'
import { profilesMember } from '../../engine/profiles/profiles-runner.ts'
import type { Catalog } from '../../model/catalog.ts'
import { SchemaSet } from '../../model/schema/schema-set.ts'
import type { EngineConfig } from '../config.ts'
import { loadAllLambdas } from '../load-all-lambdas.ts'
import { requireSameLog } from '../same-log.ts'
import { openLogReader, openStore } from '../storage.ts'
import { serveTask } from './thread-task.ts'

export type ApplyInput = { config: EngineConfig; catalog: Catalog }

/** A transaction costs as much as fifty events: at a thousand a second, what comes within so long shares one. */
const GATHER_MS = 8

/** One partition until the log has several. */
const PARTITION = '0'

await serveTask<ApplyInput, ApplyStatus>(async ({ input: { config, catalog }, bell, report }) => {
  const lambdas = await loadAllLambdas(catalog)
  const derivations = planDerivations({ catalog, schemas: new SchemaSet(catalog.schemas), lambdas })
  const plan = { ...derivations, members: [...derivations.members, profilesMember(catalog, config)] }
  const log = await openLogReader(config)
  const store = await openStore(config)
  const gathering = {
    ring: () => bell.ring(),
    wait: async (signal: AbortSignal) => {
      await bell.wait(signal)
      await systemClock.sleep(GATHER_MS, signal)
    },
  }
  const apply = new Apply({ plan, log, store, clock: systemClock, partition: PARTITION, bell: gathering, report })
  return {
    run: async (signal) => {
      // Before the store is acquired: whoever works on it rightly is not disturbed.
      await requireSameLog(log, 'The store', Math.max(0, ...(await store.checkpoints()).values()))
      await apply.run(signal)
    },
    close: async () => {
      await store.close()
      await log.close()
    },
  }
})
