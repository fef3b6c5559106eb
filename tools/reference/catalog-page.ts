import * as z from 'zod'
import { catalogFileSchema } from '../../src/catalog/catalog-schema.ts'
import { DEFAULT_IDENTITY_RULES } from '../../src/model/profile/identity-rules.ts'
import { CATALOG_EXAMPLE } from './catalog-example.ts'
import { fieldTable, formOf, kindName, type SchemaNode } from './field-table.ts'

/** What the tables cannot say, by kind. */
const NOTES: Record<string, string> = {
  Catalog: `Entries whose names start with \`x-\` are free, for anchors of YAML.`,
  Collection: `Names have parts separated by \`/\`, each of letters, digits, \`-\`, \`_\` and \`.\`: they become folders of the lake, parts of URLs and
names of types. Locations of keys and partitions must exist in every valid document and hold one type: boolean, integer or string.`,
  Schema: `Annotations \`reduce\` in it say how two documents of one key become one: see [reductions](../reductions.md). Formats such as
\`date-time\`, \`uuid\` and \`email\` are checked.`,
  Projection: `Fields that are not named are inferred from the schema: \`/segment/name\` is \`segment/name\`.`,
  Derivation: `The module's default export holds two lambdas for each transform, as far as the catalog declares them:

- \`update(source)\` returns a list of values to reduce into the register of the document's shuffle key, by the register's schema.
- \`publish(source, register, previous)\` returns a list of documents to publish; \`register\` is the value after the update, \`previous\`
  the one before.

Lambdas must be pure: the same arguments, the same documents, no clock, no randomness, no IO, arguments not changed. After a crash they
run again. A lambda that throws, or returns what breaks a schema, stops its derivation before that document; the others go on. Types
for lambdas are generated beside the catalog file (\`millrace.yaml\` → \`millrace.types.ts\`), so that a wrong field does not compile.`,
  Endpoint: `Tables are created when they do not exist. A table has a column for each part of the key, one for each selected field, and
\`flow_document\` with the whole document. A webhook receives a JSON array of documents, combined by key, as \`POST\` with
\`Content-Type: application/json\` and an \`Idempotency-Key\` that stays the same when a body has to be sent again; any answer but 2xx is
repeated.`,
  Fields: `Tables take single scalars by default: fields of one type that is boolean, integer, number or string. Objects and arrays become
columns of JSON text when they are included. A field that is both included and excluded, or that does not exist, is a problem.`,
  Source: `Names have up to 100 letters of a to z, digits, \`-\`, \`_\` and \`.\`, and begin with a letter or a digit. Write keys are made with
\`millrace source key create\`; they are no part of the catalog. A catalog may have sources only.`,
  Trait: `Traits need not be listed. Names are those that clients send, up to 200 characters; \`.\` in a name is \`/\`, so \`crm.stage\` and
\`crm/stage\` are one trait. What is forbidden or renamed has no other rules; a new name is not renamed, forbidden or hidden itself.`,
  Identity: `A value of a kind leads to one user or account. Emails are compared in lower case, domains as well and without scheme, \`www.\`,
port and path; other values as they come, without blanks around them, up to 500 characters. Expressions of \`blocked\` match the whole
value and repeat without end twice at most, since they are tried on whatever anybody sends. Those that are built in:
${DEFAULT_IDENTITY_RULES.blockedValues.map((pattern) => `\`${pattern}\``).join(', ')}.`,
  EntityIdentity: `By \`external_id\` somebody is known for good: its limit is 1, nothing goes before it, and two entities that have one
never merge by themselves. Of any kind, what is beyond the limit is not added, and the event says so.`,
  IdentifierKind: `Names have up to 100 letters of a to z, digits, \`_\`, \`-\` and \`.\`, and begin with a letter; 20 kinds at most. Other names
of built-in kinds, such as \`user_id\`, are refused.`,
  Notifications: `What a body holds, when it is sent again and how it is signed is said in [segments](../segments.md#notifications).`,
  Segment: `Ids have up to 100 letters of a to z, digits, \`-\` and \`_\`, and begin with a letter or a digit. A document of Hull is taken as it is,
with whatever else it holds; so is a bare group of predicates. Segments may ask for the members of others, but not in a circle. What
predicates mean is said in [segments](../segments.md).`,
  Predicate: `Keys of traits are names as profiles have them, \`.\` being \`/\`, or those of reports, with \`traits_\` in front.`,
  Test: `\`millrace test\` runs each test on an empty engine of its own; endpoints are not touched.`,
  Step: `\`verify\` waits until everything ingested so far is applied. Documents stand in the order of the key, one for each key. Properties
that an expected document leaves out are not compared, unless the step is \`exact\` (or the run, with \`--exact\`).`,
}

export function catalogPage(): string {
  const root = z.toJSONSchema(catalogFileSchema, { io: 'input', unrepresentable: 'any' }) as SchemaNode
  const kinds = root.$defs ?? {}
  return `# Catalog files

A catalog is what is configured, as files: \`millrace.yaml\`, or a TypeScript module with \`defineCatalog\`, and what it imports.
\`millrace check\` reports everything that is wrong with it, with file and line. For completion and checks in an editor, begin a file with
\`# yaml-language-server: $schema=<path of catalog.schema.json>\`; the [schema](catalog.schema.json) stands beside this page.

## A whole one

${Object.entries(CATALOG_EXAMPLE)
  .map(([name, text]) => `\`${name}\`:\n\n\`\`\`${name.endsWith('.ts') ? 'ts' : 'yaml'}\n${text}\`\`\`\n`)
  .join('\n')}
## Catalog

${kindText('Catalog', { ...root, description: 'The outermost level of a file.' }, kinds)}
${inOrderOfUse(root, kinds)
  .map((name) => `## ${kinds[name]?.title}\n\n${kindText(name, kinds[name] ?? {}, kinds)}`)
  .join('\n')}`
}

function kindText(name: string, kind: SchemaNode, kinds: Record<string, SchemaNode>): string {
  const isPlain = kind.properties !== undefined
  const form = isPlain
    ? ''
    : ` Form: ${formOf(kind, kinds).replace(/ or fields$/, ', or an object with these fields:')}${kind.anyOf?.some((branch) => branch.properties) ? '' : '.'}`
  return (
    [`${kind.description ?? ''}${form}`, fieldTable(kind, kinds), NOTES[name]]
      .filter((part) => part)
      .join('\n\n')
      .trimEnd() + '\n'
  )
}

/** Each kind after the one that first refers to it. */
function inOrderOfUse(root: SchemaNode, kinds: Record<string, SchemaNode>): string[] {
  const seen: string[] = []
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    for (const [key, value] of Object.entries(node)) {
      if (key === '$defs') continue
      if (key !== '$ref') visit(value)
      else if (!seen.includes(kindName(String(value)))) {
        seen.push(kindName(String(value)))
        visit(kinds[kindName(String(value))])
      }
    }
  }
  visit(root)
  return seen
}
