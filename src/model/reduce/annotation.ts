/** The `reduce` annotation of a schema: its members, and what is wrong with one that cannot be read. */
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import { parsePointer, type JsonPointer } from '../../base/json-pointer.ts'
import { suggest } from '../../base/suggest.ts'

export type Strategy = keyof typeof STRATEGIES

export type Annotation = {
  strategy: Strategy
  /** Locations below: of an array's items for `merge` and `set`, of the value for `minimize` and `maximize`. */
  key?: JsonPointer[]
  /** The location is removed by a full reduction. */
  isDelete: boolean
}

export type AnnotationFault = {
  /** Place below the annotation. */
  pointer: JsonPointer
  message: string
  suggestion?: string
}

/** Every strategy with the members that it takes beside its name. */
const STRATEGIES = {
  firstWriteWins: [],
  lastWriteWins: ['delete'],
  append: [],
  minimize: ['key'],
  maximize: ['key'],
  merge: ['key', 'delete'],
  sum: [],
  set: ['key'],
  jsonSchemaMerge: [],
} as const satisfies Record<string, readonly string[]>

const STRATEGY_LIST = Object.keys(STRATEGIES).join(', ')

/** Reads the value of `reduce`; all that is wrong with it comes together. */
export function parseAnnotation(value: Json): { annotation: Annotation } | { faults: AnnotationFault[] } {
  if (!isObject(value)) return { faults: [{ pointer: '', message: 'must be an object such as { strategy: merge }' }] }
  const strategy = value['strategy']
  if (typeof strategy !== 'string') return { faults: [{ pointer: '', message: `needs a strategy: ${STRATEGY_LIST}` }] }
  if (!isStrategy(strategy)) return { faults: [unknownStrategy(strategy)] }

  const faults = [...memberFaults(strategy, value), ...keyFaults(value['key'])]
  if (faults.length > 0) return { faults }
  const isDelete = value['delete'] === true
  const key = value['key'] as JsonPointer[] | undefined
  return { annotation: key === undefined ? { strategy, isDelete } : { strategy, key, isDelete } }
}

function isStrategy(name: string): name is Strategy {
  return Object.hasOwn(STRATEGIES, name)
}

function unknownStrategy(strategy: string): AnnotationFault {
  const near = suggest(strategy, Object.keys(STRATEGIES))
  const fault = { pointer: '/strategy', message: `the strategy "${strategy}" does not exist; there are ${STRATEGY_LIST}` }
  return near === undefined ? fault : { ...fault, suggestion: `Did you mean "${near}"?` }
}

function memberFaults(strategy: Strategy, value: JsonObject): AnnotationFault[] {
  const allowed: readonly string[] = ['strategy', ...STRATEGIES[strategy]]
  const faults: AnnotationFault[] = []
  for (const name of Object.keys(value)) {
    if (allowed.includes(name)) continue
    const near = suggest(name, allowed)
    const message = `"${name}" is not a member that ${strategy} takes; it takes ${allowed.join(', ')}`
    const pointer = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    faults.push(near === undefined ? { pointer, message } : { pointer, message, suggestion: `Did you mean "${near}"?` })
  }
  const isDelete = value['delete']
  if (isDelete !== undefined && typeof isDelete !== 'boolean')
    faults.push({ pointer: '/delete', message: '"delete" must be true or false' })
  return faults
}

function keyFaults(key: Json | undefined): AnnotationFault[] {
  if (key === undefined) return []
  if (!Array.isArray(key) || key.length === 0)
    return [{ pointer: '/key', message: '"key" must be a list of one or more JSON pointers' }]
  return key.flatMap((pointer, i) => {
    if (typeof pointer === 'string' && parsePointer(pointer) !== undefined) return []
    const fault = { pointer: `/key/${i}`, message: `${JSON.stringify(pointer)} is not a JSON pointer` }
    return typeof pointer === 'string'
      ? [{ ...fault, suggestion: `Did you mean "/${pointer.replace(/^[./]+/, '').replaceAll('.', '/')}"?` }]
      : [fault]
  })
}
