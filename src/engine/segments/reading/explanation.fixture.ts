/** For tests of explanations: somebody who did things in March 2026, and what is found about one condition or a whole rule. */
import type { Json } from '../../../base/json.ts'
import type { EventSketch } from '../../profiles/profiles.fixture.ts'
import { type ExplainedCondition, type ExplainedNode, explainMembership, type Explanation } from './explanation.ts'
import { all, SegmentWorld } from './segment-world.fixture.ts'

/** Days of March 2026, at 8 o'clock; now is the 10th at 12. */
export const at = (day: number) => (day - 1) * 24 * 60
export const instant = (day: number) => `2026-03-${String(day).padStart(2, '0')}T08:00:00.000Z`

export const ADA: EventSketch[] = [
  { id: 'm1', type: 'identify', userId: 'ada', at: at(1), traits: { email: 'ada@acme.com', plan: 'trial', name: 'Ada' } },
  {
    id: 'm2',
    type: 'identify',
    userId: 'ada',
    at: at(3),
    source: 'crm',
    traits: { plan: 'pro', trial_ends_at: '2026-03-12T08:00:00Z' },
  },
  { id: 'o1', type: 'track', name: 'Order', userId: 'ada', at: at(2), properties: { total: 50 } },
  { id: 'o2', type: 'track', name: 'Order', userId: 'ada', at: at(5), properties: { total: 150 } },
  { id: 'o3', type: 'track', name: 'Order', userId: 'ada', at: at(6), properties: { total: 250 } },
  { id: 'v1', type: 'track', name: 'Visit', userId: 'ada', at: at(5) - 30 },
]

/** A condition about events named Order, or as `options` say. */
export function orders(operator: string, options: Record<string, Json> = {}) {
  return { property: { key: 'event' }, operator, options: { eventName: 'Order', ...options } }
}

export function thenOf(eventName: string): Record<string, Json> {
  // oxlint-disable-next-line unicorn/no-thenable -- documents have this word; nobody awaits them
  return { then: { eventName } }
}

export async function explain(world: SegmentWorld, ref = 'ada', segment = 's'): Promise<Explanation> {
  const { reader, timeline, clock } = world
  return await explainMembership({ reader, timeline, clock }, { segment, ref })
}

/** The only condition of a rule. */
export async function explainOne(predicate: unknown, sketches = ADA): Promise<ExplainedCondition> {
  const world = await SegmentWorld.open(...sketches)
  await world.define('s', all(predicate))
  const [condition] = childrenOf((await explain(world)).tree)
  if (condition === undefined || 'of' in condition) throw new Error('There is one condition.')
  return condition
}

export function childrenOf(node: ExplainedNode | null): ExplainedNode[] {
  return node !== null && 'of' in node ? node.of : []
}
