/** Documents of segments made into definitions, by what is known at this moment: traits and their types, events, other segments. */
import type { Catalog } from '../../../model/catalog.ts'
import { MADE_EVENT_NAMES } from '../../../model/event/event-report.ts'
import type { EntityKind } from '../../../model/profile/entity.ts'
import type { TraitType } from '../../../model/profile/trait.ts'
import { TraitRules } from '../../../model/profile/trait-rules.ts'
import { type ParseContext, parseSegment, segmentKind, type SegmentProblem } from '../../../model/segment/parse-segment.ts'
import { cycleText, placeOfReference, segmentCycles } from '../../../model/segment/segment-cycles.ts'
import type { SegmentDefinition, SegmentState } from '../../../model/segment/segment.ts'
import { zoneOf } from '../../../model/segment/zone.ts'
import { loadSchema, type SchemaReport } from '../../profiles/schema-report.ts'
import { kindConflict } from '../segment-kinds.ts'
import type { SegmentStore } from './segment-store.ts'

export type ParsingParts = {
  store: Pick<SegmentStore, 'load'>
  catalog: Pick<Catalog, 'traits' | 'identity' | 'timeZone'>
}

/** `warnings` do not hinder. */
export type ParsedSegment =
  | { kind: 'parsed'; definition: SegmentDefinition; warnings: SegmentProblem[] }
  | { kind: 'refused'; problems: SegmentProblem[] }

export type ParsedSegments = {
  definitions: Record<string, SegmentDefinition>
  /** By id; warnings included. */
  problems: Record<string, SegmentProblem[]>
  /** At least one of them cannot be defined. */
  isRefused: boolean
}

export class SegmentParsing {
  readonly #parts: ParsingParts

  constructor(parts: ParsingParts) {
    this.#parts = parts
  }

  /** One segment beside those that there are. */
  async parse(id: string, document: unknown, existing: readonly SegmentState[]): Promise<ParsedSegment> {
    const others = existing.filter(({ isDeleting }) => !isDeleting).map(({ definition }) => definition)
    const context = await this.#context(kindsOf(others))
    const { definition, problems } = parseSegment(id, document, context)
    if (definition === undefined) return { kind: 'refused', problems }
    const known = existing.find((state) => state.definition.id === id)
    const further = [...kindProblem(definition, known), ...cycleProblem(definition, others)]
    if (further.length > 0) return { kind: 'refused', problems: [...problems, ...further] }
    return { kind: 'parsed', definition, warnings: problems }
  }

  /**
   * All segments of a catalog at once: they may refer to each other, and to those of the API, which stay. `zone`: the name of the
   * catalog's, where it is not the workspace's of now.
   */
  async parseAll(
    documents: Readonly<Record<string, unknown>>,
    existing: readonly SegmentState[],
    zone = this.#parts.catalog.timeZone,
  ): Promise<ParsedSegments> {
    // Under one name, so that another way of writing it makes no other rule.
    const timeZone = zoneOf(zone).id
    const live = existing.filter(({ isDeleting }) => !isDeleting)
    const staying = live.filter(({ owner, definition }) => owner !== 'catalog' && !Object.hasOwn(documents, definition.id))
    const others = staying.map(({ definition }) => definition)
    const context = { ...(await this.#context(new Map([...kindsOf(others), ...statedKinds(documents)]))), timeZone }
    const parsed = Object.entries(documents).map(([id, document]) => ({ id, ...parseSegment(id, document, context) }))
    const definitions = parsed.flatMap(({ definition }) => definition ?? [])
    const checked = parsed.map(({ id, definition, problems }) => {
      const known = existing.find((state) => state.definition.id === id)
      const further = definition
        ? [...kindProblem(definition, known), ...cycleProblem(definition, [...others, ...definitions])]
        : []
      return { id, problems: [...problems, ...further] }
    })
    return {
      definitions: Object.fromEntries(definitions.map((definition) => [definition.id, definition])),
      problems: Object.fromEntries(checked.flatMap(({ id, problems }) => (problems.length > 0 ? [[id, problems]] : []))),
      isRefused: checked.some(({ problems }) => problems.some(({ isWarning }) => !isWarning)),
    }
  }

  async #context(segments: ReadonlyMap<string, EntityKind>): Promise<ParseContext> {
    const { store, catalog } = this.#parts
    const { traits } = catalog
    const traitRules = { user: new TraitRules(traits.user), account: new TraitRules(traits.account) }
    const schema = await loadSchema(store)
    const known = {
      user: knownTraits('user', { schema, catalog, rules: traitRules.user }),
      account: knownTraits('account', { schema, catalog, rules: traitRules.account }),
    }
    return {
      typeOf: (kind, trait) => known[kind].get(trait),
      knownTraits: (kind) => [...known[kind].keys()],
      traitRules,
      knownEvents: knownEvents(schema),
      segments,
      timeZone: catalog.timeZone,
    }
  }
}

type Known = { schema: SchemaReport; catalog: ParsingParts['catalog']; rules: TraitRules }

/** With the type that the catalog says, or else that of the first value that came; identifiers are texts. */
function knownTraits(kind: EntityKind, { schema, catalog, rules }: Known): Map<string, TraitType | undefined> {
  const names = new Map<string, TraitType | undefined>(catalog.identity[kind].map(({ kind }) => [kind, 'string']))
  for (const written of Object.keys(catalog.traits[kind])) names.set(rules.targetOf(written).name, undefined)
  for (const { name, type } of schema.traits[kind]) names.set(name, type ?? names.get(name))
  return new Map([...names].map(([name, type]) => [name, rules.ruleOf(name).type ?? type]))
}

function knownEvents({ events }: SchemaReport): string[] {
  return [...new Set([...events.map(({ type, name }) => name ?? type), ...Object.values(MADE_EVENT_NAMES)])]
}

function kindsOf(definitions: readonly SegmentDefinition[]): Map<string, EntityKind> {
  return new Map(definitions.map(({ id, kind }) => [id, kind]))
}

/** Of documents that are not read yet. */
function statedKinds(documents: Readonly<Record<string, unknown>>): [string, EntityKind][] {
  return Object.entries(documents).map(([id, document]) => [id, segmentKind(document)])
}

function kindProblem(definition: SegmentDefinition, known: SegmentState | undefined): SegmentProblem[] {
  const conflict = kindConflict(definition, known)
  return conflict ? [{ pointer: '/kind', ...conflict, isWarning: false }] : []
}

function cycleProblem(definition: SegmentDefinition, others: readonly SegmentDefinition[]): SegmentProblem[] {
  // Of cycles that go through the first, each is found.
  const cycles = segmentCycles([definition, ...others.filter(({ id }) => id !== definition.id)])
  const cycle = cycles.find((ids) => ids.includes(definition.id))
  if (cycle === undefined) return []
  const next = cycle[(cycle.indexOf(definition.id) + 1) % cycle.length] ?? ''
  return [
    {
      pointer: (definition.predicate && placeOfReference(definition.predicate, next)) ?? '',
      message: `The segment asks for its own members: ${cycleText(cycle)} (each asks for those of the next).`,
      hint: 'Repeat in one of them the predicates that are meant.',
      isWarning: false,
    },
  ]
}
