/**
 * The documents that browser SDKs load before they start. Each family gets the block of its own only: an integration that an
 * SDK does not bundle makes it look for a script that is not there.
 */
import type { Json, JsonObject } from '../../base/json.ts'
import type { Source } from '../../model/catalog.ts'

/** Where the page reached us: SDKs send their events to the same place. */
export type Origin = { protocol: string; host: string }

/** Retries after 401, so that pages keep their events while a key is being replaced; and how long they go on. */
const RETRIES = {
  rateLimitConfig: { maxRetryCount: 10 },
  backoffConfig: { maxRetryCount: 20, statusCodeOverrides: { '401': 'retry' } },
}

export function settingsDocument({ sdk }: Source, writeKey: string, { protocol, host }: Origin): JsonObject {
  const api = { apiKey: writeKey, apiHost: `${host}/v1`, protocol }
  return {
    integrations: sdk === 'customerio' ? { 'Customer.io Data Pipelines': api } : { 'Segment.io': segmentBlock(api) },
    plan: {
      track: { __default: { enabled: true, integrations: {} } },
      identify: { __default: { enabled: true } },
      group: { __default: { enabled: true } },
    },
    edgeFunction: {},
    analyticsNextEnabled: true,
    middlewareSettings: {},
    enabledMiddleware: {},
    // Without it, SDKs report about themselves to their vendor's host.
    metrics: { sampleRate: 0 },
    legacyVideoPluginsEnabled: false,
    remotePlugins: [],
    consentSettings: { allCategories: [], hasUnmappedDestinations: false },
  }
}

function segmentBlock(api: JsonObject): JsonObject {
  return {
    ...api,
    addBundledMetadata: true,
    unbundledIntegrations: [],
    maybeBundledConfigIds: {},
    versionSettings: { version: '4.4.7', componentTypes: ['browser'] },
    httpConfig: RETRIES,
  }
}

/** What RudderStack's browser SDK loads: a source without destinations, and no reports about itself. */
export function rudderConfig({ name }: Source, writeKey: string): Json {
  return {
    source: {
      id: name,
      name,
      writeKey,
      enabled: true,
      workspaceId: 'millrace',
      destinations: [],
      config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
    },
  }
}
