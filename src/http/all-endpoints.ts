/** The tables of all groups, for the reference pages and their tests. */
import { ENDPOINTS, type Endpoint } from './endpoints.ts'
import { ERASURE_ENDPOINTS } from './erasure/erasure-endpoints.ts'
import { NOTIFICATION_ENDPOINTS } from './notifications/notification-endpoints.ts'
import { PROFILE_ENDPOINTS } from './profiles/profile-endpoints.ts'
import { QUARANTINE_ENDPOINTS } from './profiles/quarantine-endpoints.ts'
import { SCHEMA_ENDPOINTS } from './profiles/schema-endpoints.ts'
import { SEGMENT_ENDPOINTS } from './segments/segment-endpoints.ts'
import { TRACKING_ENDPOINTS } from './tracking/tracking-endpoints.ts'

export const ALL_ENDPOINTS = {
  ...ENDPOINTS,
  ...TRACKING_ENDPOINTS,
  ...PROFILE_ENDPOINTS,
  ...SCHEMA_ENDPOINTS,
  ...QUARANTINE_ENDPOINTS,
  ...ERASURE_ENDPOINTS,
  ...SEGMENT_ENDPOINTS,
  ...NOTIFICATION_ENDPOINTS,
} as const satisfies Record<string, Endpoint>
