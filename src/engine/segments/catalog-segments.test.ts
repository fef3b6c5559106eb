import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Predicate } from '../../model/segment/predicate.ts'
import type { SegmentDefinition, SegmentState } from '../../model/segment/segment.ts'
import { commandsOf, planSegments, segmentCommands } from './catalog-segments.ts'

function definition(id: string, { refersTo = [], name = id }: { refersTo?: string[]; name?: string } = {}): SegmentDefinition {
  const member: Predicate = { is: 'member', owner: 'self', segments: refersTo, negated: false, at: '/predicate/predicates/0' }
  return {
    id,
    name,
    kind: 'user',
    timeZone: 'UTC',
    predicate: { is: 'all', of: refersTo.length > 0 ? [member] : [], at: '/predicate' },
    document: { name, refersTo },
  }
}

function state(one: SegmentDefinition, owner: SegmentState['owner'] = 'catalog', isDeleting?: true): SegmentState {
  const at = '2026-03-01T00:00:00.000Z'
  return { definition: one, owner, version: 1, createdAt: at, updatedAt: at, members: 0, ...(isDeleting && { isDeleting }) }
}

function wantedOf(...definitions: SegmentDefinition[]): Record<string, SegmentDefinition> {
  return Object.fromEntries(definitions.map((one) => [one.id, one]))
}

function brief(commands: ReturnType<typeof segmentCommands>): string[] {
  return commands.map((command) => {
    if (command.kind === 'define-segment') return `define ${command.definition.id}`
    return command.kind === 'delete-segment' ? `delete ${command.segment}` : command.kind
  })
}

describe('of a catalog', () => {
  test('what is new or another is defined, what is superfluous deleted, what is the same left alone', () => {
    const existing = [state(definition('same')), state(definition('other')), state(definition('gone'))]
    const wanted = wantedOf(definition('same'), definition('other', { name: 'Renamed' }), definition('new'))
    expect(brief(segmentCommands(wanted, existing))).toEqual(['define new', 'define other', 'delete gone'])
  })

  test('segments are defined behind those that they refer to, and deleted before', () => {
    const existing = ['x', 'y'].map((id) => state(definition(id, { refersTo: id === 'x' ? ['y'] : [] })))
    const wanted = wantedOf(definition('a', { refersTo: ['b'] }), definition('b', { refersTo: ['c'] }), definition('c'))
    expect(brief(segmentCommands(wanted, existing))).toEqual(['define c', 'define b', 'define a', 'delete x', 'delete y'])
  })

  test('segments of the API and internal ones stay as they are', () => {
    const existing = [state(definition('mine'), 'api'), state(definition('~users'), 'internal'), state(definition('~odd'))]
    expect(segmentCommands({}, existing)).toEqual([])
  })

  test('one of the API with an id of the catalog is taken over, even if it is the same', () => {
    const [step] = planSegments(wantedOf(definition('a')), [state(definition('a'), 'api')])
    expect(step).toMatchObject({ change: 'changed', isTakenOver: true })
  })

  test('one that is being deleted is defined anew, and not deleted again', () => {
    const existing = [state(definition('a'), 'catalog', true), state(definition('b'), 'catalog', true)]
    expect(brief(segmentCommands(wantedOf(definition('a')), existing))).toEqual(['define a'])
  })

  test('one to which others refer is not deleted, and the plan says who they are', () => {
    const existing = [state(definition('gone')), state(definition('user', { refersTo: ['gone'] }), 'api')]
    const steps = planSegments({}, existing)
    expect(steps).toMatchObject([{ change: 'deleted', usedBy: ['user'] }])
    expect(commandsOf(steps)).toEqual([])
    const wanted = wantedOf(definition('mine', { refersTo: ['gone'] }))
    expect(planSegments(wanted, [state(definition('gone'))])).toMatchObject([{ change: 'created' }, { usedBy: ['mine'] }])
  })

  test('a rule that is understood otherwise today is another one only where that is asked', () => {
    const before = definition('a')
    const now: SegmentDefinition = { ...before, predicate: { is: 'any', of: [], at: '/predicate' } }
    const { document: _document, ...undocumented } = now
    expect(planSegments({ a: now }, [state(before)])).toMatchObject([{ change: 'unchanged' }])
    expect(planSegments({ a: now }, [state(before)], 'rule')).toMatchObject([{ change: 'changed' }])
    expect(planSegments({ a: undocumented }, [state(before)])).toMatchObject([{ change: 'changed' }])
    expect(planSegments({ a: { ...before, timeZone: 'Europe/Oslo' } }, [state(before)])).toMatchObject([{ change: 'changed' }])
  })
})

const ids = ['a', 'b', 'c', 'd', 'e']
/** References lead to later ids only, so there is no circle. */
const definitions = fc
  .tuple(fc.subarray(ids), fc.array(fc.array(fc.constantFrom(...ids)), { minLength: 5, maxLength: 5 }), fc.constantFrom('x', 'y'))
  .map(([some, references, name]) =>
    some.map((id) => {
      const refersTo = [...new Set(references[ids.indexOf(id)])].filter((other) => other > id && some.includes(other))
      return definition(id, { refersTo, name })
    }),
  )

function referencesOf({ predicate }: SegmentDefinition): string[] {
  return predicate?.of.flatMap((child) => (child.is === 'member' ? child.segments : [])) ?? []
}

test('whatever there was, the commands lead to the catalog, each of them can be applied, and there is nothing to do afterwards', () => {
  fc.assert(
    fc.property(definitions, definitions, (before, after) => {
      const there = new Map(before.map((one) => [one.id, one]))
      const wanted = wantedOf(...after)
      for (const command of segmentCommands(
        wanted,
        before.map((one) => state(one)),
      )) {
        if (command.kind === 'define-segment') {
          expect(referencesOf(command.definition).filter((id) => !there.has(id))).toEqual([])
          there.set(command.definition.id, command.definition)
        } else if (command.kind === 'delete-segment') {
          there.delete(command.segment)
          expect([...there.values()].flatMap(referencesOf)).not.toContain(command.segment)
        }
      }
      expect(Object.fromEntries(there)).toEqual(wanted)
      expect(
        segmentCommands(
          wanted,
          [...there.values()].map((one) => state(one)),
        ),
      ).toEqual([])
    }),
  )
})
