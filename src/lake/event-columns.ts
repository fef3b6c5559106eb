/**
 * The members of timeline events as columns of DuckDB, given rather than found: what customers choose freely (properties, traits,
 * context) stays JSON, so that no two events can conflict in type, and every column exists in every lake.
 */
type ColumnType = 'VARCHAR' | 'BIGINT' | 'JSON' | 'INSTANT'

const TIMELINE_COLUMNS = {
  user: 'VARCHAR',
  account: 'VARCHAR',
  position: 'BIGINT',
  index: 'BIGINT',
  id: 'VARCHAR',
  type: 'VARCHAR',
  name: 'VARCHAR',
  source: 'VARCHAR',
  traits: 'JSON',
  properties: 'JSON',
  context: 'JSON',
  occurredAt: 'INSTANT',
  receivedAt: 'INSTANT',
  refused: 'JSON',
  notes: 'JSON',
  corrections: 'JSON',
} as const satisfies Record<string, ColumnType>

const OTHER_COLUMNS = {
  userId: 'VARCHAR',
  anonymousId: 'VARCHAR',
  groupId: 'VARCHAR',
  previousId: 'VARCHAR',
  claims: 'JSON',
  accountClaims: 'JSON',
  integrations: 'JSON',
  sentAt: 'INSTANT',
  originalTimestamp: 'INSTANT',
} as const satisfies Record<string, ColumnType>

/** For people's SQL: all members, instants as such. */
export function eventColumns(): string {
  return formatColumns({ ...TIMELINE_COLUMNS, ...OTHER_COLUMNS }, 'TIMESTAMP')
}

/** For timelines: what a report shows, instants as the texts that they are. */
export function timelineColumns(): string {
  return formatColumns(TIMELINE_COLUMNS, 'VARCHAR')
}

export type TimelineColumn = keyof typeof TIMELINE_COLUMNS

/** In the order of the columns. */
export const TIMELINE_COLUMN_TYPES: Readonly<Record<TimelineColumn, ColumnType>> = TIMELINE_COLUMNS

/** For the argument `columns` of DuckDB's JSON readers. */
function formatColumns(columns: Readonly<Record<string, ColumnType>>, instants: 'TIMESTAMP' | 'VARCHAR'): string {
  return Object.entries(columns)
    .map(([name, type]) => `'${name}': '${type === 'INSTANT' ? instants : type}'`)
    .join(', ')
}
