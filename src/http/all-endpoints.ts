/** The tables of all groups, for the reference pages and their tests. */
import { ENDPOINTS, type Endpoint } from './endpoints.ts'
import { TRACKING_ENDPOINTS } from './tracking/tracking-endpoints.ts'

export const ALL_ENDPOINTS = { ...ENDPOINTS, ...TRACKING_ENDPOINTS } as const satisfies Record<string, Endpoint>
