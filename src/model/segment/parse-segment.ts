/**
 * From the document that somebody wrote to a segment's definition, or to all that is wrong with it. Documents come in three forms:
 * that of catalogs, that of Hull (`type: users_segment`), and the bare predicate; each is JSON. What is accepted means the same for
 * good: types of traits and time zones are decided here.
 */
import { isObject, type JsonObject } from '../../base/json.ts'
import { toPlainJson } from '../../base/plain-json.ts'
import type { EntityKind } from '../profile/entity.ts'
import { isDeeperThan, NESTING_MAX } from '../schema/nesting.ts'
import { parseGroup } from './parse/parse-group.ts'
import { parseTimeZone } from './parse/parse-time-zone.ts'
import type { ParseContext } from './parse/scope.ts'
import { ProblemReport, type SegmentProblem } from './parse/problem-report.ts'
import { quote, Written } from './parse/written.ts'
import type { GroupPredicate } from './predicate.ts'
import { SEGMENT_ID_CHARACTERS_MAX, SEGMENT_NAME_CHARACTERS_MAX, type SegmentDefinition } from './segment.ts'

export type { ParseContext } from './parse/scope.ts'
export type { SegmentProblem } from './parse/problem-report.ts'

export type ParsedSegment = {
  /** Undefined when a problem is an error. */
  definition: SegmentDefinition | undefined
  /** In the order in which they were found, which is nearly that of the document: the first hundred, and how many more. */
  problems: SegmentProblem[]
}

const SEGMENT_ID = /^[a-z0-9][a-z0-9_-]*$/i
/** Of the document as JSON. A thousand emails are 30 KB; definitions are in memory, all of them. */
const DOCUMENT_CHARACTERS_MAX = 262_144

/** Never throws, whatever `document` is. */
export function parseSegment(id: string, document: unknown, context: ParseContext): ParsedSegment {
  const report = new ProblemReport()
  const written = new Written(document, report)
  reportId(id, written)
  const json = jsonOf(written)
  const definition = json && readDefinition(id, new Written(json, report), context)
  const usable = report.isSound && json && definition ? { ...definition, document: json } : undefined
  return { definition: usable, problems: report.toArray() }
}

/** Whose segment a document describes, sound or not. */
export function segmentKind(document: unknown): EntityKind {
  if (!isObject(document)) return 'user'
  return document['kind'] === 'account' || document['type'] === HULL_TYPES.account ? 'account' : 'user'
}

function reportId(id: string, written: Written): void {
  if (SEGMENT_ID.test(id) && id.length <= SEGMENT_ID_CHARACTERS_MAX) return
  written.error(
    `${quote(id)} is no id for a segment.`,
    `Use up to ${SEGMENT_ID_CHARACTERS_MAX} letters of a to z, digits, "-" and "_", beginning with a letter or a digit.`,
  )
}

/** A copy as plain JSON; undefined for what is none, or too much (reported). */
function jsonOf(written: Written): JsonObject | undefined {
  const { value } = written
  if (!isObject(value)) return written.error(`A segment must be an object, not ${quote(value)}.`, FORM_HINT)
  if (isDeeperThan(value, NESTING_MAX)) return written.error(`The document is nested more than ${NESTING_MAX} levels deep.`)
  const text = textOf(value)
  if (text === undefined) return written.error('The document is no JSON.', 'Leave out what JSON cannot write.')
  if (text.length > DOCUMENT_CHARACTERS_MAX)
    return written.error(
      `The document has ${text.length} characters; ${DOCUMENT_CHARACTERS_MAX} are allowed.`,
      'For a long list of people, make a segment with `"manual": true` and add them as members.',
    )
  // Of an object, JSON writes an object.
  return JSON.parse(text) as JsonObject
}

const FORM_HINT = 'For example `{"name": "With email", "predicate": {"type": "all", "predicates": […]}}`.'

