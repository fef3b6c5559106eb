/**
 * The form of catalog files, one schema per kind. Types, validation, the JSON Schema for editors and the reference page
 * come from here. What takes more than one value to decide is checked in `resolve/`.
 */
import * as z from 'zod'
import { parsePointer } from '../base/json-pointer.ts'
import { notificationSchema } from './notification-schema.ts'
import { identitySchema, sourceSchema, traitSchema } from './profile-schema.ts'
import { segmentSchema } from './segment-schema.ts'

const pointer = z
  .string()
  .refine((text) => parsePointer(text) !== undefined, {
    error: ({ input }) => `"${String(input)}" is not a JSON pointer; it starts with "/", for example "/user".`,
  })
  .meta({
    id: 'Pointer',
    title: 'JSON pointer',
    description: 'A location in a document.',
    examples: ['/user', '/segment/vendor'],
  })

const schema = z.union([z.string().min(1), z.record(z.string(), z.unknown())]).meta({
  id: 'Schema',
  title: 'Schema',
  description: 'JSON Schema 2020-12: a file relative to this one, optionally with #anchor or #/pointer, or the schema itself.',
})

const partitionValues = z.record(z.string(), z.array(z.union([z.boolean(), z.int(), z.string()])).min(1))

const partitions = z
  .strictObject({
    include: partitionValues.optional().describe('By partitioned field: only documents with one of these values.'),
    exclude: partitionValues.optional().describe('By partitioned field: no documents with one of these values.'),
  })
  .meta({ id: 'Partitions', title: 'Partitions', description: 'Selects logical partitions of the source.' })

const collectionSource = z
  .union([
    z.string(),
    z.strictObject({ name: z.string().describe('Name of the collection.'), partitions: partitions.optional() }),
  ])
  .meta({
    id: 'CollectionSource',
    title: 'Collection source',
    description: 'The collection to read: its name, or its name with a selection of partitions.',
  })

const projection = z
  .union([
    pointer,
    z.strictObject({
      location: pointer.describe('Location in the document.'),
      partition: z.boolean().optional().describe('Documents of different values are stored apart. Default false.'),
    }),
  ])
  .meta({ id: 'Projection', title: 'Projection', description: 'A location with a name, for columns and partitions.' })

const lambda = z.literal('typescript').describe('The language of the lambda; it stands in the module of the derivation.')

const transform = z
  .strictObject({
    source: collectionSource,
    shuffle: z
      .array(pointer)
      .min(1)
      .optional()
      .describe(
        'Locations in the source document: documents of equal values share a register and are kept in order. Default: the source’s key.',
      ),
    update: z
      .strictObject({
        lambda,
        rollbackOnConflict: z
          .boolean()
          .optional()
          .describe(
            'When a register would break its schema: true undoes the document’s updates and still publishes, false stops the derivation. Default false.',
          ),
      })
      .optional()
      .describe('Updates the register; needs `register`.'),
    publish: z.strictObject({ lambda }).optional().describe('Publishes documents into the derived collection.'),
  })
  .meta({ id: 'Transform', title: 'Transform', description: 'What is done with the documents of one source.' })

const derivationSchema = z
  .strictObject({
    typescript: z.string().min(1).describe('Module, relative to this file, whose default export is `defineDerivation({…})`.'),
    register: z
      .strictObject({
        schema,
        initial: z.unknown().optional().describe('Value of a register before its first update. Default null.'),
      })
      .optional()
      .describe('Memory per distinct shuffle key.'),
    transform: z.record(z.string().min(1), transform).describe('What is done with each source, by name.'),
  })
  .meta({ id: 'Derivation', title: 'Derivation', description: 'How lambdas make the documents of a derived collection.' })

export const collectionSchema = z
  .strictObject({
    schema,
    key: z.array(pointer).min(1).describe('One or more locations that identify a document; reductions go by it.'),
    projections: z.record(z.string().min(1), projection).optional().describe('Locations with names.'),
    derivation: derivationSchema.optional().describe('Present for derived collections; the others are captured (ingested).'),
  })
  .meta({ id: 'Collection', title: 'Collection', description: 'Documents of one schema, identified by a key.' })

const sqlite = z.strictObject({ path: z.string().min(1).describe('Database file, relative to this file.') })

const postgres = z.strictObject({
  url: z.string().min(1).describe('postgres://user:password@host:port/database. `${NAME}` takes an environment variable.'),
  schema: z.string().min(1).optional().describe('Schema of the tables. Default public.'),
})

const webhook = z.strictObject({
  url: z.string().min(1).describe('Receives one POST per binding and transaction. `${NAME}` takes an environment variable.'),
  headers: z
    .record(z.string().min(1), z.string())
    .optional()
    .describe('Sent with each request. `${NAME}` takes an environment variable.'),
})

const endpoint = z
  .strictObject({
    sqlite: sqlite.optional().describe('A SQLite database.'),
    postgres: postgres.optional().describe('A PostgreSQL database.'),
    webhook: webhook.optional().describe('A receiver of pushed documents.'),
  })
  .refine((kinds) => Object.values(kinds).filter((kind) => kind !== undefined).length === 1, {
    error: 'An endpoint has exactly one of sqlite, postgres, webhook.',
  })
  .meta({ id: 'Endpoint', title: 'Endpoint', description: 'Where documents go: exactly one of these.' })

