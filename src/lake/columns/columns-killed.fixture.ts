/** For tests: as a program, makes the columns of a store and a lake, and reports each step on a line, until it is killed. */
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../base/clock.ts'
import { TraitRules } from '../../model/profile/trait-rules.ts'
import { openSqliteStoreReader } from '../../store/sqlite/open-sqlite-store-reader.ts'
import { Columns } from './columns.ts'

if (import.meta.main) {
  const root = process.argv[2] ?? ''
  const columns = new Columns({
    path: join(root, 'columns.duckdb'),
    temporaryFolder: join(root, 'columns.tmp'),
    lake: { directory: join(root, 'lake'), manifestPath: join(root, 'lake.db') },
    store: await openSqliteStoreReader(join(root, 'store.db')),
    traitRules: { user: new TraitRules({}), account: new TraitRules({}) },
    accountsOf: (users) => Promise.resolve(users.map(() => undefined)),
    clock: systemClock,
    pageEntities: 50,
    onStep: (step) => writeSync(1, `${step}\n`),
  })
  await columns.catchUp()
  await columns.close()
}