function textOf(value: JsonObject): string | undefined {
  try {
    const json = toPlainJson(value)
    return isObject(json) ? JSON.stringify(json) : undefined
  } catch {
    return undefined
  }
}

const HULL_TYPES = { user: 'users_segment', account: 'accounts_segment' } as const
const MEMBERS = ['id', 'name', 'kind', 'type', 'predicate', 'timeZone', 'manual']

function readDefinition(id: string, written: Written, context: ParseContext): SegmentDefinition {
  const isBare = written.at('predicates').value !== undefined && written.at('predicate').value === undefined
  if (isBare) {
    const { timeZone } = context
    return { id, name: id, kind: 'user', timeZone, ...readPredicate(written, { id, kind: 'user', timeZone, context }) }
  }
  const kind = readKind(written)
  const timeZone = parseTimeZone(written.at('timeZone'), context.timeZone)
  const predicate = readRule(written, { id, kind, timeZone, context })
  return { id, name: readSegmentName(id, written.at('name')), kind, timeZone, ...predicate }
}

/** Documents of Hull hold more than their definition, and whatever it is, it stays. */
function readKind(written: Written): EntityKind {
  const [type, kind] = [written.at('type'), written.at('kind')]
  const isHull = type.value === HULL_TYPES.user || type.value === HULL_TYPES.account
  if (!isHull) {
    written.onlyKnows(MEMBERS, 'A segment')
    if (type.value !== undefined)
      type.error(
        `A segment of type ${quote(type.value)} does not exist.`,
        `Write \`"kind": "user"\` or "account"; Hull’s types are ${Object.values(HULL_TYPES).join(' and ')}.`,
      )
  }
  const byType: EntityKind = type.value === HULL_TYPES.account ? 'account' : 'user'
  if (kind.value === undefined) return byType
  if (kind.value !== 'user' && kind.value !== 'account') {
    const known = ['user', 'account']
    if (typeof kind.value !== 'string') kind.unknown('kind', known)
    else kind.error(`A segment of the kind ${quote(kind.value)} does not exist.`, kind.orKnown(kind.value, known))
    return byType
  }
  if (isHull && kind.value !== byType)
    kind.error(`The kind "${kind.value}" and the type ${quote(type.value)} contradict each other.`, 'Keep one of them.')
  return kind.value
}

function readSegmentName(id: string, written: Written): string {
  const { value } = written
  if (value === undefined) return id
  const name = typeof value === 'string' ? value.trim() : ''
  if (name !== '' && name.length <= SEGMENT_NAME_CHARACTERS_MAX && !/\p{Cc}/u.test(name)) return name
  written.error(
    `${quote(value)} is no name for a segment.`,
    `Write a text of up to ${SEGMENT_NAME_CHARACTERS_MAX} characters in one line.`,
  )
  return id
}

type About = Pick<SegmentDefinition, 'id' | 'kind' | 'timeZone'> & { context: ParseContext }

/** A predicate, or nothing for a segment whose members are added by hand. */
function readRule(written: Written, about: About): { predicate?: GroupPredicate } {
  const [predicate, manual] = [written.at('predicate'), written.at('manual')]
  if (manual.value !== undefined && typeof manual.value !== 'boolean')
    manual.error(`"manual" must be true or false, not ${quote(manual.value)}.`)
  const isManual = manual.value === true
  if (isManual && predicate.value !== undefined)
    manual.error('The members of a manual segment are added by hand, so it has no predicate.', 'Remove `predicate` or `manual`.')
  if (!isManual && predicate.value === undefined)
    predicate.error('The predicate is missing.', `${FORM_HINT} For members that are added by hand, write \`"manual": true\`.`)
  return predicate.value === undefined ? {} : readPredicate(predicate, about)
}

function readPredicate(written: Written, about: About): { predicate?: GroupPredicate } {
  const predicate = parseGroup(written, { ...about, depth: 1, met: { predicates: 1, isReported: false } })
  return predicate ? { predicate } : {}
}
