import { afterAll } from 'vitest'
import { freshDatabase, startPostgres } from '../../../test/postgres.ts'
import { storeContract } from '../store.contract.ts'
import { openPostgresStore } from './open-postgres-store.ts'

afterAll(async () => (await startPostgres()).stop())

storeContract('The PostgreSQL store', async () => {
  const url = await freshDatabase()
  const openAnother = () => openPostgresStore({ url })
  return { store: await openAnother(), openAnother }
})