const fields = z
  .strictObject({
    recommended: z.boolean().optional().describe('Every single scalar location becomes a column. Default true.'),
    include: z
      .union([z.array(z.string()), z.record(z.string(), z.strictObject({}))])
      .optional()
      .describe('Fields that must be columns.'),
    exclude: z.array(z.string()).optional().describe('Fields that must not be columns.'),
  })
  .meta({ id: 'Fields', title: 'Fields', description: 'Which fields become columns.' })

const binding = z
  .strictObject({
    source: collectionSource,
    table: z.string().min(1).optional().describe('Table of the SQL endpoint; for a webhook a name for messages.'),
    resource: z
      .strictObject({ table: z.string().min(1).describe('The table.') })
      .optional()
      .describe('Another way to write `table`.'),
    fields: fields.optional(),
  })
  .refine((binding) => binding.table === undefined || binding.resource === undefined, {
    error: 'A binding has either table or resource, not both.',
  })
  .meta({ id: 'Binding', title: 'Binding', description: 'One collection and the table that it goes to.' })

export const materializationSchema = z
  .strictObject({
    endpoint: endpoint.describe('Where the documents go.'),
    bindings: z.array(binding).min(1).describe('Which collection goes to which table.'),
  })
  .meta({
    id: 'Materialization',
    title: 'Materialization',
    description: 'Collections that are kept up to date in a database or pushed to a receiver.',
  })

const documents = z.array(z.record(z.string(), z.unknown()))

const testStep = z
  .strictObject({
    ingest: z
      .strictObject({
        collection: z.string().describe('Name of a captured collection.'),
        documents: documents.describe('One transaction; each document must be valid.'),
      })
      .optional()
      .describe('Adds documents.'),
    verify: z
      .strictObject({
        collection: z.string().describe('Name of a collection.'),
        documents: documents.describe('What the collection holds now, in key order; properties may be left out.'),
        partitions: partitions.optional(),
        exact: z.boolean().optional().describe('Surplus properties and items count as failures. Default false.'),
      })
      .optional()
      .describe('Compares what the test has written so far, combined by key.'),
  })
  .refine((step) => (step.ingest === undefined) !== (step.verify === undefined), {
    error: 'A step has exactly one of ingest, verify.',
  })
  .meta({ id: 'Step', title: 'Step', description: 'One step of a test: exactly one of these.' })

export const testSchema = z
  .array(testStep)
  .min(1)
  .meta({ id: 'Test', title: 'Test', description: 'Steps on an empty engine, one after the other.' })

export const catalogFileSchema = z
  .strictObject({
    import: z.array(z.string().min(1)).optional().describe('Other catalog files, relative to this one; each is read once.'),
    collections: z.record(z.string().min(1), collectionSchema).optional().describe('Collections by name.'),
    materializations: z.record(z.string().min(1), materializationSchema).optional().describe('Materializations by name.'),
    tests: z.record(z.string().min(1), testSchema).optional().describe('Tests by name: lists of steps.'),
    sources: z.record(z.string().min(1), sourceSchema).optional().describe('Sources of events by name.'),
    traits: z
      .strictObject({
        user: z.record(z.string().min(1), traitSchema).optional().describe('Traits of users by name.'),
        account: z.record(z.string().min(1), traitSchema).optional().describe('Traits of accounts by name.'),
      })
      .optional()
      .describe('What is known of traits beforehand; others are kept with the defaults, and the type of the first value.'),
    identity: identitySchema.optional(),
    notifications: z
      .record(z.string().min(1), notificationSchema)
      .optional()
      .describe('Webhooks that are told what changes, by name.'),
    segments: z.record(z.string().min(1), segmentSchema).optional().describe('Segments by id.'),
    timeZone: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Of calendar days, months and years in segments: a name such as `Europe/Berlin`. It stands in one file only. Default UTC.',
      ),
  })
  .meta({ title: 'Millrace catalog' })

/** The outermost level alone, so that one broken entry does not hide the others. */
export const catalogOutline = z.strictObject({
  import: catalogFileSchema.shape.import,
  collections: z.record(z.string(), z.unknown()).optional(),
  materializations: z.record(z.string(), z.unknown()).optional(),
  tests: z.record(z.string(), z.unknown()).optional(),
  sources: z.record(z.string(), z.unknown()).optional(),
  traits: z
    .strictObject({ user: z.record(z.string(), z.unknown()).optional(), account: z.record(z.string(), z.unknown()).optional() })
    .optional(),
  identity: z.unknown().optional(),
  notifications: z.record(z.string(), z.unknown()).optional(),
  segments: z.record(z.string(), z.unknown()).optional(),
  timeZone: z.unknown().optional(),
})

export type CatalogDefinition = z.input<typeof catalogFileSchema>
export type CollectionDefinition = z.infer<typeof collectionSchema>
export type DerivationDefinition = z.infer<typeof derivationSchema>
export type TransformDefinition = DerivationDefinition['transform'][string]
export type MaterializationDefinition = z.infer<typeof materializationSchema>
export type BindingDefinition = MaterializationDefinition['bindings'][number]
export type TestDefinition = z.infer<typeof testSchema>
export type CollectionSourceDefinition = z.infer<typeof collectionSource>
export type SchemaDefinition = z.infer<typeof schema>
export type PartitionsDefinition = z.infer<typeof partitions>

/** For editors: `# yaml-language-server: $schema=…`. Entries whose names start with `x-` are free for anchors. */
export function catalogJsonSchema(): object {
  return { ...z.toJSONSchema(catalogFileSchema, { io: 'input' }), patternProperties: { '^x-': {} } }
}
